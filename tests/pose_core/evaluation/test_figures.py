"""Figures computed by hand, and what intervals and differences promise."""

from __future__ import annotations

import numpy as np
import pytest

from pose_core.arrays import FloatArray
from pose_core.evaluation.bootstrap import Resamples
from pose_core.evaluation.dataset import AnnotatedPicture, make_person
from pose_core.evaluation.figures import difference, score
from pose_core.evaluation.keypoint_sets import COCO_JOINTS, recognise
from pose_core.evaluation.oks import match
from pose_core.evaluation.outcomes import KINDS, Outcomes, Predictions, Protocol, judge, torso_px
from pose_core.evaluation.placing import Truth, place
from pose_core.skeleton import INDEX
from tests.support.poses import make_pose

KIT = recognise(COCO_JOINTS)
STANDING = make_pose().image_xy_px
COLUMNS = [INDEX[joint] for joint in COCO_JOINTS]
SIZE_WH = (640, 480)
#: Left shoulder to right hip.
TORSO_PX = float(np.linalg.norm(STANDING[INDEX["left_shoulder"]] - STANDING[INDEX["right_hip"]]))


def truth(*people: FloatArray, hide: tuple[str, ...] = ()) -> Truth:
    rows = []
    for number, landmarks in enumerate(people):
        flags = [0 if joint in hide else 2 for joint in COCO_JOINTS]
        points = np.column_stack([landmarks[COLUMNS], flags])
        rows.append(make_person(number, points, KIT, area=20_000.0))
    placed = place(AnnotatedPicture(1, "a", tuple(rows), lambda: b""), SIZE_WH, SIZE_WH, 1, 17)
    assert placed is not None
    return placed


def predicted(whole: list[FloatArray], crops: list[list[FloatArray]] | None = None) -> Predictions:
    def stacked(poses: list[FloatArray]) -> FloatArray:
        return np.array(poses).reshape(-1, 33, 2)

    crops = crops if crops is not None else []
    return Predictions(
        stacked(whole),
        np.full(len(whole), 0.9),
        tuple(map(stacked, crops)),
        tuple(np.full(len(c), 0.9) for c in crops),
    )


def moved(joint: str, x: float, y: float = 0.0, base: FloatArray = STANDING) -> FloatArray:
    pose = base.copy()
    pose[INDEX[joint]] += (x, y)
    return pose


def outcomes_of(*pairs: tuple[Truth, Predictions], protocol: Protocol = "whole") -> Outcomes:
    return judge([t for t, _ in pairs], [p for _, p in pairs], KIT, protocol)


def test_pck_counts_joints_within_a_fifth_of_the_torso_and_people_not_found_as_wrong() -> None:
    inside, outside = 0.199 * TORSO_PX, 0.201 * TORSO_PX
    one = moved("left_knee", inside, base=moved("left_wrist", outside))
    outcomes = outcomes_of((truth(STANDING), predicted([one])), (truth(STANDING), predicted([])))
    scores = score(outcomes, KIT, Resamples(2, 100))
    assert scores.found.value == 0.5
    assert scores.pck.value == pytest.approx(16 / 34)
    assert scores.pck_found.value == pytest.approx(16 / 17)
    assert scores.per_joint["left_wrist"].pck_found.value == 0
    assert scores.per_joint["left_knee"].right.value == pytest.approx(0.199)
    assert scores.oks.value == pytest.approx(scores.oks_found.value / 2)
    assert scores.errors["not_found"].value == 0.5
    assert (scores.people, scores.pictures, scores.ap) == (2, 2, None)


def test_torso_takes_the_other_diagonal_and_is_unknown_without_either() -> None:
    px = STANDING[COLUMNS][None].copy()
    assert torso_px(px, KIT)[0] == pytest.approx(TORSO_PX)
    px[0, COCO_JOINTS.index("left_shoulder")] = np.nan
    other = np.linalg.norm(STANDING[INDEX["right_shoulder"]] - STANDING[INDEX["left_hip"]])
    assert torso_px(px, KIT)[0] == pytest.approx(other)
    px[0, COCO_JOINTS.index("left_hip")] = np.nan
    assert np.isnan(torso_px(px, KIT)[0])
    assert np.isnan(torso_px(np.ones((1, 17, 2)), KIT)[0])


def test_a_person_without_a_torso_counts_for_oks_but_not_for_pck() -> None:
    headless = truth(STANDING, hide=("left_hip", "right_hip"))
    scores = score(outcomes_of((headless, predicted([STANDING]))), KIT, Resamples(1, 100))
    assert (scores.without_torso, scores.oks.value) == (1, pytest.approx(1))
    assert np.isnan(scores.pck.value)
    assert np.isnan(scores.found.low), "one picture has no interval"


def test_pairs_are_one_to_one_and_the_most_similar_first() -> None:
    assert match(np.array([[0.6, 0.9], [0.5, 0.8]])).tolist() == [1, 0]
    assert match(np.array([[0.9, 0.9]])).tolist() == [0, -1]
    assert match(np.array([[0.005]])).tolist() == [-1]
    assert match(np.empty((0, 3))).tolist() == [-1, -1, -1]


def test_in_crops_each_person_takes_the_most_similar_of_their_own_crop() -> None:
    far = STANDING + np.array((180, 0))
    outcomes = outcomes_of(
        (truth(STANDING, far), predicted([], [[far, STANDING], [STANDING]])), protocol="crop"
    )
    assert outcomes.found.tolist() == [True, False]
    assert outcomes.oks[0] == pytest.approx(1)
    assert len(outcomes.pictures[0].scores) == 2


def test_kinds_of_errors_follow_ronchi_and_perona() -> None:
    """A joint's similarity is exp(-d² / (2 area (2 sigma)²)): 0.85 and 0.5 at 0.57 and 1.18 times 2 sigma root area."""
    other = STANDING + np.array((200, 0))
    reach = 2 * 0.062 * np.sqrt(20_000)
    pose = moved("right_wrist", 0.9 * reach)
    pose[INDEX["left_knee"]] = STANDING[INDEX["right_knee"]]
    pose[INDEX["left_ankle"]] = other[INDEX["left_ankle"]]
    pose[INDEX["left_elbow"]] = other[INDEX["right_elbow"]]
    pose[INDEX["nose"]] = (320, 470)
    pose[INDEX["left_wrist"]] += (0, 0.5 * reach)
    outcomes = outcomes_of((truth(STANDING, other), predicted([pose])))
    kinds = dict(zip(COCO_JOINTS, (KINDS[k] for k in outcomes.kinds[0]), strict=True))
    assert kinds == {
        **dict.fromkeys(COCO_JOINTS, "good"),
        "right_wrist": "jitter",
        "left_knee": "inversion",
        "left_ankle": "swap",
        "left_elbow": "swap",
        "nose": "miss",
    }
    assert (outcomes.kinds[1] == -1).all()


def test_bias_outward_is_away_from_the_other_side_and_widths_are_compared() -> None:
    pose = STANDING.copy()
    pose[INDEX["left_hip"], 0] -= 10
    pose[INDEX["right_hip"], 0] += 10
    scores = score(outcomes_of((truth(STANDING), predicted([pose]))), KIT, Resamples(1, 100))
    for side in ("left", "right"):
        assert scores.per_joint[f"{side}_hip"].outward.value == pytest.approx(-10 / TORSO_PX)
    assert scores.widths["hips"].value == pytest.approx(28 / 48)
    assert scores.widths["shoulders"].value == pytest.approx(1)
    assert np.isnan(scores.per_joint["nose"].outward.value)


def test_exchanged_sides_raise_the_gain_and_right_ones_do_not() -> None:
    exchanged = STANDING.copy()
    for joint in COCO_JOINTS:
        if joint.startswith("left_"):
            pair = [INDEX[joint], INDEX[joint.replace("left_", "right_")]]
            exchanged[pair] = exchanged[pair[::-1]]
    gains = outcomes_of((truth(exchanged), predicted([STANDING])), (truth(STANDING), predicted([STANDING])))
    assert gains.exchanged_gain[0] > 0.3
    assert gains.exchanged_gain[1] < -0.3


def _many(rng: np.random.Generator, spread: float, pictures: int) -> Outcomes:
    pairs = []
    for _ in range(pictures):
        pose = STANDING + rng.normal(0, spread, (33, 2))
        pairs.append((truth(STANDING), predicted([pose])))
    return outcomes_of(*pairs)


def test_the_same_model_differs_by_exactly_zero() -> None:
    outcomes = _many(np.random.default_rng(1), 20, 12)
    for figure in difference(outcomes, outcomes, Resamples(12)).values():
        assert (figure.value, figure.low, figure.high) == (0, 0, 0)
        assert not figure.excludes_zero


def test_a_paired_difference_is_seen_where_intervals_overlap() -> None:
    """Some pictures are hard for both models; on each, the second has one joint more right than the first."""
    worse, better = [], []
    rng = np.random.default_rng(2)
    for number in range(60):
        pose = STANDING.copy()
        for joint in rng.choice(COCO_JOINTS, (number % 6) * 2, replace=False):
            pose[INDEX[joint]] += (90, 0)
        better.append((truth(STANDING), predicted([pose])))
        worse.append((truth(STANDING), predicted([moved("nose", 90, base=pose) if number % 2 else pose])))
    resamples = Resamples(60)
    first, second = outcomes_of(*worse), outcomes_of(*better)
    one, two = score(first, KIT, resamples).pck, score(second, KIT, resamples).pck
    assert one.high > two.low, "their own intervals overlap"
    assert difference(first, second, resamples)["pck"].excludes_zero


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        values = rng.random((40, 1)) < 0.6
        (figure,) = Resamples(40, 400, seed=int(rng.integers(1 << 30))).ratios(
            values.astype(float), np.ones((40, 1))
        )
        covered += figure.low <= 0.6 <= figure.high
    assert 0.88 <= covered / 200 <= 0.99


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.arange(30.0)[:, None]
    first, second = (Resamples(30, seed=5).ratios(values, np.ones((30, 1))) for _ in range(2))
    assert first == second
    assert first != Resamples(30, seed=6).ratios(values, np.ones((30, 1)))


def test_average_precision_is_given_from_a_hundred_pictures_on() -> None:
    scores = score(_many(np.random.default_rng(4), 8, 100), KIT, Resamples(100, 100))
    assert scores.ap is not None
    assert scores.ap["ap"].low <= scores.ap["ap"].value <= scores.ap["ap"].high
    assert scores.groups["view"]["front"].people == 100
    assert scores.groups["pose"]["upright"].pck is not None
    assert scores.groups["pose"]["lying"].pck is None

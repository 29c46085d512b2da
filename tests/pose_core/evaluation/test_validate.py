"""The whole way with the real model on the performer."""

from __future__ import annotations

import dataclasses
import json
import threading
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from pose_core.errors import DatasetError, RegressionError, SettingsError
from pose_core.evaluation.cases import cases, draw_case, worst_first
from pose_core.evaluation.dataset import AnnotatedPicture, Dataset
from pose_core.evaluation.detecting import Cancelled, Progress, crop_box
from pose_core.evaluation.performer_set import check_against_shipped, performer_dataset
from pose_core.evaluation.reading import open_dataset
from pose_core.evaluation.settings import Model, ValidationSettings, shipped
from pose_core.evaluation.validate import ValidationResult, validate
from pose_core.models.pool import PosePool
from pose_core.performer import PALETTES, Camera, Person, render_scene
from tests.support.annotations import COCO_LANDMARKS, write_performer
from tests.support.bundles import with_other_weights
from tests.support.validations import made_up

LITE = ValidationSettings(shipped("lite"), resamples=200)


@pytest.fixture(scope="module")
def performers() -> dict[str, object]:
    """One person, two people, nobody."""
    camera = Camera(640, 480, scene_height_m=2.6)
    two = (Person("jack", 0.5, x_m=-0.68, palette=PALETTES[1]), Person("walk", 0.12, yaw_deg=-20, x_m=0.72))
    return {
        "one.png": render_scene([Person("squat", 0.3, yaw_deg=-30)], camera=camera),
        "two.png": render_scene(two, camera=camera),
        "empty.png": render_scene([], camera=camera),
    }


@pytest.fixture(scope="module")
def annotated(tmp_path_factory: pytest.TempPathFactory, performers: dict[str, object]) -> Path:
    return write_performer(tmp_path_factory.mktemp("annotated"), performers)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def small(lite_pool: PosePool) -> ValidationResult:
    """The performer's small set with lite, and with lite again under another name."""
    return validate(performer_dataset(small=True), LITE, lite_pool)


def test_the_shipped_model_is_as_good_on_the_performer_as_when_its_figures_were_shipped(
    small: ValidationResult,
) -> None:
    assert "Not worse" in check_against_shipped(small)


def test_a_model_that_is_worse_on_the_performer_is_seen(small: ValidationResult) -> None:
    rng = np.random.default_rng(0)
    outcomes = {
        key: dataclasses.replace(
            one, predicted_px=one.predicted_px + rng.normal(0, 5, one.predicted_px.shape)
        )
        for key, one in small.outcomes.items()
    }
    with pytest.raises(RegressionError):
        check_against_shipped(dataclasses.replace(small, outcomes=outcomes))


def test_another_processors_rounding_is_no_worse(lite_pool: PosePool) -> None:
    def noisy(picture: AnnotatedPicture) -> AnnotatedPicture:
        pixels = np.asarray(picture.load(), dtype=np.int16)
        change = np.random.default_rng(3).integers(-1, 2, pixels.shape)
        changed = np.clip(pixels + change, 0, 255).astype(np.uint8)
        return dataclasses.replace(picture, load=lambda: changed)

    dataset = performer_dataset(small=True)
    # A grey level is a hundred times what two processors differ by.
    dataset = dataclasses.replace(dataset, pictures=tuple(map(noisy, dataset.pictures)))
    assert "Not worse" in check_against_shipped(validate(dataset, LITE, lite_pool))


@pytest.mark.parametrize(("spread", "worse"), [(0.01, False), (0.03, True)])
@pytest.mark.nightly
def test_weights_that_are_a_little_off_are_seen(spread: float, worse: bool, lite_pool: PosePool) -> None:
    model = Model("own:changed", with_other_weights("full", spread))
    result = validate(performer_dataset(small=True), ValidationSettings((model,), resamples=100), lite_pool)
    with pytest.raises(RegressionError) if worse else nullcontext():
        check_against_shipped(result)


def test_everybody_is_found_in_pictures_and_crops(annotated: Path, lite_pool: PosePool) -> None:
    result = validate(open_dataset(annotated), LITE, lite_pool)
    for protocol in ("whole", "crop"):
        scores = result.scores["lite", protocol]
        assert (scores.people, scores.pictures, scores.pictures_with_people) == (3, 3, 2)
        assert scores.found.value == 1
        assert scores.pck.value > 0.9
    assert result.few_pictures
    assert not result.exchanged.suspected
    assert not result.unreadable


def test_annotations_with_left_and_right_exchanged_are_suspected(
    small: ValidationResult, lite_pool: PosePool
) -> None:
    dataset = small.dataset
    other = dataset.keypoints.other_side
    pictures = tuple(
        dataclasses.replace(
            picture,
            people=tuple(
                dataclasses.replace(person, joints_xy=person.joints_xy[other], flags=person.flags[other])
                for person in picture.people
            ),
        )
        for picture in dataset.pictures
    )
    result = validate(dataclasses.replace(dataset, pictures=pictures), LITE, lite_pool)
    assert result.exchanged.suspected
    assert len(result.exchanged.people) >= result.exchanged.judged - 1
    assert not small.exchanged.suspected


def test_pictures_that_cannot_be_read_are_named_and_left_out(annotated: Path, lite_pool: PosePool) -> None:
    dataset = open_dataset(annotated)
    one, two, empty = dataset.pictures
    broken = dataclasses.replace(one, load=lambda: b"no picture")
    turned = dataclasses.replace(two, size_wh=(500, 500))
    progress: list[Progress] = []
    result = validate(
        dataclasses.replace(dataset, pictures=(broken, turned, empty, one)), LITE, lite_pool, progress.append
    )
    assert [name for name, _ in result.unreadable] == ["one.png", "two.png"]
    assert "500 x 500" in str(result.unreadable[1][1])
    assert result.scores["lite", "whole"].people == 1
    assert (progress[-1].done, progress[-1].total) == (4, 4)


def test_if_nobody_can_be_scored_the_reason_is_said(annotated: Path, lite_pool: PosePool) -> None:
    dataset = open_dataset(annotated)
    one, two, empty = dataset.pictures
    broken = tuple(dataclasses.replace(picture, load=lambda: b"no picture") for picture in (one, two))
    with pytest.raises(DatasetError, match=r"2 of 3 cannot, such as one\.png: ") as unreadable:
        validate(dataclasses.replace(dataset, pictures=(*broken, empty)), LITE, lite_pool)
    assert unreadable.value.code == "dataset_unreadable"
    with pytest.raises(DatasetError) as nobody:
        validate(dataclasses.replace(dataset, pictures=(empty,)), LITE, lite_pool)
    assert nobody.value.code == "dataset_nobody_shared"


def test_cancelling_ends_it(lite_pool: PosePool) -> None:
    looked = threading.Event()
    with pytest.raises(Cancelled):
        validate(
            performer_dataset(small=True),
            LITE,
            lite_pool,
            lambda progress: looked.set(),
            cancelled=looked.is_set,
        )
    assert lite_pool.status().image_busy == 0


def test_two_runs_give_the_same_figures(annotated: Path, lite_pool: PosePool) -> None:
    one, again = (validate(open_dataset(annotated), LITE, lite_pool) for _ in range(2))
    np.testing.assert_array_equal(
        again.outcomes["lite", "whole"].predicted_px, one.outcomes["lite", "whole"].predicted_px
    )
    assert again.scores["lite", "whole"].pck == one.scores["lite", "whole"].pck


def test_worst_people_come_first_and_can_be_filtered(small: ValidationResult) -> None:
    found = cases(small, "lite", "whole")
    ordered = worst_first(found)
    assert [case.oks for case in ordered] == sorted(case.oks for case in found)
    wrists = worst_first(found, joint="left_wrist", wanted="miss")
    assert all(case.kinds["left_wrist"] == "miss" for case in wrists)
    assert len(worst_first(found, wanted="good")) == len(found)


def test_by_a_joint_the_farthest_off_comes_first_whatever_the_rest_is_like() -> None:
    result = made_up({"lite": 12.0})
    ordered = worst_first(cases(result, "lite", "crop"), joint="right_ankle")
    far = [case.joint_torso["right_ankle"] for case in ordered]
    assert len(far) == 12
    assert far == sorted(far, reverse=True)
    assert ordered != worst_first(cases(result, "lite", "crop"))


def test_those_not_found_and_those_with_exchanged_annotations_can_be_asked_for() -> None:
    result = made_up({"lite": 2.0}, missed=3, turned=True)
    found = cases(result, "lite", "whole")
    assert [case.name for case in worst_first(found, wanted="not_found")] == ["0.jpg", "1.jpg", "2.jpg"]
    assert len(worst_first(found, wanted="exchanged")) == len(result.exchanged.people)
    straight = made_up({"lite": 2.0})
    assert worst_first(cases(straight, "lite", "whole"), wanted="exchanged") == ()
    assert worst_first(cases(straight, "lite", "whole"), wanted="not_found") == ()


def test_truth_and_prediction_are_drawn_on_a_copy(small: ValidationResult) -> None:
    case = worst_first(cases(small, "lite", "whole"))[0]
    outcomes = small.outcomes["lite", "whole"]
    frame_rgb = small.pictures[case.picture].load()
    assert isinstance(frame_rgb, np.ndarray)
    before = frame_rgb.copy()
    kit = small.dataset.keypoints
    drawn = draw_case(frame_rgb, outcomes.true_px[case.row], outcomes.predicted_px[case.row], kit)
    np.testing.assert_array_equal(frame_rgb, before)
    changed = (drawn != before).any(axis=2)
    for x, y in outcomes.true_px[case.row]:
        assert changed[max(0, int(y) - 8) : int(y) + 8, max(0, int(x) - 8) : int(x) + 8].any()
    unknown = np.full((17, 2), np.nan)
    np.testing.assert_array_equal(draw_case(frame_rgb, unknown, unknown, kit), before)


def test_a_crop_is_the_box_enlarged_around_its_middle_and_cut_at_the_edge() -> None:
    assert crop_box(np.array([100.0, 100.0, 40.0, 80.0]), 1.25, (640, 480)) == (95, 90, 145, 190)
    assert crop_box(np.array([0.0, 440.0, 40.0, 80.0]), 1.25, (640, 480)) == (0, 430, 45, 480)
    left, _, right, _ = crop_box(np.array([900.0, 0.0, 40.0, 80.0]), 1.25, (640, 480))
    assert left == right


def test_settings_refuse_what_cannot_be() -> None:
    for models in ((), shipped("full", "full"), (Model("huge"),)):
        with pytest.raises(SettingsError):
            ValidationSettings(models)


def test_the_performers_truth_is_where_it_is_drawn(performers: dict[str, object]) -> None:
    """The annotations that these tests write have COCO's order."""
    assert len(COCO_LANDMARKS) == 17
    dataset: Dataset = performer_dataset(small=True)
    assert json.dumps([picture.name for picture in dataset.pictures]).count("view/") == 2

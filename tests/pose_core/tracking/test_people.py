"""Numbers stay with their people, and only people who are present have a skeleton."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pose_core.models.landmarker import StreamLandmarker
from pose_core.performer import PALETTES, Person, render_scene
from pose_core.pose import Pose, TrackedPerson
from pose_core.settings import MAX_PEOPLE, DetectionSettings
from pose_core.skeleton import INDEX
from pose_core.tracking.people import ABSENT_MAX_S, PeopleTracker
from pose_core.tracking.smoothing import RESTART_AFTER_S, PoseSmoother, SmoothingSettings

PoseMaker = Callable[..., Pose]

STEP_S = 1 / 30
TORSO_PX = 120.0  # of the hand-made pose


def numbers(people: Sequence[TrackedPerson]) -> list[int]:
    return [person.number for person in people]


def nose_x(pose: Pose) -> float:
    return float(pose.image_xy_px[INDEX["nose"], 0])


def by_place(people: Sequence[TrackedPerson]) -> dict[int, int]:
    """Number by the raw x of the nose."""
    return {round(nose_x(person.raw)): person.number for person in people}


def test_without_poses_there_is_nobody(make_pose: PoseMaker) -> None:
    tracker = PeopleTracker(SmoothingSettings())
    assert tracker.update([], 0.0) == ()
    assert numbers(tracker.update([make_pose()], STEP_S)) == [1]
    assert tracker.update([], 2 * STEP_S) == ()


def test_numbers_do_not_depend_on_the_order_of_the_poses(make_pose: PoseMaker) -> None:
    tracker = PeopleTracker(None)
    places = [-400.0, -100.0, 200.0]
    first = by_place(tracker.update([make_pose(shift_xy=(x, 0)) for x in places], 0.0))
    assert first == {-80: 1, 220: 2, 520: 3}
    random = np.random.default_rng(0)
    for i in range(1, 30):
        x_now = [x + 3 * i for x in places]
        shuffled = random.permutation(x_now)
        people = tracker.update([make_pose(shift_xy=(x, 0)) for x in shuffled], i * STEP_S)
        assert numbers(people) == [1, 2, 3]
        assert [nose_x(person.raw) for person in people] == pytest.approx([320 + x for x in x_now])


@pytest.mark.parametrize("grown", [1, 4])
def test_two_people_who_pass_each_other_keep_their_numbers(make_pose: PoseMaker, grown: int) -> None:
    # At the moment of passing, each is nearer to where the other was: only their direction tells them apart.
    # This must also work if the picture changes its size at that very moment.
    tracker = PeopleTracker(None)
    for i in range(41):
        x, scale = 205.0 - 10.5 * i, grown if i >= 20 else 1
        poses = [
            make_pose(scale=scale, shift_xy=(side * x * scale, 0), size_wh=(640 * scale, 480 * scale))
            for side in (1, -1)
        ]
        assert by_place(tracker.update(poses, i * STEP_S)) == {
            round((320 + x) * scale): 1,
            round((320 - x) * scale): 2,
        }


def test_the_best_pair_comes_first(make_pose: PoseMaker) -> None:
    # Somebody new stands slightly beside where number 1 was, and number 1 has hardly moved.
    tracker = PeopleTracker(None)
    tracker.update([make_pose()], 0.0)
    people = tracker.update([make_pose(shift_xy=(0.5 * TORSO_PX, 0)), make_pose(shift_xy=(4, 0))], STEP_S)
    assert by_place(people) == {324: 1, 380: 2}


def test_size_decides_between_two_people_at_the_same_place(make_pose: PoseMaker) -> None:
    def at_middle(scale: float, aside: float = 0.0) -> Pose:
        return make_pose(scale=scale, shift_xy=(320 * (1 - scale) + aside, 190 * (1 - scale)))

    tracker = PeopleTracker(None)
    tracker.update([at_middle(1.0, 20), at_middle(0.6)], 0.0)
    people = tracker.update([at_middle(0.6, 10), at_middle(1.0, 10)], STEP_S)
    assert [np.ptp(person.raw.image_xy_px[:, 1]) for person in people] == pytest.approx([336, 0.6 * 336])


@pytest.mark.parametrize("scale", [0.1, 1.0, 5.0])
def test_how_far_is_too_far_depends_on_the_size_of_the_body(make_pose: PoseMaker, scale: float) -> None:
    for shift, number in ((0.5, 1), (1.5, 2)):
        tracker = PeopleTracker(None)
        tracker.update([make_pose(scale=scale)], 0.0)
        moved = make_pose(scale=scale, shift_xy=(shift * TORSO_PX * scale, 0))
        assert numbers(tracker.update([moved], STEP_S)) == [number]


@pytest.mark.parametrize(("gone_s", "number"), [(0.9 * ABSENT_MAX_S, 1), (1.1 * ABSENT_MAX_S, 2)])
def test_a_person_who_is_soon_back_has_the_same_number(
    make_pose: PoseMaker, gone_s: float, number: int
) -> None:
    # Once the time is over, somebody else takes the lowest free number.
    tracker = PeopleTracker(SmoothingSettings())
    tracker.update([make_pose()], 0.0)
    assert tracker.update([], gone_s / 2) == ()
    if number == 2:
        assert numbers(tracker.update([make_pose(shift_xy=(-900, 0))], gone_s)) == [1]
    assert by_place(tracker.update([make_pose()], gone_s))[320] == number


@pytest.mark.parametrize(
    ("gone_s", "torsos", "number"), [(STEP_S, 1.5, 2), (0.3, 1.5, 1), (0.9, 1.5, 1), (0.9, 3.0, 2)]
)
def test_a_missing_person_is_looked_for_farther_away_up_to_a_limit(
    make_pose: PoseMaker, gone_s: float, torsos: float, number: int
) -> None:
    tracker = PeopleTracker(None)
    tracker.update([make_pose()], 0.0)
    assert numbers(tracker.update([make_pose(shift_xy=(torsos * TORSO_PX, 0))], gone_s)) == [number]


def test_a_walker_who_reappears_where_they_were_lost_has_the_same_number(make_pose: PoseMaker) -> None:
    # They stopped behind something; at the same speed they would be 2.7 torso lengths farther.
    tracker = PeopleTracker(None)
    for i in range(12):
        tracker.update([make_pose(shift_xy=(0.1 * TORSO_PX * i, 0))], i * STEP_S)
    people = tracker.update([make_pose(shift_xy=(0.1 * TORSO_PX * 11, 0))], 11 * STEP_S + 0.9)
    assert numbers(people) == [1]


def test_a_number_kept_for_somebody_is_given_to_nobody_else(make_pose: PoseMaker) -> None:
    tracker = PeopleTracker(None)
    here, there, newcomer = (make_pose(shift_xy=(x, 0)) for x in (0, 400, -400))
    tracker.update([here, there], 0.0)
    assert by_place(tracker.update([there, newcomer], STEP_S)) == {720: 2, -80: 3}
    assert by_place(tracker.update([there, newcomer, here], 2 * STEP_S)) == {320: 1, 720: 2, -80: 3}


def test_free_numbers_are_reused_lowest_first(make_pose: PoseMaker) -> None:
    tracker = PeopleTracker(None)
    places = [make_pose(shift_xy=(400 * i, 0)) for i in range(5)]
    tracker.update(places[:4], 0.0)
    for i in range(1, 40):
        tracker.update([places[1], places[3]], i * STEP_S)
    assert by_place(tracker.update([places[1], places[3], places[4]], 40 * STEP_S)) == {
        720: 2,
        1520: 4,
        1920: 1,
    }


def test_there_are_never_more_than_five(make_pose: PoseMaker) -> None:
    tracker = PeopleTracker(None)
    places = [make_pose(shift_xy=(400 * i, 0)) for i in range(MAX_PEOPLE + 2)]
    assert numbers(tracker.update(places, 0.0)) == [1, 2, 3, 4, 5]
    assert by_place(tracker.update(places[::-1], STEP_S)) == {320 + 400 * i: i + 1 for i in range(5)}


def test_when_all_numbers_are_kept_the_person_absent_longest_loses_theirs(make_pose: PoseMaker) -> None:
    tracker = PeopleTracker(None)
    places = [make_pose(shift_xy=(400 * i, 0)) for i in range(MAX_PEOPLE + 1)]
    tracker.update(places[:5], 0.0)
    tracker.update([*places[:2], *places[3:5]], STEP_S)  # number 3 leaves
    tracker.update([places[0], *places[3:5]], 2 * STEP_S)  # number 2 leaves
    people = tracker.update([places[0], *places[3:]], 3 * STEP_S)
    assert by_place(people) == {320: 1, 1520: 4, 1920: 5, 2320: 3}


def test_a_pose_without_shoulders_is_left_out(make_pose: PoseMaker) -> None:
    tracker = PeopleTracker(SmoothingSettings())
    broken = make_pose({"left_shoulder": (math.nan, math.nan)})
    assert tracker.update([broken], 0.0) == ()
    assert by_place(tracker.update([broken, make_pose()], STEP_S)) == {320: 1}


def test_people_keep_their_numbers_when_the_picture_gets_another_size(make_pose: PoseMaker) -> None:
    def frame(share: float, aside: float = 0.0) -> list[Pose]:
        size_wh = (round(640 * share), round(480 * share))
        return [
            make_pose(scale=share, shift_xy=((x + aside) * share, 0), size_wh=size_wh) for x in (-200, 0, 200)
        ]

    tracker = PeopleTracker(SmoothingSettings())
    assert numbers(tracker.update(frame(0.25), 0.0)) == [1, 2, 3]
    people = tracker.update(frame(1.0)[::-1], STEP_S)
    assert [nose_x(person.raw) for person in people] == pytest.approx([120, 320, 520])
    assert [nose_x(person.pose) for person in people] == pytest.approx([120, 320, 520])


def test_the_size_of_a_body_grows_with_the_picture(make_pose: PoseMaker) -> None:
    tracker = PeopleTracker(None)
    tracker.update([make_pose(scale=0.25, size_wh=(160, 120))], 0.0)
    assert numbers(tracker.update([make_pose(shift_xy=(0.6 * TORSO_PX, 0))], STEP_S)) == [1]


def test_time_running_back_forgets_everybody(make_pose: PoseMaker) -> None:
    tracker = PeopleTracker(None)
    tracker.update([make_pose(shift_xy=(400, 0)), make_pose()], 5.0)
    assert numbers(tracker.update([make_pose()], 0.0)) == [1]


# ---------------------------------------------------------------------- smoothing
def test_without_smoothing_poses_stay_the_same_objects(make_pose: PoseMaker) -> None:
    pose = make_pose()
    (person,) = PeopleTracker(None).update([pose], 0.0)
    assert person.raw is pose
    assert person.pose is pose


def test_each_person_is_smoothed_separately_and_the_raw_pose_is_kept(make_pose: PoseMaker) -> None:
    settings = SmoothingSettings(0.5, 1.0)
    tracker, alone = PeopleTracker(settings), [PoseSmoother(settings), PoseSmoother(settings)]
    random = np.random.default_rng(0)
    for i in range(10):
        poses = [make_pose(shift_xy=(x + random.normal(0, 3), 0)) for x in (-200, 200)]
        expected = [smoother.smooth(pose, i * STEP_S) for smoother, pose in zip(alone, poses, strict=True)]
        people = tracker.update(poses[:: -1 if i else 1], i * STEP_S)
        for person, pose, smooth in zip(people, poses, expected, strict=True):
            assert person.raw is pose
            np.testing.assert_allclose(person.pose.image_xy_px, smooth.image_xy_px)


def test_smoothing_can_be_switched_and_changed_while_running(make_pose: PoseMaker) -> None:
    tracker = PeopleTracker(None)
    assert tracker.smoothing is None
    tracker.update([make_pose()], 0.0)
    tracker.smoothing = SmoothingSettings(0.01, 0)
    xs = []
    for i in range(1, 7):
        if i == 4:
            tracker.smoothing = SmoothingSettings(100, 0)
        if i == 6:
            tracker.smoothing = None
        xs.append(nose_x(tracker.update([make_pose(shift_xy=(20.0 * (i > 1), 0))], i * STEP_S)[0].pose))
    assert xs[0] == 320
    assert xs[1] < xs[2] < 320.2  # hardly moved
    assert 338 < xs[3] < xs[4] < 340  # quickly, but from where it was
    assert xs[5] == 340


@pytest.mark.parametrize(("gone_s", "restarts"), [(3 * STEP_S, False), (RESTART_AFTER_S + STEP_S, True)])
def test_after_a_gap_of_several_frames_smoothing_starts_again(
    make_pose: PoseMaker, gone_s: float, restarts: bool
) -> None:
    tracker = PeopleTracker(SmoothingSettings(0.01, 0))
    tracker.update([make_pose()], 0.0)
    tracker.update([], STEP_S)
    (person,) = tracker.update([make_pose(shift_xy=(30, 0))], gone_s)
    assert person.number == 1
    assert (nose_x(person.pose) == pytest.approx(350)) == restarts


# ---------------------------------------------------------------------- with the real model
def test_three_performers_keep_their_numbers_and_one_who_leaves_is_gone() -> None:
    tracker = PeopleTracker(SmoothingSettings())
    stream = StreamLandmarker(DetectionSettings(people=3))
    seen = []
    try:
        for i in range(24):
            cast = [
                Person("arm_raise", i / 60, x_m=-1.1, palette=PALETTES[0]),
                Person("squat", i / 90, x_m=0.0, palette=PALETTES[1]),
                Person("jack", i / 30, x_m=1.1, palette=PALETTES[2]),
            ]
            if i >= 12:
                del cast[1]
            truth = render_scene(cast)
            people = tracker.update(stream.detect(truth.rgb, i * STEP_S), i * STEP_S)
            true_x = truth.landmarks_px[:, INDEX["nose"], 0]
            seen.append({p.number: int(np.argmin(abs(true_x - nose_x(p.pose)))) for p in people})
    finally:
        stream.close()
    together, apart = seen[2:12], seen[14:]
    assert all(places == together[0] and len(places) == 3 for places in together)
    assert all(places == apart[0] and len(places) == 2 for places in apart)
    by_performer = {place: number for number, place in together[0].items()}
    assert {place: number for number, place in apart[0].items()} == {0: by_performer[0], 1: by_performer[2]}


def test_asked_for_one_person_nobody_becomes_number_two_after_a_cut(make_pose: PoseMaker) -> None:
    tracker = PeopleTracker(None)
    for frame, x_px in enumerate((0, 0, 250, 250, 0)):
        (person,) = tracker.update([make_pose(shift_xy=(x_px, 0))], frame / 30, most=1)
        assert person.number == 1


def test_after_a_restart_numbers_begin_again(make_pose: PoseMaker) -> None:
    tracker = PeopleTracker(None)
    tracker.update([make_pose()], 0.0)
    tracker.restart()
    (person,) = tracker.update([make_pose(shift_xy=(250, 0))], 0.03)
    assert person.number == 1

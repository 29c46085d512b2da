"""The coach on the performer: counts, phases, faults, holds; and nothing where there is no exercise."""

from __future__ import annotations

import dataclasses
from itertools import chain, product

import numpy as np
import pytest

from pose_core.errors import SettingsError
from pose_core.movement.body import Body, index_of
from pose_core.movement.catalogue import EXERCISES
from pose_core.movement.coach import AUTO, Coach
from pose_core.movement.exercise import Exercise, Gate, Signal
from pose_core.performer.exercises import EXERCISE_MOTIONS
from pose_core.skeleton import INDEX
from pose_core.watching import Event, WatchedFrame
from tests.support.performing import (
    BEFORE_S,
    Show,
    coached,
    through_the_model,
    true_pose,
    truly,
    watched_poses,
)

RIGHT = [
    name for name, motion in EXERCISE_MOTIONS.items() if motion.exercise and motion.full and not motion.faults
]
REPEATED = [name for name in RIGHT if name != "plank"]
WRONG = [name for name, motion in EXERCISE_MOTIONS.items() if motion.faults]
PARTIAL = [name for name, motion in EXERCISE_MOTIONS.items() if not motion.full]
NONE = [name for name, motion in EXERCISE_MOTIONS.items() if motion.exercise is None]
#: Faults that can be seen from the front only.
FROM_THE_FRONT = {"squat_knees_in", "jack_low_arms", "jack_narrow", "press_uneven"}
#: Views in which the model does not see what moves (`Exercise.counted_from`).
UNSEEN = {"push_up": (0.0, 30.0), "sit_up": (0.0,), "jack_right": (90.0,)}


def exercise_of(motion: str) -> str:
    name = EXERCISE_MOTIONS[motion].exercise
    assert name is not None
    return name


def later(frames: list[WatchedFrame], seconds: float) -> list[WatchedFrame]:
    return [dataclasses.replace(frame, time_s=frame.time_s + seconds) for frame in frames]


@pytest.mark.parametrize(("motion", "cycle_s"), list(product(REPEATED, (0.7, 2.0))))
def test_every_right_repetition_counts_with_its_phases_and_is_recognised(motion: str, cycle_s: float) -> None:
    show = Show(motion, 90.0, cycle_s)
    coach = coached(truly(show), exercise_of(motion))
    assert coach.likeliest() == exercise_of(motion)
    repetitions = coach.state.repetitions
    # Hurried sit-ups are jerky.
    assert motion == "sit_up" or cycle_s < 1 or not any(repetition.faults for repetition in repetitions)
    assert [repetition.full for repetition in repetitions] == [True] * show.cycles
    found = [(one.start_s, one.bottom_s, one.end_s) for one in repetitions]
    np.testing.assert_allclose(found, show.truth_s(), atol=0.1)


def counts_through_the_model(show: Show) -> None:
    """Counts are exact, times within 0.1 s, and from the side depths within 8 degrees."""
    exercise = EXERCISES[exercise_of(show.motion)]
    state = coached(through_the_model(show), exercise.name).state
    assert (state.count, state.partial) == (show.cycles, 0)
    found = [(one.start_s, one.bottom_s, one.end_s) for one in state.repetitions]
    np.testing.assert_allclose(found, show.truth_s(), atol=0.1)
    if show.yaw_deg == 90:
        row = Body().measure(true_pose(show.motion, 0.5, 90.0), 0.0)
        true_deg = np.mean([row[index_of(name)] for name in exercise.signals[0].measures])
        np.testing.assert_allclose([one.depth_deg for one in state.repetitions], true_deg, atol=8.0)


@pytest.mark.parametrize(
    ("motion", "yaw_deg", "cycle_s"),
    [("squat_right", 90.0, 1.0), ("push_up", 60.0, 0.7), ("curl", 30.0, 0.7), ("press", 90.0, 0.7)],
)
def test_repetitions_count_through_the_real_model(motion: str, yaw_deg: float, cycle_s: float) -> None:
    counts_through_the_model(Show(motion, yaw_deg, cycle_s, cycles=2))


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("motion", "yaw_deg", "cycle_s"),
    [
        (motion, yaw_deg, cycle_s)
        for motion in REPEATED
        for yaw_deg in (0.0, 30.0, 60.0, 90.0)
        if yaw_deg not in UNSEEN.get(motion, ())
        for cycle_s in (0.7, 1.0, 2.0)
    ],
)
def test_every_repetition_counts_from_every_view_and_at_every_speed(
    motion: str, yaw_deg: float, cycle_s: float
) -> None:
    counts_through_the_model(Show(motion, yaw_deg, cycle_s))


def nothing_else_in(motion: str, yaw_deg: float, cycles: int) -> None:
    coach = coached(through_the_model(Show(motion, yaw_deg, 1.0, cycles=cycles)), AUTO)
    assert coach.likeliest() in (None, exercise_of(motion))
    low_deg, high_deg = EXERCISES[exercise_of(motion)].counted_from
    assert not low_deg <= coach.state.yaw_deg <= high_deg


def test_a_sit_up_along_the_line_of_sight_is_no_press() -> None:
    nothing_else_in("sit_up", 0.0, 2)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("motion", "yaw_deg"), [(name, yaw_deg) for name, views in UNSEEN.items() for yaw_deg in views]
)
def test_what_a_view_does_not_show_is_not_taken_for_another_exercise(motion: str, yaw_deg: float) -> None:
    nothing_else_in(motion, yaw_deg, 4)


@pytest.mark.nightly
@pytest.mark.parametrize("yaw_deg", [30.0, 60.0, 90.0])
def test_a_plank_is_timed_through_the_real_model(yaw_deg: float) -> None:
    show = Show("plank", yaw_deg, 2.0)
    (hold,) = coached(through_the_model(show), "plank").state.holds
    assert hold.duration_s == pytest.approx(show.duration_s, abs=0.1)


@pytest.mark.nightly
@pytest.mark.parametrize("motion", NONE)
def test_ten_minutes_of_walking_and_waving_are_no_exercise(motion: str) -> None:
    armed, unarmed = Coach(AUTO), Coach(AUTO, arming=False)
    for frame in through_the_model(Show(motion, 30.0, 1.0, cycles=300)):
        armed.add(frame)
        unarmed.add(frame)
    counts = {}
    for coach in (armed, unarmed):
        coach.finish()
        for name in EXERCISES:
            coach.choose(name)
            counts[coach is armed, name] = coach.state.count + len(coach.state.holds)
    assert not any(counts[True, name] for name in ("squat", "push_up", "sit_up", "plank"))
    assert all(counts[True, name] <= 1 for name in EXERCISES)
    assert sum(counts[False, name] for name in ("squat", "push_up", "sit_up")) <= 4


@pytest.mark.parametrize("motion", PARTIAL)
def test_partial_repetitions_are_listed_and_do_not_count(motion: str) -> None:
    state = coached(truly(Show(motion, 90.0, 1.5)), exercise_of(motion)).state
    assert (state.count, state.partial) == (0, 4)


def test_the_performer_shows_each_fault() -> None:
    shown = {(motion.exercise, fault) for motion in EXERCISE_MOTIONS.values() for fault in motion.faults}
    # A jerky sit-up is a right one in a hurry.
    assert {
        (name, fault.name) for name, exercise in EXERCISES.items() for fault in exercise.faults
    } - shown == {("sit_up", "jerky")}
    repetitions = coached(truly(Show("sit_up", 90.0, 0.6)), "sit_up").state.repetitions
    assert [[fault.fault for fault in one.faults] for one in repetitions] == [["jerky"]] * 4


@pytest.mark.parametrize("motion", [name for name in WRONG if EXERCISE_MOTIONS[name].exercise != "plank"])
def test_a_fault_is_noticed_and_withholds_no_count(motion: str) -> None:
    show = Show(motion, 0.0 if motion in FROM_THE_FRONT else 90.0, 1.5)
    state = coached(truly(show), exercise_of(motion)).state
    assert state.count == 4
    for repetition in state.repetitions:
        assert [judgement.fault for judgement in repetition.faults] == list(EXERCISE_MOTIONS[motion].faults)


def test_depth_is_not_judged_from_the_front_but_named_as_unseen() -> None:
    state = coached(truly(Show("squat_shallow", 0.0, 1.5)), "squat").state
    for repetition in state.repetitions:
        assert "shallow" in repetition.unseen
        assert not repetition.faults


@pytest.mark.parametrize(("motion", "arming"), list(product(NONE, (True, False))))
def test_walking_and_waving_is_no_exercise(motion: str, arming: bool) -> None:
    coach = coached(truly(Show(motion, 30.0, 1.0, cycles=8)), AUTO, arming=arming)
    for name in EXERCISES:
        coach.choose(name)
        assert coach.state.count == 0


def test_a_plank_is_timed_and_a_wrong_one_named() -> None:
    show = Show("plank", 90.0, 2.0)
    right, *wrong = (
        coached(truly(dataclasses.replace(show, motion=motion)), "plank")
        for motion in ("plank", "plank_sagging", "plank_pike")
    )
    assert right.likeliest() == "plank"
    (hold,) = right.state.holds
    assert hold.duration_s == pytest.approx(show.duration_s, abs=0.1)
    assert not hold.faults
    named = [[judgement.fault for judgement in one.state.holds[0].faults] for one in wrong]
    assert named == [["sagging"], ["pike"]]


def test_push_ups_are_no_plank() -> None:
    assert not coached(truly(Show("push_up", 90.0, 1.0, cycles=6)), "plank").state.holds


def test_an_exercise_is_proposed_and_chosen_without_losing_what_was_seen() -> None:
    coach = Coach(AUTO, arming=False)
    events: list[Event] = []
    for frame in truly(Show("squat_right", 90.0, 1.0)):
        events += coach.add(frame)
    assert [(event.kind, event.name) for event in events] == [("exercise", "squat")]
    assert (coach.state.exercise, coach.state.proposed, coach.state.count) == (None, "squat", 0)
    coach.choose("squat")
    assert (coach.state.exercise, coach.state.proposed, coach.state.count) == ("squat", None, 4)


def test_another_exercise_is_proposed_but_never_switched_to() -> None:
    state = coached(truly(Show("squat_right", 90.0, 1.0)), "push_up").state
    assert (state.exercise, state.proposed, state.count) == ("push_up", "squat", 0)


def test_events_count_up_as_the_far_end_is_left_behind() -> None:
    show = Show("squat_right", 90.0, 1.0)
    coach = Coach("squat", arming=False)
    events = list(chain.from_iterable(coach.add(frame) for frame in truly(show)))
    assert [(event.kind, event.name, event.value) for event in events] == [
        ("repetition", "squat", float(number)) for number in (1, 2, 3, 4)
    ]
    for event, (_, bottom_s, end_s) in zip(events, show.truth_s(), strict=True):
        assert bottom_s < event.time_s < end_s + 0.15


def test_with_arming_only_what_follows_a_still_start_posture_counts() -> None:
    frames = list(truly(Show("squat_right", 90.0, 1.0)))
    moving = [frame for frame in frames if frame.time_s >= BEFORE_S + 0.3]
    assert coached(iter(frames), "squat", arming=True).state.count == 4
    assert coached(iter(moving[: len(moving) - 25]), "squat", arming=True).state.count == 0


def test_a_film_that_ends_at_the_far_end_lists_an_unfinished_repetition() -> None:
    frames = [f for f in truly(Show("squat_right", 90.0, 1.0)) if f.time_s <= BEFORE_S + 1.5]
    state = coached(iter(frames), "squat").state
    assert (state.count, state.partial) == (1, 1)


def test_a_film_that_begins_at_the_far_end_counts_the_way_back_only_if_the_far_end_was_held() -> None:
    frames = list(truly(Show("squat_right", 90.0, 2.0)))
    held = [frame for frame in frames if frame.time_s >= BEFORE_S + 0.7]
    passing = [frame for frame in frames if frame.time_s >= BEFORE_S + 1.3]
    assert coached(iter(held), "squat").state.count == 4
    assert coached(iter(passing), "squat").state.count == 3


def test_a_covered_way_back_counts_once() -> None:
    frames = [
        watched_poses(frame.time_s, ()) if 1.55 < frame.time_s - BEFORE_S < 1.9 else frame
        for frame in truly(Show("squat_right", 90.0, 1.0))
    ]
    assert coached(iter(frames), "squat").state.count == 4


def test_the_count_goes_on_after_a_cut() -> None:
    first = list(truly(Show("squat_right", 90.0, 1.0, cycles=2)))
    second = later(list(truly(Show("squat_right", 0.0, 1.0, cycles=2))), first[-1].time_s + 0.04)
    coach = Coach("squat", arming=False)
    for frame in first:
        coach.add(frame)
    coach.restart(second[0].time_s)
    for frame in second:
        coach.add(frame)
    assert coach.state.count == 4


@pytest.mark.parametrize("shift_s", [0.0, 0.013, 0.027])
def test_depth_is_the_turning_point_also_between_frames(shift_s: float) -> None:
    def seen(show: Show) -> Coach:
        coach = Coach("biceps_curl", arming=False)
        for time_s in show.times_s():
            pose = true_pose(show.motion, show.phase(time_s + shift_s), show.yaw_deg)
            coach.add(watched_poses(time_s, (pose,)))
        return coach

    row = Body().measure(true_pose("curl", 0.5, 90.0), 0.0)
    for repetition in seen(Show("curl", 90.0, 0.6)).state.repetitions:
        assert repetition.depth_deg == pytest.approx(row[index_of("left_elbow")], abs=2.5)


def test_nobody_is_followed_any_more_a_second_after_the_person_left() -> None:
    coach = coached(truly(Show("squat_right", 90.0, 1.0, cycles=1)), "squat")
    left_s = coach.state.time_s
    coach.add(watched_poses(left_s + 0.5, ()))
    assert coach.state.person == 1
    coach.add(watched_poses(left_s + 1.5, ()))
    assert (coach.state.person, coach.state.count) == (None, 1)


def test_limbs_that_are_not_seen_for_a_second_are_hidden() -> None:
    coach = Coach("squat", arming=False)
    for frame in truly(Show("squat_right", 90.0, 1.0, cycles=2)):
        pose = frame.people[0].raw
        seen = pose.visibility.copy()
        if frame.time_s > 2.0:
            seen[[INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in ("knee", "ankle")]] = (
                0.1
            )
        coach.add(watched_poses(frame.time_s, (dataclasses.replace(pose, visibility=seen),)))
        assert coach.state.hidden == (frame.time_s > 3.02), frame.time_s


def test_the_most_prominent_person_is_followed_while_others_come_first() -> None:
    coach = Coach("squat", arming=False)
    for frame in truly(Show("squat_right", 90.0, 1.0)):
        pose = frame.people[0].raw
        small = dataclasses.replace(
            pose, image_xy_px=pose.image_xy_px[0] + (pose.image_xy_px - pose.image_xy_px[0]) / 3
        )
        coach.add(watched_poses(frame.time_s, (small, pose)))
    assert (coach.state.person, coach.state.count) == (2, 4)


def test_low_frame_rates_give_the_same_count() -> None:
    frames = list(truly(Show("squat_right", 90.0, 2.0)))
    assert coached(iter(frames[::5]), "squat").state.count == 4


def test_a_ninth_exercise_is_one_record() -> None:
    arm_raise = Exercise(
        "arm_raise",
        signals=(Signal(("left_shoulder", "right_shoulder"), 20.0, 120.0, "arm"),),
        gates=(Gate(("hip_height_m",), low=0.5),),
    )
    coach = Coach("arm_raise", arming=False, exercises={**EXERCISES, "arm_raise": arm_raise})
    for frame in truly(Show("arm_raise", 0.0, 1.5)):
        coach.add(frame)
    assert coach.state.count == 4


def test_limits_of_faults_can_be_changed() -> None:
    frames = list(truly(Show("squat_leaning", 90.0, 1.5)))
    lenient = Coach("squat", arming=False, limits={"leaning": 75.0})
    for frame in frames:
        lenient.add(frame)
    assert not any(repetition.faults for repetition in lenient.state.repetitions)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(SettingsError, match="burpee"):
        Coach("burpee")
    with pytest.raises(SettingsError, match="wobble"):
        Coach("squat", limits={"wobble": 1.0})


def test_one_thing_is_said_and_praise_follows_three_clean_repetitions() -> None:
    leaning = coached(truly(Show("squat_leaning", 90.0, 1.5)), "squat").state
    clean = coached(truly(Show("squat_right", 90.0, 1.5, cycles=3)), "squat").state
    assert leaning.cue is not None
    assert leaning.cue.name == "leaning"
    assert clean.cue is not None
    assert clean.cue.name == "well_done"

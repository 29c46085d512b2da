"""What was recorded is counted as it was live: same code, same poses."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from pose_core.errors import SettingsError
from pose_core.movement.coach import Coach
from pose_core.movement.recorded import count_recorded, recorded_frames
from pose_core.pose import TrackedPerson
from pose_core.settings import PoseSettings
from pose_core.tracking.recorder import Recorder
from pose_core.tracking.recording import Recording
from pose_core.watching import WatchedFrame
from tests.support.performing import Show, through_the_model, true_pose, truly, watched_poses


def recorded(frames: list[WatchedFrame], *coaches: Coach) -> Recording:
    """A stream with a coach and a recorder."""
    recorder = Recorder(PoseSettings())
    for frame in frames:
        for watcher in (*coaches, recorder):
            watcher.add(frame)
    for coach in coaches:
        coach.finish()
    return recorder.stop()


@pytest.mark.parametrize("arming", [True, False])
def test_a_recording_gives_the_count_of_the_stream(arming: bool) -> None:
    # A while of it is covered, and the clock did not begin at 0.
    frames = [
        watched_poses(
            frame.time_s + 700,
            () if 2.6 < frame.time_s < 2.9 else tuple(person.raw for person in frame.people),
        )
        for frame in truly(Show("squat_leaning", 90.0, 1.0))
    ]
    live = Coach("squat", arming=arming)
    afterwards = count_recorded(recorded(frames, live), "squat", arming=arming).state
    assert (afterwards.count, afterwards.partial) == (live.state.count, live.state.partial) == (4, 0)
    for one, other in zip(afterwards.repetitions, live.state.repetitions, strict=True):
        assert one.bottom_s + 700 == pytest.approx(other.bottom_s, abs=0.01)
        assert [fault.fault for fault in one.faults] == [fault.fault for fault in other.faults]


def test_a_recording_of_what_the_model_saw_gives_the_count_of_the_stream() -> None:
    live = Coach("jumping_jack")
    frames = list(through_the_model(Show("jack_right", 0.0, 0.7, cycles=2)))
    afterwards = count_recorded(recorded(frames, live), "jumping_jack", arming=True).state
    assert afterwards.count == live.state.count == 2


def test_what_was_done_is_recognised_and_only_the_people_asked_for_are_counted() -> None:
    (squats, curls) = (list(truly(Show(motion, 60.0, 1.0))) for motion in ("squat_right", "curl"))
    both = recorded(
        [
            watched_poses(one.time_s, (one.people[0].raw, other.people[0].raw))
            for one, other in zip(squats, curls, strict=True)
        ]
    )
    found = [count_recorded(both, who=[number]).state for number in (1, 2)]
    assert [(state.exercise, state.count) for state in found] == [("squat", 4), ("biceps_curl", 4)]


def test_times_increase_and_frames_without_anybody_are_frames() -> None:
    frames = [
        watched_poses(frame.time_s, ()) if number % 3 else frame
        for number, frame in enumerate(truly(Show("squat_right", 90.0, 0.7, cycles=1)))
    ]
    again = list(recorded_frames(recorded(frames)))
    assert [len(frame.people) for frame in again] == [len(frame.people) for frame in frames]
    assert all(one.time_s < other.time_s for one, other in pairwise(again))


def test_poses_are_those_of_the_model_not_the_smoothed_ones() -> None:
    raw = true_pose("squat_right", 0.25, 60.0)
    smoothed = replace(raw, image_xy_px=raw.image_xy_px + 7.0)
    frame = WatchedFrame(0.0, (TrackedPerson(1, raw, smoothed),), raw.size_wh, False, np.empty((1, 0)))
    (again,) = recorded_frames(recorded([frame]))
    np.testing.assert_allclose(again.people[0].raw.image_xy_px, raw.image_xy_px, atol=1e-3)


def test_nobody_gives_no_count_and_no_exercise() -> None:
    nobody = recorded([watched_poses(0.04 * number, ()) for number in range(50)])
    state = count_recorded(nobody).state
    assert (state.exercise, state.count) == (None, 0)
    with pytest.raises(SettingsError, match="burpee"):
        count_recorded(nobody, "burpee")

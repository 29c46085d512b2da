"""A stream whose people are found elsewhere: the same for watchers, and never more than a camera gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pose_core.pipeline.live import LiveSettings, ToldFrame, ToldStream
from pose_core.pose import Pose
from pose_core.tracking.recorder import Recorder
from pose_core.tracking.smoothing import PoseSmoother, SmoothingSettings
from tests.support.poses import PoseMaker, make_pose
from tests.support.watching import Note

SIZE = (640, 480)
POSE = make_pose()


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def note() -> Note:
    return Note()


@pytest.fixture
def told(clock: Clock, note: Note) -> ToldStream:
    return ToldStream(watchers=[note], clock=clock)


def frames(times_s: Sequence[float], pose: Pose = POSE, number: int = 1) -> list[ToldFrame]:
    return [ToldFrame(time_s, pose.size_wh, ((number, pose),)) for time_s in times_s]


def times_s(note: Note) -> list[float]:
    return [round(frame.time_s, 6) for frame in note.frames]


def test_times_keep_the_senders_steps_on_this_machines_clock(
    told: ToldStream, note: Note, clock: Clock
) -> None:
    assert told.tell(frames([7.0, 7.1, 7.2]))
    clock.now_s += 0.9  # late
    assert told.tell(frames([7.3]))
    assert times_s(note) == [999.8, 999.9, 1000.0, 1000.1]


def test_watchers_see_numbers_sizes_angles_and_smoothed_poses(
    told: ToldStream, note: Note, make_pose: PoseMaker
) -> None:
    told.settings = LiveSettings(mirror=False)
    moved = make_pose(shift_xy=(30.0, 0.0))
    told.tell([ToldFrame(0.0, SIZE, ((3, POSE), (1, moved))), *frames([0.04], moved, number=3)])
    first, second = note.frames
    assert [person.number for person in first.people] == [1, 3]
    assert (first.size_wh, first.mirrored) == (SIZE, False)
    assert np.isfinite(first.angles_deg).any()
    smoother = PoseSmoother(SmoothingSettings())
    smoother.smooth(POSE, 0.0)
    np.testing.assert_allclose(
        second.people[0].pose.image_xy_px, smoother.smooth(moved, 0.04).image_xy_px, atol=1e-6
    )
    assert second.people[0].raw is moved
    assert [person.number for person in told.people] == [3]


def test_without_smoothing_poses_stay(told: ToldStream, note: Note) -> None:
    told.settings = LiveSettings(smoothing=None)
    told.tell(frames([0.0, 0.04]))
    assert all(frame.people[0].pose is POSE for frame in note.frames)


def test_what_is_not_later_is_left_out(told: ToldStream, note: Note) -> None:
    told.tell(frames([1.0, 1.1]))
    assert told.tell(frames([1.05, 1.1, 1.2]))
    assert len(note.frames) == 3


@pytest.mark.parametrize("jump_s", [-3600.0, 3.0, 3600.0])
def test_a_clock_that_jumps_starts_again_and_time_goes_on(
    told: ToldStream, note: Note, clock: Clock, jump_s: float
) -> None:
    told.tell(frames([10_000.0]))
    clock.now_s += 0.1
    told.tell(frames([10_000.1 + jump_s]))
    assert note.told == ["add", "restart", "add"]
    assert times_s(note) == [1000.0, 1000.1]


def test_a_picture_of_another_shape_is_a_cut(told: ToldStream, note: Note) -> None:
    told.tell(frames([0.0]))
    told.tell(frames([0.1], POSE.resized((320, 240))))
    told.tell(frames([0.2], POSE.resized((640, 360))))
    assert note.told == ["add", "add", "restart", "add"]


def test_more_frames_than_a_camera_has_are_refused(told: ToldStream, note: Note, clock: Clock) -> None:
    taken = sum(told.tell(frames([number / 100])) for number in range(500))
    assert taken == len(note.frames) == 120, "a first handful"
    clock.now_s += 1.0
    taken = sum(told.tell(frames([10 + number / 1000])) for number in range(500))
    assert taken == 60


def test_nobody_is_there_when_nothing_more_is_told(told: ToldStream, clock: Clock) -> None:
    told.tell(frames([0.0]))
    assert told.people
    clock.now_s += 2.1
    assert told.people == ()


def test_without_watchers_nothing_is_wanted_and_nothing_taken(told: ToldStream, note: Note) -> None:
    assert told.wanted
    told.watchers.remove(note)
    assert not told.wanted
    assert not told.tell(frames([0.0]))
    assert told.people == ()


def test_after_the_end_nothing_is_taken_and_watchers_are_finished(told: ToldStream, note: Note) -> None:
    told.close()
    told.close()
    assert note.told == ["finish"]
    assert told.closed
    assert not told.tell(frames([0.0]))


def test_it_is_recorded_like_any_stream(told: ToldStream) -> None:
    recorder = Recorder(told.settings.pose)
    told.watchers.add(recorder)
    told.tell(frames([number / 30 for number in range(60)]))
    recording = recorder.stop()
    assert len(recording.time_s) == 60
    assert recording.duration_s == pytest.approx(59 / 30)
    assert recording.summary.people[0].person == 1

"""A recording keeps every frame's time and every pose within its memory limit, and its summary is right."""

from __future__ import annotations

import math
import threading
import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, get_args

import numpy as np
import pytest

import pose_core.tracking.recorder as recorder_module
from pose_core.errors import ClipError
from pose_core.geometry.angles import ANGLE_NAMES, Space, pose_angles_deg, sequence_angles_deg
from pose_core.media.clip_writer import ClipWriter
from pose_core.media.clips import read_clip
from pose_core.pose import Layer, Pose, PoseSequence, TrackedPerson
from pose_core.settings import PoseSettings
from pose_core.skeleton import INDEX
from pose_core.tracking.recorder import MAX_FRAMES, MAX_PERSON_FRAMES, Recorder
from pose_core.tracking.recording import (
    Recording,
)
from pose_core.tracking.recording_summary import summarise
from tests.support.watching import watched

PoseMaker = Callable[..., Pose]
SIZE = (640, 480)
KNEE = "left_knee"


def tracked(number: int, raw: Pose, pose: Pose | None = None) -> TrackedPerson:
    return TrackedPerson(number=number, raw=raw, pose=raw if pose is None else pose)


def recorded(*frames: tuple[float, list[TrackedPerson]], **settings: Any) -> Recording:
    recorder = Recorder(PoseSettings(**settings))
    for time_s, people in frames:
        recorder.add(watched(time_s, people, SIZE))
    return recorder.stop()


def bytes_of(recording: Recording) -> int:
    arrays = (recording.time_s, recording.row_frame, recording.row_person, recording.values)
    return sum(array.nbytes for array in arrays)


# ---------------------------------------------------------------------- what is kept
def test_a_recording_starts_its_own_clock_and_keeps_raw_and_smoothed(make_pose: PoseMaker) -> None:
    raw, smooth = make_pose(shift_xy=(3.0, 4.0)), make_pose()
    recording = recorded((50.0, [tracked(7, raw, smooth)]), (50.25, [tracked(7, smooth, raw)]))
    assert recording.time_s.tolist() == [0.0, 0.25]
    assert (recording.duration_s, recording.people, recording.size_wh) == (0.25, (7,), SIZE)
    assert (recording.ended_by, recording.truncated) == ("stop", False)
    layers: dict[Layer, tuple[Pose, Pose]] = {"raw": (raw, smooth), "smoothed": (smooth, raw)}
    for layer, poses in layers.items():
        sequence = recording.sequence(7, layer)
        for i, pose in enumerate(poses):
            for name in ("image_xy_px", "image_z_px", "world_xyz_m", "visibility", "presence"):
                assert getattr(sequence, name)[i] == pytest.approx(getattr(pose, name), rel=1e-6)


def test_a_missed_frame_is_a_row_of_nan_and_its_time_is_kept(make_pose: PoseMaker) -> None:
    someone = [tracked(1, make_pose())]
    recording = recorded((0.0, []), (0.1, someone), (0.2, []), (0.3, someone), (0.4, []))
    assert recording.time_s == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    sequence = recording.sequence(1, "smoothed")
    assert len(sequence) == 5
    assert sequence.found.tolist() == [False, True, False, True, False]
    for name in ("image_xy_px", "image_z_px", "world_xyz_m", "visibility", "presence"):
        assert np.isnan(getattr(sequence, name)[[0, 2, 4]]).all()
        assert np.isfinite(getattr(sequence, name)[[1, 3]]).all()


@pytest.mark.parametrize("frames", [slice(0, 2), slice(1, 4), slice(2, None), slice(2, 3), slice(5, 9)])
def test_some_frames_of_a_person_equal_those_of_the_full_sequence(
    make_pose: PoseMaker, frames: slice
) -> None:
    recording = recorded(
        *((n / 10, [tracked(1, make_pose(shift_xy=(n, 0.0)))] if n != 2 else []) for n in range(5))
    )
    part, whole = recording.sequence(1, "raw", frames), recording.sequence(1, "raw")
    for name in ("time_s", "image_xy_px", "image_z_px", "world_xyz_m", "visibility", "presence"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[frames])


def test_people_are_kept_apart_by_their_numbers(make_pose: PoseMaker) -> None:
    left, right = make_pose(shift_xy=(-100.0, 0.0)), make_pose(shift_xy=(100.0, 0.0))
    recording = recorded(
        (0.0, [tracked(2, right), tracked(1, left)]), (0.1, [tracked(1, left)]), (0.2, [tracked(2, right)])
    )
    assert recording.people == (1, 2)
    nose_x = {n: recording.sequence(n, "smoothed").image_xy_px[:, INDEX["nose"], 0] for n in recording.people}
    np.testing.assert_array_equal(nose_x[1], [220, 220, np.nan])
    np.testing.assert_array_equal(nose_x[2], [420, np.nan, 420])
    with pytest.raises(KeyError):
        recording.sequence(3, "smoothed")


def test_another_size_of_the_same_picture_changes_no_position(make_pose: PoseMaker) -> None:
    pose = make_pose()
    half = make_pose(image_xy_px=pose.image_xy_px / 2, image_z_px=pose.image_z_px / 2, size_wh=(320, 240))
    recorder = Recorder(PoseSettings())
    for number, (shown, size_wh) in enumerate([(pose, SIZE), (half, (320, 240)), (pose, SIZE)]):
        recorder.add(watched(number / 10, [tracked(1, shown)], size_wh))
    recording = recorder.stop()
    assert recording.sizes == (
        (0.0, SIZE),
        (pytest.approx(0.1), (320, 240)),
        (pytest.approx(0.2), SIZE),
    )
    for sequence in (recording.sequence(1, "raw"), recording.sequence(1, "smoothed")):
        assert sequence.size_wh == SIZE
        for row in range(3):
            assert sequence.image_xy_px[row] == pytest.approx(pose.image_xy_px, rel=1e-6)
            assert sequence.image_z_px[row] == pytest.approx(pose.image_z_px, rel=1e-6)
            assert sequence.world_xyz_m[row] == pytest.approx(pose.world_xyz_m, rel=1e-6)


def test_another_shape_of_the_picture_keeps_angles_and_is_placed_as_in_the_clip(
    make_pose: PoseMaker,
) -> None:
    pose = make_pose({"left_ankle": (420, 380)})
    upright = make_pose(image_xy_px=pose.image_xy_px, size_wh=(480, 640))
    recorder = Recorder(PoseSettings())
    recorder.add(watched(0.0, [tracked(1, pose)], SIZE))
    recorder.add(watched(0.1, [tracked(1, upright)], (480, 640)))
    recording = recorder.stop()
    # 480x640 into 640x480: scale 0.75, 140 px of black on either side.
    nose = recording.sequence(1, "smoothed").image_xy_px[1, INDEX["nose"]]
    assert nose == pytest.approx([320 * 0.75 + 140, 90 * 0.75])
    angles = sequence_angles_deg(recording.sequence(1, "smoothed"), "image", 0.5)
    assert angles[1] == pytest.approx(angles[0], abs=1e-3)
    assert angles[0, ANGLE_NAMES.index(KNEE)] < 150, "the leg is bent"


def test_a_frame_whose_time_does_not_increase_is_left_out(make_pose: PoseMaker) -> None:
    someone = [tracked(1, make_pose())]
    recording = recorded((5.0, someone), (5.0, someone), (4.0, []), (5.1, someone))
    assert recording.time_s == pytest.approx([0.0, 0.1])
    assert recording.row_frame.tolist() == [0, 1]


def test_the_wall_clock_time_is_that_of_the_first_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 1, 2, 3, 4, 5).astimezone()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return now

    monkeypatch.setattr(recorder_module, "datetime", Clock)
    recorder = Recorder(PoseSettings())
    now += timedelta(seconds=8)
    recorder.add(watched(0.0, [], SIZE))
    first = now
    now += timedelta(seconds=8)
    recorder.add(watched(8.0, [], SIZE))
    assert recorder.stop().started_at == first
    assert first.tzinfo is not None


def test_arrays_of_a_recording_are_read_only(make_pose: PoseMaker) -> None:
    recording = recorded((0.0, [tracked(1, make_pose())]))
    for array in (recording.time_s, recording.row_frame, recording.row_person, recording.values):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


# ---------------------------------------------------------------------- limits
def test_memory_stays_within_its_limit(make_pose: PoseMaker) -> None:
    people = [tracked(number, make_pose()) for number in (1, 2, 3)]
    recorder = Recorder(PoseSettings())
    frames = 0
    while not recorder.full:
        recorder.add(watched(frames / 30, people, SIZE))
        frames += 1
        assert frames <= MAX_FRAMES
    frames_full = recorder.frames
    for extra in range(100):
        recorder.add(watched((frames + extra) / 30, people, SIZE))
    assert recorder.frames == frames_full
    recording = recorder.stop()
    assert (recording.ended_by, recording.truncated) == ("person_frames", True)
    assert recording.row_frame.size == MAX_PERSON_FRAMES // 3 * 3, "no frame is recorded by halves"
    assert recording.time_s.size == recorder.frames == MAX_PERSON_FRAMES // 3
    assert 21e6 < bytes_of(recording) < 21.9e6


def test_frames_without_anybody_are_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "MAX_FRAMES", 5)
    recording = recorded(*((n / 30, []) for n in range(10)))
    assert (recording.ended_by, recording.time_s.size) == ("frames", 5)


def test_a_recording_ends_at_its_longest_time(make_pose: PoseMaker) -> None:
    recorder = Recorder(PoseSettings(), max_s=1.0)
    for tenth in range(15):
        assert recorder.full == (tenth > 11)
        recorder.add(watched(20 + tenth / 10, [tracked(1, make_pose())], SIZE))
    assert (recorder.frames, recorder.duration_s) == (11, pytest.approx(1.0))
    assert recorder.stop().ended_by == "time"


def test_a_short_recording_takes_little_memory(make_pose: PoseMaker) -> None:
    tracemalloc.start()
    try:
        recorder = Recorder(PoseSettings())
        recorder.add(watched(0.0, [tracked(1, make_pose())], SIZE))
        assert tracemalloc.get_traced_memory()[0] < 0.7e6
    finally:
        tracemalloc.stop()


def test_many_passers_by_cost_no_more_than_one_person(make_pose: PoseMaker) -> None:
    """With one row per frame for each, 300 people would need 300 times as much."""
    recording = recorded(*((n / 30, [tracked(n + 1, make_pose())]) for n in range(300)))
    assert len(recording.people) == 300
    assert bytes_of(recording) == 300 * (2 * 33 * 8 * 4 + 8 + 4 + 4)
    assert summarise(recording).people[299].frames == 1


# ---------------------------------------------------------------------- stopping
def test_stopping_again_gives_the_same_recording_and_adds_nothing(make_pose: PoseMaker) -> None:
    recorder = Recorder(PoseSettings())
    recorder.add(watched(0.0, [tracked(1, make_pose())], SIZE))
    recording = recorder.stop()
    recorder.add(watched(0.1, [tracked(1, make_pose())], SIZE))
    assert recorder.stop() is recording
    assert (recorder.frames, recorder.duration_s, recorder.full) == (1, 0.0, False)


def test_an_empty_recording_is_a_recording_too() -> None:
    recording = Recorder(PoseSettings(), clip=True).stop()
    assert (recording.time_s.size, recording.people, recording.size_wh) == (0, (), None)
    assert (recording.clip_mp4, recording.clip_error) == (None, None)
    with pytest.raises(KeyError):
        recording.sequence(1, "raw")


def test_stopping_from_several_threads_while_frames_arrive_gives_the_same_recording(
    make_pose: PoseMaker,
) -> None:
    recorder = Recorder(PoseSettings())
    someone = [tracked(1, make_pose())]
    under_way, results = threading.Event(), []

    def feed() -> None:
        for n in range(3000):
            recorder.add(watched(n / 30, someone, SIZE))
            if n == 100:
                under_way.set()

    feeder = threading.Thread(target=feed)
    stoppers = [threading.Thread(target=lambda: results.append(recorder.stop())) for _ in range(4)]
    feeder.start()
    assert under_way.wait(20)
    for thread in stoppers:
        thread.start()
    for thread in (feeder, *stoppers):
        thread.join(20)
    assert len(results) == 4
    assert all(result is results[0] for result in results)
    recording = results[0]
    assert recording.row_frame.tolist() == list(range(recording.time_s.size))
    nose = recording.values[:, :, INDEX["nose"], :2]
    assert (nose == (320, 90)).all(), "no row is half written"


# ---------------------------------------------------------------------- clip
def test_the_clip_has_the_drawn_frames_at_their_times() -> None:
    recorder = Recorder(PoseSettings(), clip=True)
    assert recorder.clip is not None
    for n in range(3):
        recorder.add(watched(9 + n / 4, [], (320, 240)))
        recorder.clip.add(9 + n / 4, np.full((240, 320, 3), 60 * n, dtype=np.uint8))
    recording = recorder.stop()
    assert recording.clip_mp4 is not None
    assert (recording.clip_truncated, recording.clip_left_out) == (False, 0)
    frames = list(read_clip(recording.clip_mp4).frames())
    assert [time_s for time_s, _ in frames] == pytest.approx([0.0, 0.25, 0.5], abs=1e-3)
    assert [int(frame.mean()) for _, frame in frames] == pytest.approx([0, 60, 120], abs=4)


def test_without_a_clip_no_thread_is_started() -> None:
    before = threading.active_count()
    recorder = Recorder(PoseSettings())
    recorder.add(watched(0.0, [], SIZE))
    assert recorder.clip is None
    assert threading.active_count() == before
    assert recorder.stop().clip_mp4 is None


def test_landmarks_continue_after_the_clip_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "ClipWriter", lambda: ClipWriter(max_s=0.1))
    recorder = Recorder(PoseSettings(), clip=True)
    assert recorder.clip is not None
    for n in range(6):
        recorder.add(watched(n / 10, [], (32, 32)))
        recorder.clip.add(n / 10, np.zeros((32, 32, 3), dtype=np.uint8))
    recording = recorder.stop()
    assert (recording.time_s.size, recording.truncated, recording.clip_truncated) == (6, False, True)


def test_a_clip_that_fails_does_not_cost_the_landmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(ClipWriter):
        def finish(self) -> bytes:
            super().finish()
            raise ClipError("clip_not_written", "It failed.")

    monkeypatch.setattr(recorder_module, "ClipWriter", Failing)
    recorder = Recorder(PoseSettings(), clip=True)
    recorder.add(watched(0.0, [], SIZE))
    recording = recorder.stop()
    assert recording.time_s.size == 1
    assert recording.clip_mp4 is None
    assert recording.clip_error is not None


# ---------------------------------------------------------------------- summary
def test_the_summary_counts_time_frames_and_gaps(make_pose: PoseMaker) -> None:
    someone = [tracked(1, make_pose())]
    found = [False, True, True, False, False, True, True, True, False, True]
    summary = summarise(recorded(*((n / 10, someone if f else []) for n, f in enumerate(found))))
    assert (summary.frames, summary.duration_s) == (10, pytest.approx(0.9))
    assert summary.rate_hz == pytest.approx(10)
    assert summary.found_share == pytest.approx(0.6)
    assert summary.longest_gap_s == pytest.approx(0.3), "from 0.2 to 0.5 s"
    assert summary.people[0].frames == 6


@pytest.mark.parametrize(
    ("found", "gap_s"),
    [
        ([True] * 5, 0.0),
        ([False] * 5, 0.4),
        ([False, False, True, True, True], 0.2),
        ([True, True, False, False, False], 0.3),
        ([True, False, True, True, True], 0.2),
        ([True, True, True, True, False], 0.1),
        ([False, True, True, True, True], 0.1),
        ([True], 0.0),
        ([False], 0.0),
    ],
)
def test_gaps_at_the_edges_count(make_pose: PoseMaker, found: list[bool], gap_s: float) -> None:
    someone = [tracked(1, make_pose())]
    summary = summarise(recorded(*((n / 10, someone if f else []) for n, f in enumerate(found))))
    assert summary.longest_gap_s == pytest.approx(gap_s)


def test_angle_ranges_are_from_smoothed_visible_poses(make_pose: PoseMaker) -> None:
    straight = make_pose({"left_knee": (346, 327.5), "left_hip": (344, 250), "left_ankle": (348, 405)})
    bent = make_pose({"left_ankle": (420, 380)})
    unseen = make_pose({"left_ankle": (346, 300)}, hidden=("left_ankle",))
    summary = summarise(
        recorded(
            (0.0, [tracked(1, unseen, straight)]),
            (0.1, [tracked(1, straight, bent)]),
            (0.2, [tracked(1, bent, unseen)]),
        )
    )
    low, high = summary.people[0].angle_ranges_deg[KNEE]
    assert high == pytest.approx(180, abs=0.01)
    assert low == pytest.approx(pose_angles_deg(bent, "image", 0.5)[KNEE], abs=1e-3)


def test_an_angle_that_was_never_visible_has_no_range(make_pose: PoseMaker) -> None:
    summary = summarise(recorded((0.0, [tracked(1, make_pose(hidden=("left_knee",)))])))
    ranges = summary.people[0].angle_ranges_deg
    assert all(math.isnan(limit) for limit in ranges[KNEE])
    assert all(math.isfinite(limit) for limit in ranges["right_knee"])


def test_ranges_in_space_are_from_metres(make_pose: PoseMaker) -> None:
    recording = recorded((0.0, [tracked(1, make_pose())]))
    in_space = summarise(recording, "world").people[0].angle_ranges_deg[KNEE]
    expected = pose_angles_deg(make_pose(), "world", 0.5)[KNEE]
    assert in_space == pytest.approx((expected, expected), abs=1e-3)


def test_jitter_distinguishes_raw_from_smoothed_and_leaves_out_gaps_and_guesses(make_pose: PoseMaker) -> None:
    """Positions jump back and forth by 6 px: the second difference is 12, over the square root of 6 for each axis."""
    steady = make_pose(hidden=("left_heel",))
    frames: list[tuple[float, list[TrackedPerson]]] = []
    for n in range(10):
        shift = np.zeros((33, 2))
        shift[:, 0] = 6.0 * (n % 2)
        shift[INDEX["left_heel"]] = 500 * (n % 2)  # a guess, not visible
        shaken = make_pose(hidden=("left_heel",), image_xy_px=steady.image_xy_px + shift)
        gone = n == 5
        frames.append((n / 30, [] if gone else [tracked(1, shaken, steady)]))
    summary = summarise(recorded(*frames))
    assert summary.people[0].jitter_raw_px == pytest.approx(12 / math.sqrt(6), rel=1e-4)
    assert summary.people[0].jitter_smoothed_px == pytest.approx(0, abs=1e-4)
    assert summary.jitter_raw_px == pytest.approx(12 / math.sqrt(6), rel=1e-4)


def test_jitter_of_several_people_is_weighted_by_their_frames(make_pose: PoseMaker) -> None:
    def shaken(n: int, px: float) -> Pose:
        return make_pose(shift_xy=(px * (n % 2), 0.0))

    frames = [
        (n / 30, [tracked(1, shaken(n, 6.0)), *([tracked(2, shaken(n, 0.0))] if n < 4 else [])])
        for n in range(12)
    ]
    summary = summarise(recorded(*frames, (1.0, [tracked(3, make_pose())])))
    assert math.isnan(summary.people[2].jitter_raw_px), "seen once"
    assert summary.jitter_raw_px == pytest.approx(12 / math.sqrt(6) * math.sqrt(12 / 16), rel=1e-4)


def test_a_recording_is_summarised_once(make_pose: PoseMaker) -> None:
    recording = recorded((0.0, [tracked(1, make_pose())]), (0.1, []))
    assert repr(recording.summary) == repr(summarise(recording))
    assert recording.summary is recording.summary


def test_an_empty_recording_has_a_summary() -> None:
    summary = summarise(recorded())
    assert (summary.frames, summary.duration_s, summary.found_share, summary.people) == (0, 0.0, 0.0, ())
    assert (summary.longest_gap_s, math.isnan(summary.rate_hz)) == (0.0, True)
    assert math.isnan(summary.jitter_raw_px)


# ---------------------------------------------------------------------- PoseSequence
def sequence_of(frames: int, **changes: Any) -> PoseSequence:
    values: dict[str, Any] = {
        "time_s": np.arange(frames) / 30,
        "image_xy_px": np.zeros((frames, 33, 2)),
        "image_z_px": np.zeros((frames, 33)),
        "world_xyz_m": np.zeros((frames, 33, 3)),
        "visibility": np.ones((frames, 33)),
        "presence": np.ones((frames, 33)),
        "size_wh": SIZE,
    }
    return PoseSequence(**(values | changes))


def test_a_sequence_copies_its_arrays_and_makes_them_read_only() -> None:
    given = np.zeros((4, 33, 2), dtype=np.float32)
    sequence = sequence_of(4, image_xy_px=given)
    given[0] = 5
    assert (sequence.image_xy_px == 0).all()
    assert sequence.image_xy_px.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        sequence.image_xy_px[0] = 1


@pytest.mark.parametrize("name", ["image_xy_px", "image_z_px", "world_xyz_m", "visibility", "presence"])
def test_a_sequence_refuses_an_array_of_another_length(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} must have shape \(4,"):
        sequence_of(4, **{name: getattr(sequence_of(3), name)})


@pytest.mark.parametrize("time_s", [[0.0, 0.1, 0.1], [0.0, 0.2, 0.1], [0.0, np.nan, 0.2]])
def test_a_sequence_requires_increasing_times(time_s: list[float]) -> None:
    with pytest.raises(ValueError, match="time_s must be finite and increase"):
        sequence_of(3, time_s=time_s)


def test_a_sequence_requires_a_size_and_may_be_empty() -> None:
    with pytest.raises(ValueError, match="size_wh must be positive"):
        sequence_of(2, size_wh=(0, 480))
    assert len(sequence_of(0)) == 0
    assert sequence_of(0).found.shape == (0,)


def test_a_sequence_made_from_poses_has_a_row_of_nan_for_none(make_pose: PoseMaker) -> None:
    first, last = make_pose(shift_xy=(1.0, 2.0)), make_pose(hidden=("nose",))
    sequence = PoseSequence.from_poses(np.array([2.0, 2.5, 3.0]), [first, None, last], SIZE)
    assert (sequence.time_s.tolist(), sequence.size_wh) == ([2.0, 2.5, 3.0], SIZE)
    assert sequence.found.tolist() == [True, False, True]
    for name in ("image_xy_px", "image_z_px", "world_xyz_m", "visibility", "presence"):
        rows = getattr(sequence, name)
        np.testing.assert_array_equal(rows[0], getattr(first, name))
        np.testing.assert_array_equal(rows[2], getattr(last, name))
        assert np.isnan(rows[1]).all()
    assert len(PoseSequence.from_poses(np.array([]), [], SIZE)) == 0


def test_a_sequence_of_poses_requires_one_size_and_a_time_for_each(make_pose: PoseMaker) -> None:
    with pytest.raises(ValueError, match=r"Poses must be in pixels of \(320, 240\); got one of \(640, 480\)"):
        PoseSequence.from_poses(np.array([0.0]), [make_pose()], (320, 240))
    with pytest.raises(ValueError, match=r"image_xy_px must have shape \(2, 33, 2\)"):
        PoseSequence.from_poses(np.array([0.0, 1.0]), [make_pose()], SIZE)


def test_a_part_of_a_sequence_keeps_its_times() -> None:
    sequence = sequence_of(10, time_s=np.arange(10) / 10, image_z_px=np.arange(330.0).reshape(10, 33))
    part = sequence[3:6]
    assert part.time_s == pytest.approx([0.3, 0.4, 0.5])
    assert part.image_z_px[:, 0].tolist() == [99, 132, 165]
    assert part.size_wh == SIZE


@pytest.mark.parametrize(
    ("start_s", "end_s", "frames"),
    [
        (0.2, 0.4, [2, 3]),
        (0.15, 0.45, [2, 3, 4]),
        (-1, 0.1, [0]),
        (0.35, 9, [4]),
        (9, 99, []),
        (0.4, 0.2, []),
    ],
)
def test_between_includes_the_first_time_and_excludes_the_second(
    start_s: float, end_s: float, frames: list[int]
) -> None:
    sequence = sequence_of(5, time_s=np.array([0.0, 0.1, 0.2, 0.3, 0.4]))
    assert sequence.between(start_s, end_s).time_s.tolist() == sequence.time_s[frames].tolist()


def test_visible_landmarks_of_a_sequence_reach_the_limit_and_are_known() -> None:
    visibility = np.full((2, 33), 0.5)
    visibility[0, :2] = 0.49, np.nan
    visible = sequence_of(2, visibility=visibility).visible(0.5)
    assert visible.shape == (2, 33)
    assert np.argwhere(~visible).tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize("space", get_args(Space))
def test_angles_over_time_are_those_of_each_pose_and_nan_where_nobody_was_found(
    make_pose: PoseMaker, space: Space
) -> None:
    poses = [make_pose(), None, make_pose({"left_ankle": (420, 380)}, hidden=("right_knee",))]
    angles = sequence_angles_deg(PoseSequence.from_poses(np.arange(3.0), poses, SIZE), space, 0.5)
    for row, pose in zip(angles, poses, strict=True):
        if pose is None:
            assert np.isnan(row).all()
        else:
            np.testing.assert_allclose(row, list(pose_angles_deg(pose, space, 0.5).values()), rtol=1e-12)


def test_after_a_change_of_shape_a_joint_beside_its_own_picture_is_outside(make_pose: PoseMaker) -> None:
    """A frame of another shape is fitted into the middle of the first: its edges are not those of the recording."""
    upright = make_pose({"left_wrist": (-20, 245)}, shift_xy=(100, 0), size_wh=(270, 480))
    upright = make_pose(image_xy_px=upright.image_xy_px - (185, 0), size_wh=(270, 480))
    recorder = Recorder(PoseSettings())
    recorder.add(watched(0.0, [TrackedPerson(1, make_pose(), make_pose())], (640, 480)))
    recorder.add(watched(0.1, [TrackedPerson(1, upright, upright)], (270, 480)))
    sequence = recorder.stop().sequence(1, "smoothed")
    np.testing.assert_allclose(sequence.picture_px, [(0, 0, 640, 480), (185, 0, 455, 480)])
    assert np.isfinite(
        sequence_angles_deg(sequence, "image", 0.5)[:, ANGLE_NAMES.index("left_elbow")]
    ).tolist() == [
        True,
        False,
    ]

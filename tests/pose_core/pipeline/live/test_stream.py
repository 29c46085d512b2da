"""A live stream with the real model on the performer: what it returns, what it survives, and what it leaves behind."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from pose_core.errors import PoseCoreError
from pose_core.geometry.angles import ANGLE_NAMES, pose_angles_deg
from pose_core.media.clips import read_clip
from pose_core.models.landmarker import StreamLandmarker
from pose_core.models.pool import PosePool
from pose_core.pipeline.live import LiveSettings, LiveStream
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings, DrawSettings, PoseSettings
from pose_core.skeleton import INDEX
from pose_core.tracking import people as tracking
from pose_core.tracking.recorder import Recorder
from pose_core.watching import Event, WatchedFrame, Watcher
from tests.support.poses import Performer, PoseMaker
from tests.support.waiting import LONG_S, until
from tests.support.watching import Note

LITE = PoseSettings(detection=DetectionSettings(model="lite"), draw=DrawSettings(names=False))
PLAIN = LiveSettings(pose=LITE, mirror=False, adaptive=False)


class Viewer:
    """A stream, and the frames that it has returned."""

    def __init__(
        self, pool: PosePool, settings: LiveSettings = PLAIN, watchers: Sequence[Watcher] = ()
    ) -> None:
        self.frames: list[Any] = []
        self.stream = LiveStream(pool, settings, on_drawn=self._take, watchers=watchers)

    def _take(self, frame: av.VideoFrame) -> None:
        self.frames.append(frame.to_ndarray(format="rgb24").copy())

    def see(self, frame: av.VideoFrame) -> Any:
        """Offer a frame and wait for its picture."""
        before = len(self.frames)
        self.stream.offer(frame)
        until(lambda: len(self.frames) > before)
        return self.frames[-1]


@pytest.fixture
def pool() -> Iterator[PosePool]:
    pool = PosePool(image_limit=1, stream_limit=2)
    yield pool
    pool.close()


@pytest.fixture
def viewer(pool: PosePool) -> Iterator[Viewer]:
    viewer = Viewer(pool)
    yield viewer
    viewer.stream.close(LONG_S)


def _frame(rgb: Any, pixel_format: str = "rgb24") -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    return frame if pixel_format == "rgb24" else frame.reformat(format=pixel_format)


@pytest.fixture
def person(performer: Performer) -> Any:
    return performer("arm_raise", 0.3)


def _red_at(picture: Any, xy: Any, reach: int = 12) -> bool:
    x, y = np.rint(xy).astype(int)
    area = picture[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].astype(int)
    return bool(((area[..., 0] > 180) & (area[..., 1] < 110) & (area[..., 2] < 110)).any())


# ---------------------------------------------------------------------- what it returns
@pytest.mark.parametrize("pixel_format", ["rgb24", "yuv420p"])
def test_red_dots_are_at_the_true_positions_of_the_joints(
    viewer: Viewer, person: Any, pixel_format: str
) -> None:
    for _ in range(3):
        picture = viewer.see(_frame(person.rgb, pixel_format))
    assert picture.shape == person.rgb.shape
    for joint in ("left_shoulder", "right_wrist", "left_knee", "right_ankle"):
        assert _red_at(picture, person.landmarks_px[0, INDEX[joint]]), joint
    status = viewer.stream.status()
    assert status.people == (1,)
    assert status.received_wh == status.returned_wh == (640, 480)
    assert set(status.figures.steps_ms) == {"convert", "inference", "smooth", "draw"}


def test_a_mirrored_picture_has_mirrored_dots_and_unmirrored_landmarks(pool: PosePool, person: Any) -> None:
    viewer = Viewer(pool, LiveSettings(pose=LITE, mirror=True, adaptive=False))
    for _ in range(3):
        picture = viewer.see(_frame(person.rgb))
    truth = person.landmarks_px[0, INDEX["left_wrist"]]
    assert _red_at(picture, (640 - truth[0], truth[1]))
    found = viewer.stream.people[0].pose.image_xy_px[INDEX["left_wrist"]]
    assert np.linalg.norm(found - truth) < 25
    assert np.abs(picture[:40].astype(int) - person.rgb[:40, ::-1].astype(int)).mean() < 2, "the room too"
    viewer.stream.close(LONG_S)


def test_the_received_frame_is_not_drawn_on(viewer: Viewer, person: Any) -> None:
    frame = _frame(person.rgb)
    viewer.see(frame)
    assert np.array_equal(frame.to_ndarray(format="rgb24"), person.rgb)
    assert np.array_equal(viewer.stream.snapshot(), person.rgb), "a snapshot is the picture as received"


def test_a_larger_frame_is_returned_no_higher_than_chosen(pool: PosePool, performer: Performer) -> None:
    from pose_core.performer import Camera

    viewer = Viewer(pool, LiveSettings(pose=LITE, height_px=360, adaptive=False))
    large = performer("arm_raise", 0.3, camera=Camera(1280, 720))
    assert viewer.see(_frame(large.rgb)).shape == (360, 640, 3)
    assert viewer.stream.status().received_wh == (1280, 720)
    viewer.stream.close(LONG_S)


def test_somebody_who_leaves_does_not_leave_a_skeleton_behind(
    viewer: Viewer, person: Any, performer: Performer
) -> None:
    from pose_core.performer import render_scene

    viewer.see(_frame(person.rgb))
    assert viewer.stream.status().people == (1,)
    room = render_scene([]).rgb
    for _ in range(10):
        picture = viewer.see(_frame(room))
    assert viewer.stream.status().people == ()
    assert np.array_equal(picture, room)


def test_the_newest_frame_wins_under_load(viewer: Viewer, person: Any) -> None:
    viewer.see(_frame(person.rgb))
    for i in range(300):
        marked = person.rgb.copy()
        marked[:8, :8] = i * 255 // 299
        viewer.stream.offer(_frame(marked))
    until(lambda: viewer.frames[-1][2, 2, 0] == 255)
    status = viewer.stream.status()
    assert status.figures.skipped + len(viewer.frames) == 301
    shades = [int(frame[2, 2, 0]) for frame in viewer.frames[1:]]
    assert shades == sorted(shades), "never back in time"


def test_the_models_pose_is_kept_beside_the_smoothed_one(
    viewer: Viewer, performer: Performer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = time.monotonic()
    # 30 frames a second for the stream, however slow the machine is: smoothing starts again after a gap.
    clock = SimpleNamespace(monotonic=lambda: now_s, perf_counter=time.perf_counter)
    monkeypatch.setattr("pose_core.pipeline.live.stream.time", clock)
    for i in range(8):
        now_s += 1 / 30
        viewer.see(_frame(performer("arm_raise", i / 60).rgb))
    (found,) = viewer.stream.people
    assert isinstance(found.raw, Pose)
    assert not np.array_equal(found.raw.image_xy_px, found.pose.image_xy_px)
    viewer.stream.settings = LiveSettings(pose=LITE, mirror=False, adaptive=False, smoothing=None)
    viewer.see(_frame(performer("arm_raise", 0.2).rgb))
    (found,) = viewer.stream.people
    assert np.array_equal(found.raw.image_xy_px, found.pose.image_xy_px)


# ---------------------------------------------------------------------- what it survives
def test_odd_frames_do_not_end_a_stream(viewer: Viewer, person: Any) -> None:
    viewer.see(_frame(person.rgb))
    pixel = np.full((1, 1, 3), 200, dtype=np.uint8)
    viewer.stream.offer(_frame(pixel))
    until(lambda: viewer.stream.status().people == ())
    assert viewer.see(_frame(person.rgb, "gray")).shape == (480, 640, 3)
    assert viewer.see(_frame(person.rgb[:, 101:422])).shape == (480, 321, 3)
    assert viewer.see(_frame(person.rgb[:241])).shape == (241, 640, 3)
    for _ in range(8):  # tracking recovers after other sizes
        viewer.see(_frame(person.rgb))
    assert len(viewer.stream.status().people) == 1
    assert viewer.stream.status().problem is None


def test_a_fault_in_one_frame_is_reported_to_this_viewer_and_affects_nobody_else(
    pool: PosePool, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlucky, other = Viewer(pool), Viewer(pool)
    unlucky.see(_frame(person.rgb))
    other.see(_frame(person.rgb))
    victim = unlucky.stream._landmarker
    detect = StreamLandmarker.detect

    def fail_once(self: StreamLandmarker, frame_rgb: Any, time_s: float) -> tuple[Pose, ...]:
        if self is victim:
            raise RuntimeError("what the camera saw")
        return detect(self, frame_rgb, time_s)

    monkeypatch.setattr(StreamLandmarker, "detect", fail_once)
    unlucky.stream.offer(_frame(person.rgb))
    until(lambda: unlucky.stream.status().problem is not None)
    problem = unlucky.stream.status().problem
    assert isinstance(problem, PoseCoreError)
    assert problem.code == "frame_failed"
    assert "what the camera saw" not in str(problem)
    assert victim is not None
    assert victim.closed
    other.see(_frame(person.rgb))
    assert other.stream.status().problem is None
    unlucky.see(_frame(person.rgb))  # with a new landmarker
    assert pool.status().streams == 2
    for viewer in (unlucky, other):
        viewer.stream.close(LONG_S)


def test_a_stream_without_a_seat_says_so_and_gets_one_when_it_is_free(pool: PosePool, person: Any) -> None:
    seated = [Viewer(pool), Viewer(pool)]
    for viewer in seated:
        viewer.see(_frame(person.rgb))
    late = Viewer(pool)
    late.stream.offer(_frame(person.rgb))
    until(lambda: late.stream.status().problem is not None)
    problem = late.stream.status().problem
    assert problem is not None
    assert problem.code == "seats_taken"
    assert late.frames == []
    seated[0].stream.close(LONG_S)
    late.see(_frame(person.rgb))
    for viewer in (seated[1], late):
        viewer.stream.close(LONG_S)
    assert pool.status().streams == 0


def test_another_model_can_be_chosen_while_running_and_the_seat_is_kept(
    viewer: Viewer, pool: PosePool, person: Any
) -> None:
    viewer.see(_frame(person.rgb))
    first = viewer.stream._landmarker
    full = PoseSettings(detection=DetectionSettings(model="full", people=2))
    viewer.stream.settings = LiveSettings(pose=full, mirror=False, adaptive=False)
    viewer.see(_frame(person.rgb))
    assert first is not None
    assert first.closed
    assert viewer.stream.status().rung.model == "full"
    assert pool.status().streams == 1


# ---------------------------------------------------------------------- who watches it
def test_a_recording_contains_the_frames_between_start_and_stop(viewer: Viewer, performer: Performer) -> None:
    viewer.see(_frame(performer("squat", 0.0).rgb))
    recorder = Recorder(LITE, clip=True)
    assert recorder.clip is not None
    viewer.stream.watchers.add(recorder, sinks=[recorder.clip])
    for i in range(6):
        viewer.see(_frame(performer("squat", i / 30).rgb))
    until(lambda: recorder.frames == 6)
    viewer.stream.watchers.remove(recorder, sinks=[recorder.clip])
    viewer.see(_frame(performer("squat", 0.0).rgb))
    recording = recorder.stop()
    assert recording.time_s.shape == (6,)
    assert recording.people == (1,)
    assert recording.clip_mp4 is not None
    clip_times_s = [time_s for time_s, _ in read_clip(recording.clip_mp4).frames()]
    assert clip_times_s == pytest.approx(recording.time_s, abs=1e-3), (
        "landmarks and film begin with the same frame"
    )


def test_a_recording_survives_the_end_of_its_stream(viewer: Viewer, person: Any) -> None:
    recorder = Recorder(LITE)
    viewer.stream.watchers.add(recorder)
    viewer.see(_frame(person.rgb))
    viewer.stream.close(LONG_S)
    recording = recorder.stop()
    assert len(recording.time_s) == 1


def test_a_watcher_sees_what_is_drawn_and_its_events_are_collected(pool: PosePool, person: Any) -> None:
    note = Note()
    viewer = Viewer(pool, LiveSettings(pose=LITE, mirror=True, adaptive=False), watchers=[note])
    for _ in range(3):
        viewer.see(_frame(person.rgb))
    until(lambda: len(note.frames) == 3)
    seen = note.frames[-1]
    assert (seen.people, seen.size_wh, seen.mirrored) == (viewer.stream.people, (640, 480), True)
    assert np.all(np.diff([frame.time_s for frame in note.frames]) > 0)
    expected = pose_angles_deg(seen.people[0].pose, "image", LITE.visibility_limit)
    assert dict(zip(ANGLE_NAMES, seen.angles_deg[0], strict=True)) == pytest.approx(expected, nan_ok=True)
    viewer.stream.close(LONG_S)
    events, _ = viewer.stream.watchers.events.read()
    assert [(event.person, event.name) for event in events] == [(1, "here")] * 3 + [(None, "over")]
    assert [event.time_s for event in events[:3]] == [frame.time_s for frame in note.frames]


def test_another_shape_restarts_watchers_and_another_size_or_model_does_not(
    viewer: Viewer, person: Any
) -> None:
    note = Note()
    viewer.stream.watchers.add(note)
    viewer.see(_frame(person.rgb))
    viewer.see(_frame(person.rgb[::2, ::2]))
    full = PoseSettings(detection=DetectionSettings(model="full"))
    viewer.stream.settings = LiveSettings(pose=full, height_px=360, adaptive=False)
    viewer.see(_frame(person.rgb))
    viewer.see(_frame(person.rgb[:, 140:500]))
    viewer.stream.close(LONG_S)
    assert note.told == ["add", "add", "add", "restart", "add", "finish"]


def test_after_a_cut_people_get_the_first_numbers_even_if_its_own_frame_was_replaced(
    pool: PosePool, person: Any, make_pose: PoseMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right = make_pose(shift_xy=(-150, 0)), make_pose(shift_xy=(150, 0))
    found, go_on, looking = [left, right], threading.Event(), threading.Event()

    def detect(*_: Any) -> tuple[Pose, ...]:
        poses = tuple(found)
        looking.set()
        assert go_on.wait(LONG_S)
        return poses

    monkeypatch.setattr(StreamLandmarker, "detect", detect)
    monkeypatch.setattr(tracking, "ABSENT_MAX_S", math.inf)  # else a slow machine forgets people by itself
    note = Note()
    two = replace(LITE, detection=replace(LITE.detection, people=2))
    viewer = Viewer(pool, replace(PLAIN, pose=two), [note])
    frame = _frame(person.rgb)
    viewer.stream.offer(frame)
    assert looking.wait(LONG_S)
    found[:] = [right]
    viewer.stream.offer(frame, cut=True)
    viewer.stream.offer(frame)  # replaces it
    go_on.set()
    until(lambda: len(note.frames) == 2)
    viewer.see(frame)
    viewer.stream.close(LONG_S)
    numbers = [[person.number for person in frame.people] for frame in note.frames]
    assert numbers == [[1, 2], [1], [1]]
    assert note.told == ["add", "restart", "add", "add", "finish"]


def test_a_failing_watcher_is_dropped_alone(
    viewer: Viewer, person: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Note):
        def add(self, frame: WatchedFrame) -> Sequence[Event]:
            super().add(frame)
            raise RuntimeError("what the camera saw")

    broken, note = Broken(), Note()
    viewer.stream.watchers.add(broken, note)
    for _ in range(3):
        viewer.see(_frame(person.rgb))
    until(lambda: len(note.frames) == 3)
    assert broken.told == ["add"]
    assert viewer.stream.status().problem is None
    assert "Broken is dropped from a stream: it failed with RuntimeError" in caplog.text
    assert "what the camera saw" not in caplog.text


def test_watchers_come_and_go_while_the_stream_runs(viewer: Viewer, person: Any) -> None:
    """From several threads at once; each sees frames until it is removed, and nothing afterwards."""
    stop = threading.Event()
    notes: list[Note] = []

    def come_and_go() -> None:
        while not stop.is_set():
            note = Note()
            notes.append(note)
            viewer.stream.watchers.add(note)
            until(lambda note=note: note.frames or stop.is_set())
            viewer.stream.watchers.remove(note)

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        viewer.see(_frame(person.rgb))
    stop.set()
    for thread in threads:
        thread.join(LONG_S)
    assert not any(thread.is_alive() for thread in threads)
    viewer.see(_frame(person.rgb))
    assert len(notes) > 20
    for note in notes:
        assert note.told == ["add"] * len(note.frames) + ["finish"]
    assert viewer.stream.status().problem is None


def test_watchers_of_a_stream_that_never_started_or_is_over_are_finished(pool: PosePool) -> None:
    early, late = Note(), Note()
    stream = LiveStream(pool, PLAIN, watchers=[early])
    stream.close()
    stream.watchers.add(late)
    assert early.told == late.told == ["finish"]


# ---------------------------------------------------------------------- what it leaves behind
def test_many_streams_in_a_row_leave_no_seat_taken_and_no_thread(pool: PosePool, person: Any) -> None:
    frame = _frame(person.rgb)
    threads = threading.active_count()
    for _ in range(20):
        viewer = Viewer(pool)
        viewer.see(frame)
        viewer.stream.close(LONG_S)
        assert pool.status().streams == 0
    until(lambda: threading.active_count() <= threads)


def test_a_prepared_stream_has_its_seat_before_the_first_frame_and_frees_it(pool: PosePool) -> None:
    stream = Viewer(pool).stream
    assert not stream.seated
    stream.prepare()
    until(lambda: stream.seated)
    assert pool.status().streams == 1
    stream.close(LONG_S)
    assert (stream.ended, pool.status().streams) == (True, 0)


def test_a_stream_without_frames_takes_neither_seat_nor_thread(pool: PosePool) -> None:
    threads = threading.active_count()
    stream = LiveStream(pool, PLAIN)
    assert (pool.status().streams, threading.active_count()) == (0, threads)
    stream.close()
    assert stream.closed


def test_frames_after_the_end_are_ignored(viewer: Viewer, pool: PosePool, person: Any) -> None:
    viewer.see(_frame(person.rgb))
    viewer.stream.close(LONG_S)
    seen = len(viewer.frames)
    viewer.stream.offer(_frame(person.rgb))
    assert len(viewer.frames) == seen
    assert pool.status().streams == 0
    assert viewer.stream.people == ()


def test_closing_the_pool_under_a_running_stream_ends_quietly(person: Any) -> None:
    pool = PosePool(image_limit=1, stream_limit=1)
    viewer = Viewer(pool)
    viewer.see(_frame(person.rgb))
    pool.close()
    viewer.stream.offer(_frame(person.rgb))
    until(lambda: viewer.stream.status().problem is not None)
    viewer.stream.close(LONG_S)
    assert pool.status().streams == 0


def test_a_stream_has_ended_once_it_is_closed_and_its_last_frame_is_done(pool: PosePool, person: Any) -> None:
    idle = LiveStream(pool, PLAIN)
    assert not idle.ended
    idle.close()
    assert idle.ended, "it never had a thread"
    held, let_go = threading.Event(), threading.Event()
    busy = LiveStream(pool, PLAIN, on_drawn=lambda _: (held.set(), let_go.wait(LONG_S))[0])
    busy.offer(_frame(person.rgb))
    assert held.wait(LONG_S)
    assert not busy.ended
    busy.close()
    assert (busy.closed, busy.ended, pool.status().streams) == (True, False, 1)
    let_go.set()
    until(lambda: busy.ended)
    assert pool.status().streams == 0


# ---------------------------------------------------------------------- for somebody else to draw
def test_without_a_taker_pictures_are_drawn_only_for_a_film(pool: PosePool, person: Any) -> None:
    found: list[tuple[av.VideoFrame, WatchedFrame, float]] = []
    stream = LiveStream(pool, PLAIN, on_found=lambda *what: found.append(what))
    drawn: list[Any] = []
    film = SimpleNamespace(add=lambda _, rgb: drawn.append(rgb.copy()), finish=lambda: b"")

    def sees(frame: av.VideoFrame) -> None:
        before = len(found)
        stream.offer(frame)
        until(lambda: len(found) > before)

    first = _frame(person.rgb)
    sees(first)
    assert found[0][0] is first, "the frame itself, by which a sender knows which one it was"
    assert np.abs(first.to_ndarray(format="rgb24").astype(int) - person.rgb).max() == 0, "untouched"
    truth = person.landmarks_px[0, INDEX["left_wrist"]]
    assert np.linalg.norm(found[0][1].people[0].pose.image_xy_px[INDEX["left_wrist"]] - truth) < 25
    assert 0 < found[0][2] < LONG_S
    assert stream.status().returned_wh == (640, 480)
    stream.watchers.add(sinks=[film])
    sees(_frame(person.rgb))
    sees(_frame(person.rgb))  # by then the film has the picture before
    assert drawn
    assert _red_at(drawn[0], truth)
    stream.close(LONG_S)

"""A live stream while the machine's clock is set back, or even its own stands still or goes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import av
import numpy as np
import pytest

from pose_core.models.pool import PosePool
from pose_core.pipeline.live import LiveSettings, LiveStream
from pose_core.settings import DetectionSettings, DrawSettings, PoseSettings
from pose_core.tracking.recorder import Recorder
from pose_core.tracking.recording import Recording
from tests.support.poses import Performer
from tests.support.waiting import LONG_S

FRAMES = 12
SETTINGS = LiveSettings(
    pose=PoseSettings(detection=DetectionSettings(model="lite"), draw=DrawSettings(names=False)), mirror=False
)


@pytest.fixture
def pool() -> Iterator[PosePool]:
    pool = PosePool(image_limit=1, stream_limit=1)
    yield pool
    pool.close()


def recorded(pool: PosePool, performer: Performer, before_frame: Callable[[int], None]) -> Recording:
    """A stream of `FRAMES` frames, all of which are returned, and its recording."""
    drawn = threading.Semaphore(0)
    recorder = Recorder(SETTINGS.pose)
    stream = LiveStream(pool, SETTINGS, on_drawn=lambda _: drawn.release(), watchers=[recorder])
    try:
        for number in range(FRAMES):
            before_frame(number)
            rgb = np.ascontiguousarray(performer("squat", number / 30).rgb)
            stream.offer(av.VideoFrame.from_ndarray(rgb, format="rgb24"))
            assert drawn.acquire(timeout=LONG_S), f"frame {number} did not come back"
            status = stream.status()
            assert status.problem is None
            assert len(status.people) == 1
            assert status.silent_s is not None
            assert status.silent_s > -0.001, "nothing comes from the future"
    finally:
        stream.close(LONG_S)
    return recorder.stop()


def test_a_stream_continues_when_the_machines_clock_is_set_back_an_hour(
    pool: PosePool, performer: Performer, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_s = time.time

    def put_back(number: int) -> None:
        monkeypatch.setattr(time, "time", lambda: true_s() - 3600 * number)
        monkeypatch.setattr(time, "time_ns", lambda: int((true_s() - 3600 * number) * 1e9))

    recording = recorded(pool, performer, put_back)
    assert len(recording.time_s) == FRAMES
    assert np.all(np.diff(recording.time_s) > 0)


@pytest.mark.parametrize("jump_s", [0.0, -0.02, -5.0, -3600.0])
def test_a_stream_continues_when_its_own_clock_stands_still_or_goes_back(
    pool: PosePool, performer: Performer, jump_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`time.monotonic` promises not to; some clocks do after a machine has slept."""
    shift_s, frozen_s = [0.0], [time.monotonic()]

    monkeypatch.setattr(time, "monotonic", lambda: frozen_s[0] + shift_s[0])

    def jump(number: int) -> None:
        if number % 4 == 3:
            shift_s[0] += jump_s
        else:
            frozen_s[0] += 1 / 30

    recording = recorded(pool, performer, jump)
    assert len(recording.time_s) == FRAMES
    assert np.all(np.diff(recording.time_s) > 0)

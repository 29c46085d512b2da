"""Recording through a visitor's session: what a recording contains, and that the stream continues."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import av
import numpy as np
import pytest

from pose_core.models.pool import PosePool
from pose_core.pipeline.live import LiveSettings
from pose_core.settings import DetectionSettings, PoseSettings
from pose_core.watching import Event, WatchedFrame
from pose_ui.live_view.connection import Connection
from pose_ui.live_view.seats import Seats
from pose_ui.live_view.session import LiveSession
from tests.support.live_session import play
from tests.support.poses import Performer
from tests.support.waiting import LONG_S

SETTINGS = LiveSettings(pose=PoseSettings(detection=DetectionSettings(model="lite")), adaptive=False)


@pytest.fixture
def pool() -> Iterator[PosePool]:
    pool = PosePool(image_limit=1, stream_limit=1)
    yield pool
    pool.close()


class Watching:
    """A playing session that gets its frames one by one."""

    def __init__(self, pool: PosePool, performer: Performer) -> None:
        self.session = LiveSession(Connection(Seats(lambda: pool)))
        self.stream = play(self.session, SETTINGS)
        self._rgb = np.ascontiguousarray(performer("squat", 0.25).rgb)
        self._shown = threading.Semaphore(0)
        self.stream.watchers.add(self)

    def see(self, frames: int) -> None:
        """Offer frames, each after all watchers have seen the one before."""
        for _ in range(frames):
            self.stream.offer(av.VideoFrame.from_ndarray(self._rgb, format="rgb24"))
            assert self._shown.acquire(timeout=LONG_S)

    def add(self, frame: WatchedFrame) -> Sequence[Event]:
        self._shown.release()
        return ()

    def restart(self, time_s: float) -> Sequence[Event]:
        return ()

    def finish(self) -> Sequence[Event]:
        return ()


@pytest.fixture
def watching(pool: PosePool, performer: Performer) -> Iterator[Watching]:
    watching = Watching(pool, performer)
    yield watching
    watching.session.leave()
    watching.stream.close(LONG_S)


def test_each_recording_has_its_own_frames_and_the_charts_have_all(watching: Watching) -> None:
    session = watching.session
    watching.see(2)
    session.start_recording(clip=True)
    watching.see(3)
    session.keep_recording()
    first = session.recording
    watching.see(2)
    session.start_recording(clip=False)
    watching.see(4)
    watching.stream.close(LONG_S)
    session.keep_recording()
    second = session.recording
    assert first is not None
    assert second is not None
    assert (len(first.time_s), len(second.time_s)) == (3, 4)
    assert (first.clip_mp4 is not None, second.clip_mp4 is not None) == (True, False)
    assert first.clip_error is None
    assert len(session.connection.history.angles(1)[0]) == 11


def test_a_recording_without_a_frame_is_not_kept(watching: Watching) -> None:
    session = watching.session
    watching.see(1)
    session.start_recording(clip=False)
    session.stop()
    assert (session.is_recording, session.recording) == (False, None)


def test_another_connection_has_charts_of_its_own(watching: Watching) -> None:
    session = watching.session
    watching.see(2)
    watching.stream.close(LONG_S)
    before = session.connection.history
    session.stop()
    session.connection.hung_up()
    play(session, SETTINGS)
    assert len(before.angles(1)[0]) == 2
    assert len(session.connection.history.angles(1)[0]) == 0

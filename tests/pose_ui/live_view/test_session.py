"""A visitor's state on the Live page, without a browser: a recording, a clip."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from av import VideoFrame

from pose_core.models.pool import PosePool
from pose_core.performer.samples import sample_clip
from pose_core.pipeline.live import LiveSettings
from pose_core.settings import DetectionSettings, PoseSettings
from pose_ui.live_view.connection import Connection
from pose_ui.live_view.seats import Seats
from pose_ui.live_view.session import LiveSession
from tests.support.live_session import play
from tests.support.waiting import until

SETTINGS = LiveSettings(pose=PoseSettings(detection=DetectionSettings(model="lite")))


@pytest.fixture
def session() -> Iterator[LiveSession]:
    pool = PosePool(image_limit=1, stream_limit=1)
    session = LiveSession(Connection(Seats(lambda: pool)))
    yield session
    session.stop()
    pool.close()


def record_a_frame(session: LiveSession) -> None:
    session.start_recording(clip=False)
    assert not session.is_recording, "it is not playing yet"
    stream = play(session, SETTINGS)
    session.start_recording(clip=False)
    stream.offer(VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24"))
    until(lambda: session.recorder is not None and session.recorder.frames == 1)
    assert session.is_recording


@pytest.mark.parametrize("how", ["stop", "restart", "leave"])
def test_a_recording_is_kept_however_the_visitor_ends_it(session: LiveSession, how: str) -> None:
    record_a_frame(session)
    getattr(session, how)()
    assert not session.is_recording
    assert session.recording is not None
    assert len(session.recording.time_s) == 1
    session.forget_recording()
    assert session.recording is None


def test_a_recording_is_kept_when_the_connection_ends_by_itself_and_another_begins(
    session: LiveSession,
) -> None:
    record_a_frame(session)
    connection = session.connection
    connection.player(SETTINGS, lambda: None).video.stop()
    assert connection.stream is not None
    connection.stream.close(60)
    connection.hung_up()
    connection.ask()
    session.shown("performer")
    assert connection.on
    assert not session.is_recording
    assert session.recording is not None


def test_a_file_that_is_no_video_leaves_the_previous_clip(session: LiveSession) -> None:
    session.take_clip("good.mp4", sample_clip())
    session.take_clip("bad.mp4", b"no video")
    assert session.clip_name == "good.mp4"
    assert session.clip_problem is not None
    assert session.clip_problem[0] == "bad.mp4"  # the page names the file
    session.take_clip(None, None)
    assert (session.clip, session.clip_problem) == (None, None)

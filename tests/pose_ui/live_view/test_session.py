"""A visitor's state on the Live page, without a browser: a recording, a clip."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from av import VideoFrame

from pose_core.models.pool import PosePool
from pose_core.performer.samples import sample_clip
from pose_core.pipeline.live import LiveSettings, ToldFrame, ToldStream
from pose_core.settings import DetectionSettings, PoseSettings
from pose_ui.live_view.camera_check import CameraReport
from pose_ui.live_view.connection import Connection
from pose_ui.live_view.seats import Seats
from pose_ui.live_view.session import LiveSession
from tests.support.live_session import play
from tests.support.poses import make_pose
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


# ---------------------------------------------------------------------- the model in the browser
def runs_in_browser(session: LiveSession) -> ToldStream:
    """Start with the model in the browser, up to its first frame; returns what it can be told to."""
    connection = session.connection
    connection.ask()
    session.shown("camera", browser_model=True)
    connection.checked(CameraReport(connection.turn, "ready"))
    connection.browser_model_runs()
    assert connection.told is not None
    return connection.told


def tell(told: ToldStream, *times_s: float) -> bool:
    pose = make_pose()
    return told.tell([ToldFrame(time_s, pose.size_wh, ((1, pose),)) for time_s in times_s])


def test_what_the_browser_finds_is_recorded_from_start_to_stop_and_wanted_no_longer(
    session: LiveSession,
) -> None:
    told = runs_in_browser(session)
    assert not told.wanted
    assert not tell(told, 0.0)
    session.start_recording(clip=True, of="Camera")
    assert told.wanted
    assert tell(told, 0.04, 0.08, 0.12)
    assert session.recorder is not None
    assert session.recorder.frames == 3
    session.keep_recording()
    assert not told.wanted
    assert session.recording is not None
    assert len(session.recording.time_s) == 3
    assert (session.recording.clip_mp4, session.recording.stills) == (None, ()), "there were no pictures"


@pytest.mark.parametrize("how", ["stop", "restart", "leave"])
def test_its_recording_is_kept_however_the_visitor_ends_it(session: LiveSession, how: str) -> None:
    told = runs_in_browser(session)
    session.start_recording(clip=False)
    tell(told, 0.0)
    getattr(session, how)()
    assert told.closed
    assert session.recording is not None
    assert len(session.recording.time_s) == 1


def test_its_charts_are_fed_while_they_are_wanted(session: LiveSession) -> None:
    told = runs_in_browser(session)
    assert session.chart(True)
    assert not session.chart(True)
    assert tell(told, 0.0, 0.04)
    assert len(session.connection.history.angles(1)[0]) == 2
    assert session.chart(False)
    assert not told.wanted
    assert session.chart(True)
    assert len(session.connection.history.angles(1)[0]) == 0, "a pause is no part of a curve"


def test_a_new_start_knows_nothing_of_the_one_before(session: LiveSession) -> None:
    first = runs_in_browser(session)
    session.chart(True)
    session.stop()
    session.connection.hung_up()
    second = runs_in_browser(session)
    assert first.closed
    assert second is not first
    assert not second.wanted
    assert session.chart(True)
    assert tell(second, 0.0)


def test_with_the_model_on_the_server_there_is_nothing_to_tell(session: LiveSession) -> None:
    play(session, SETTINGS)
    assert not session.chart(True)
    assert session.connection.watched is session.connection.stream

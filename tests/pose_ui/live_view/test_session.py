"""The steps of a visitor's live stream, from start to stop, without a browser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pose_core.errors import BusyError
from pose_core.models.pool import PosePool
from pose_core.performer.samples import sample_clip
from pose_core.pipeline.live import LiveSettings, LiveStatus
from pose_core.settings import DetectionSettings
from pose_ui.live_view import session as live_session
from pose_ui.live_view.camera_check import CameraReport
from pose_ui.live_view.session import LiveSession


@pytest.fixture
def pool() -> Iterator[PosePool]:
    pool = PosePool(image_limit=1, stream_limit=1)
    yield pool
    pool.close()


@pytest.fixture
def playing(pool: PosePool) -> LiveSession:
    session = LiveSession()
    session.start("performer", pool)
    session.open_stream(LiveSettings(), None, pool)
    assert session.connection(playing=True, signalling=False)
    return session


def _status(session: LiveSession, **changes: object) -> LiveStatus:
    assert session.stream is not None
    return replace(session.stream.status(), silent_s=0.1, **changes)


def test_a_camera_is_checked_before_the_connection(pool: PosePool) -> None:
    session = LiveSession()
    session.start("camera", pool)
    assert session.phase == "checking"
    assert not session.checked(None), "the browser has not answered yet"
    assert not session.checked(CameraReport(session.turn - 1, "ready", 1)), "an old answer"
    assert session.checked(CameraReport(session.turn, "ready", 1))
    assert session.phase == "connecting"
    assert not session.checked(CameraReport(session.turn, "ready", 1)), "the same answer again"


@pytest.mark.parametrize("state", ["refused", "no_camera", "busy", "insecure"])
def test_what_the_check_finds_is_kept_as_the_trouble(pool: PosePool, state: str) -> None:
    session = LiveSession()
    session.start("camera", pool)
    assert session.checked(CameraReport(session.turn, state, 0))  # type: ignore[arg-type]
    assert (session.phase, session.trouble) == ("idle", state)
    session.start("camera", pool)
    assert session.trouble is None, "a new try begins without it"


def test_permission_taken_away_while_playing_stops_it(pool: PosePool) -> None:
    session = LiveSession()
    session.start("camera", pool)
    session.checked(CameraReport(session.turn, "ready", 1))
    session.connection(playing=True, signalling=False)
    assert session.checked(CameraReport(session.turn, "refused", 1))
    assert (session.phase, session.trouble) == ("stopping", "refused")


def test_without_a_seat_one_waits_until_there_is_one(pool: PosePool) -> None:
    taken = pool.lease_stream(DetectionSettings(model="lite"))
    session = LiveSession()
    session.start("performer", pool)
    assert session.phase == "waiting"
    assert not session.watch(None, pool)
    pool.release_stream(taken)
    assert session.watch(None, pool), "the page has to start it now"


def test_who_loses_the_race_for_a_seat_goes_back_to_waiting(playing: LiveSession, pool: PosePool) -> None:
    problem = BusyError("seats_taken", "taken")
    assert playing.watch(_status(playing, problem=problem), pool)
    assert (playing.phase, playing.asked) == ("stopping", True)


def test_stopping_goes_on_until_the_browser_has_hung_up(playing: LiveSession) -> None:
    stream = playing.stream
    playing.stop()
    assert playing.phase == "stopping"
    assert stream is not None
    assert stream.closed
    assert not playing.connection(playing=True, signalling=False)
    assert playing.connection(playing=False, signalling=False)
    assert playing.phase == "idle"


def test_a_restart_stops_and_asks_to_be_started_again(playing: LiveSession) -> None:
    playing.restart()
    assert (playing.phase, playing.asked) == ("stopping", True)
    idle = LiveSession()
    idle.restart()
    assert (idle.phase, idle.asked) == ("idle", False)


def test_another_source_while_the_browser_asks_for_the_camera_starts_that_one(pool: PosePool) -> None:
    session = LiveSession()
    session.start("camera", pool)
    session.restart()
    assert (session.phase, session.asked) == ("idle", True), "the page starts it in the same run"


def test_asking_twice_starts_once(playing: LiveSession) -> None:
    playing.ask()
    assert not playing.asked
    playing.stop()
    playing.ask()
    assert playing.asked


def test_a_connection_that_does_not_come_is_tried_again_and_then_given_up(
    pool: PosePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = time.monotonic()
    monkeypatch.setattr(live_session.time, "monotonic", lambda: now_s)
    session = LiveSession()
    for attempt in (1, 2):
        session.start("performer", pool)
        now_s += 13
        assert session.watch(None, pool)
        assert session.asked == (attempt == 1)
        session.connection(playing=False, signalling=False)
    assert session.trouble == "ice_failed"


def test_no_picture_for_ten_seconds_and_a_broken_connection_are_told(
    playing: LiveSession, pool: PosePool
) -> None:
    assert not playing.watch(_status(playing), pool)
    assert playing.watch(replace(_status(playing), silent_s=10.5), pool)
    assert playing.trouble == "no_frames"
    playing.start("performer", pool)
    playing.open_stream(LiveSettings(), None, pool).video.stop()  # as streamlit-webrtc does when ICE fails
    playing.connection(playing=True, signalling=False)
    assert playing.watch(_status(playing), pool)
    assert playing.trouble == "ended"


def test_coming_back_from_another_page_begins_anew(playing: LiveSession) -> None:
    playing.leave()
    assert playing.phase == "idle"
    assert playing.player is None


def test_a_file_that_is_no_video_leaves_the_one_before(pool: PosePool) -> None:
    session = LiveSession()
    session.take_clip("good.mp4", sample_clip())
    session.take_clip("bad.mp4", b"no video")
    assert session.clip_name == "good.mp4"
    assert session.clip_problem is not None
    session.take_clip(None, None)
    assert (session.clip, session.clip_problem) == (None, None)

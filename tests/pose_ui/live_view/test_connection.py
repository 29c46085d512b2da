"""A connection from Start to Stop, without a browser: what each event and each deadline leads to, in any order."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import av
import numpy as np
import pytest

from pose_core.errors import PoseCoreError
from pose_core.models.pool import PosePool
from pose_core.pipeline.live import LiveSettings
from pose_core.settings import DetectionSettings, PoseSettings
from pose_ui.live_view import connection as live_connection
from pose_ui.live_view import phases as live_phases
from pose_ui.live_view.camera_check import CameraReport
from pose_ui.live_view.connection import Connection
from pose_ui.live_view.overlay_media import OverlayMedia
from pose_ui.live_view.seats import Seats
from pose_ui.webrtc.tracks import Player
from tests.support.waiting import in_a_loop, until

SETTINGS = LiveSettings(pose=PoseSettings(detection=DetectionSettings(model="lite")))
CONNECT_LIMIT_S, FIRST_FRAME_LIMIT_S, STOP_LIMIT_S, UNHEARD_LIMIT_S = 12.0, 25.0, 4.0, 5.0
OVERLAY_LIMIT_S = 8.0


class Clock:
    """The clock of `Seats`, which only a test advances."""

    def __init__(self, seats: Seats) -> None:
        self.now_s = 1000.0
        self.seats = seats

    def passes(self, seconds: float) -> None:
        self.now_s += seconds
        self.seats.advance(self.now_s)


class OpenPage:
    """A page that counts how often it was woken, and runs only when a test says so."""

    def __init__(self) -> None:
        self.open = True
        self.wakes = 0

    def here(self) -> bool:
        return self.open

    def wake(self, needed: Callable[[], bool]) -> None:
        self.wakes += needed()


class Source:
    """A source that records which of its methods are called."""

    def __init__(self) -> None:
        self.did: list[str] = []

    def start(self, offer: object) -> None:
        del offer
        self.did.append("start")

    def stop(self) -> None:
        self.did.append("stop")


@pytest.fixture
def pool() -> Iterator[PosePool]:
    pool = PosePool(image_limit=1, stream_limit=1)
    yield pool
    pool.close()


@pytest.fixture
def clock(pool: PosePool, monkeypatch: pytest.MonkeyPatch) -> Clock:
    seats = Seats(lambda: pool)
    clock = Clock(seats)
    for module in (live_connection, live_phases):
        monkeypatch.setattr(module, "monotonic", lambda: clock.now_s)
    monkeypatch.setattr(seats, "wake", lambda: None)  # no thread: time passes when the test says so
    return clock


@pytest.fixture
def page() -> OpenPage:
    return OpenPage()


@pytest.fixture
def connection(clock: Clock) -> Connection:
    return Connection(clock.seats)


def asks(connection: Connection, page: OpenPage | None, *, camera: bool = False) -> None:
    connection.ask()
    connection.shown(page, camera=camera)


def offers(connection: Connection, source: Any = None) -> Player:
    return connection.player(SETTINGS, lambda: source)


def asks_for_a_frame(player: Player) -> None:
    """Do what the WebRTC loop does once packets get through."""

    async def recv() -> None:
        waiting = asyncio.ensure_future(player.video.recv())
        await asyncio.sleep(0)
        waiting.cancel()

    in_a_loop(recv(), 20)


def plays(connection: Connection, page: OpenPage | None, source: Any = None) -> Player:
    asks(connection, page)
    player = offers(connection, source)
    asks_for_a_frame(player)
    assert connection.phase == "playing"
    return player


def a_frame() -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")


def draws(connection: Connection) -> None:
    """Let one frame go through the model, so that the stream has its seat in the pool."""
    stream = connection.stream
    assert stream is not None
    drawn = stream.on_drawn
    done = threading.Event()
    stream.on_drawn = lambda frame: (drawn(frame) if drawn else None, done.set())[0]
    stream.offer(a_frame())
    assert done.wait(60)


# ---------------------------------------------------------------------- from Start to Stop
def test_the_performer_goes_from_start_to_stop(connection: Connection, page: OpenPage) -> None:
    source = Source()
    connection.shown(page, camera=False)
    assert connection.phase == "idle"
    asks(connection, page)
    assert (connection.phase, connection.connected) == ("connecting", True)
    player = offers(connection, source)
    assert offers(connection, source) is player, "the same until it ends"
    assert source.did == []
    asks_for_a_frame(player)
    assert (connection.phase, source.did) == ("playing", ["start"])
    connection.stop()
    assert (connection.phase, connection.on) == ("stopping", False)
    assert connection.stream is not None
    assert (connection.stream.closed, player.video.readyState, source.did[-1]) == (True, "ended", "stop")
    connection.hung_up()
    assert (connection.phase, connection.trouble) == ("idle", None)


def test_a_camera_is_checked_before_the_connection(connection: Connection, page: OpenPage) -> None:
    asks(connection, page, camera=True)
    assert connection.phase == "checking"
    connection.checked(None)
    connection.checked(CameraReport(connection.turn - 1, "ready"))
    assert connection.phase == "checking", "no answer, then an outdated one"
    connection.checked(CameraReport(connection.turn, "ready"))
    assert connection.phase == "connecting"
    revision = connection.revision
    connection.checked(CameraReport(connection.turn, "ready"))
    assert connection.revision == revision, "the same answer again"


@pytest.mark.parametrize("state", ["refused", "no_camera", "busy", "insecure"])
def test_what_the_check_finds_becomes_the_trouble(connection: Connection, page: OpenPage, state: Any) -> None:
    asks(connection, page, camera=True)
    connection.checked(CameraReport(connection.turn, state))
    assert (connection.phase, connection.trouble) == ("idle", state)
    asks(connection, page, camera=True)
    assert connection.trouble is None, "a new attempt begins without it"


def test_permission_withdrawn_while_playing_stops_it(connection: Connection, page: OpenPage) -> None:
    asks(connection, page, camera=True)
    connection.checked(CameraReport(connection.turn, "ready"))
    asks_for_a_frame(offers(connection))
    connection.checked(CameraReport(connection.turn, "refused"))
    assert (connection.phase, connection.trouble) == ("stopping", "refused")


def test_a_source_that_cannot_be_played_leaves_nothing_behind(connection: Connection, page: OpenPage) -> None:
    def make_source() -> None:
        raise PoseCoreError("x", "no")

    asks(connection, page)
    with pytest.raises(PoseCoreError):
        connection.player(SETTINGS, make_source)
    connection.stop()
    connection.hung_up()
    assert (connection.phase, connection.stream) == ("idle", None)


# ---------------------------------------------------------------------- deadlines, with a page that never runs
def test_stopping_ends_by_itself_if_the_browser_never_hangs_up(
    connection: Connection, page: OpenPage, clock: Clock
) -> None:
    plays(connection, page)
    connection.stop()
    clock.passes(STOP_LIMIT_S - 0.1)
    assert connection.phase == "stopping"
    clock.passes(0.2)
    assert connection.phase == "idle"
    assert connection.missed
    assert page.wakes


def test_stopping_goes_on_until_the_seat_is_free(
    connection: Connection, page: OpenPage, clock: Clock, pool: PosePool
) -> None:
    plays(connection, page)
    stream, held, let_go = connection.stream, threading.Event(), threading.Event()
    assert stream is not None
    stream.on_drawn = lambda _: (held.set(), let_go.wait(60))[0]
    stream.offer(a_frame())
    assert held.wait(60)
    connection.stop()
    connection.hung_up()
    assert (connection.phase, pool.seats_free) == ("stopping", 0)
    let_go.set()
    until(lambda: stream.ended)
    clock.passes(0.25)
    assert (connection.phase, pool.seats_free) == ("idle", 1)


def test_a_connection_that_fails_is_tried_again_and_then_given_up(
    connection: Connection, page: OpenPage, clock: Clock
) -> None:
    asks(connection, page)
    first = offers(connection)
    clock.passes(CONNECT_LIMIT_S + 0.1)
    assert (connection.phase, connection.trouble) == ("stopping", None)
    clock.passes(STOP_LIMIT_S + 0.1)
    assert connection.phase == "connecting", "the second attempt, without the page"
    assert offers(connection) is not first
    clock.passes(CONNECT_LIMIT_S + 0.1)
    assert (connection.phase, connection.trouble) == ("stopping", "ice_failed")
    clock.passes(STOP_LIMIT_S + 0.1)
    assert (connection.phase, connection.trouble) == ("idle", "ice_failed")
    asks(connection, page)
    clock.passes(CONNECT_LIMIT_S + 0.1)
    assert connection.trouble is None, "a new Start gets two attempts of its own"


def test_an_attempt_lasts_while_steps_follow_each_other_but_not_forever(
    connection: Connection, page: OpenPage, clock: Clock
) -> None:
    asks(connection, page)
    for step in ("frame_shown", "frame_here", "offer"):
        clock.passes(CONNECT_LIMIT_S - 1)
        connection.steps.note(step)
        clock.passes(0)
        assert connection.phase == "connecting"
    connection.steps.note("offer")  # again: no step
    clock.passes(CONNECT_LIMIT_S + 1)
    assert connection.phase == "stopping"
    asks(connection, page)
    connection.hung_up()
    assert connection.phase == "connecting"
    for number in range(5):
        connection.steps.note(f"step {number}")
        clock.passes(CONNECT_LIMIT_S - 1)
    assert (connection.on, connection.trouble) == (False, "ice_failed")


def test_a_connection_that_was_open_once_has_two_attempts_again(
    connection: Connection, page: OpenPage, clock: Clock
) -> None:
    asks(connection, page)
    clock.passes(CONNECT_LIMIT_S + 0.1)
    connection.hung_up()
    asks_for_a_frame(offers(connection))
    assert connection.phase == "playing"
    connection.restart()
    connection.hung_up()
    clock.passes(CONNECT_LIMIT_S + 0.1)
    assert connection.trouble is None
    connection.hung_up()
    assert connection.phase == "connecting"


def test_no_picture_for_long_is_reported(connection: Connection, page: OpenPage, clock: Clock) -> None:
    plays(connection, page)
    clock.passes(FIRST_FRAME_LIMIT_S - 0.1)
    assert connection.phase == "playing"
    clock.passes(1)
    assert (connection.phase, connection.trouble) == ("stopping", "no_frames")


def test_a_page_whose_figures_stand_still_is_woken(
    connection: Connection, page: OpenPage, clock: Clock
) -> None:
    plays(connection, page)
    connection.shown(page, camera=False)
    woken = page.wakes
    clock.passes(UNHEARD_LIMIT_S - 0.1)
    connection.heard()
    clock.passes(UNHEARD_LIMIT_S - 0.1)
    assert (connection.missed, page.wakes) == (False, woken)
    clock.passes(0.2)
    assert (connection.phase, page.wakes) == ("playing", woken + 1)
    connection.shown(page, camera=False)
    assert not connection.missed


def test_a_page_that_missed_something_is_woken_until_it_runs(
    connection: Connection, page: OpenPage, clock: Clock
) -> None:
    plays(connection, page)
    woken = page.wakes
    assert woken, "the picture plays, but the page still shows connecting"
    clock.passes(0.25)
    clock.passes(0.25)
    assert page.wakes == woken + 2
    connection.shown(page, camera=False)
    clock.passes(0.25)
    assert page.wakes == woken + 2


# ---------------------------------------------------------------------- ends, and events in unusual order
def test_a_track_that_ends_while_playing_is_reported(connection: Connection, page: OpenPage) -> None:
    plays(connection, page).video.stop()  # as streamlit-webrtc does when ICE fails
    assert (connection.phase, connection.trouble) == ("stopping", "ended")
    assert connection.stream is not None
    assert connection.stream.closed


def test_a_track_that_ends_while_connecting_counts_as_one_attempt(
    connection: Connection, page: OpenPage
) -> None:
    asks(connection, page)
    for trouble in (None, "ice_failed"):
        offers(connection).video.stop()
        assert (connection.phase, connection.trouble) == ("stopping", trouble)
        connection.hung_up()
    assert connection.phase == "idle"


def test_a_page_that_is_gone_ends_it_without_trouble(connection: Connection, page: OpenPage) -> None:
    player = plays(connection, page)
    page.open = False
    player.video.stop()
    connection.hung_up()
    assert (connection.phase, connection.trouble) == ("idle", None)


@pytest.mark.parametrize(("source", "limit_s"), [(None, 0.5), (Source(), 1.6)], ids=["camera", "performer"])
def test_a_closed_page_frees_its_seat_once_the_browser_is_silent(
    connection: Connection, page: OpenPage, clock: Clock, source: Any, limit_s: float
) -> None:
    player = plays(connection, page, source)
    heard_s = clock.now_s
    player.video.heard_s = lambda: heard_s
    clock.passes(limit_s + 0.1)
    assert connection.phase == "playing", "silent, but the page is open"
    page.open, heard_s = False, clock.now_s
    clock.passes(limit_s - 0.1)
    assert connection.phase == "playing", "the WebSocket is lost, but the browser still sends"
    clock.passes(0.2)
    assert (connection.phase, connection.trouble) == ("stopping", None)


def test_an_old_track_does_nothing_to_a_new_attempt(connection: Connection, page: OpenPage) -> None:
    asks(connection, page)
    old = offers(connection)
    connection.restart()
    connection.hung_up()
    source = Source()
    new = offers(connection, source)
    asks_for_a_frame(old)
    old.video.stop()
    assert (connection.phase, source.did) == ("connecting", [])
    asks_for_a_frame(new)
    assert (connection.phase, source.did) == ("playing", ["start"])


def test_a_second_stop_changes_nothing(connection: Connection, page: OpenPage) -> None:
    plays(connection, page)
    connection.stop()
    connection.stop()
    assert connection.phase == "stopping", "the browser has not hung up yet"
    connection.hung_up()
    connection.hung_up()
    connection.stop()
    assert connection.phase == "idle"


def test_stop_while_connecting_leaves_an_ended_player_for_a_late_offer(
    connection: Connection, page: OpenPage
) -> None:
    asks(connection, page)
    connection.stop()
    assert connection.phase == "stopping"
    late = connection.player(SETTINGS, lambda: pytest.fail("no source may be opened for it"))
    assert late.video.readyState == "ended"
    assert late.audio is None
    assert connection.stream is None


def test_stop_while_waiting_or_checking_ends_at_once(
    connection: Connection, page: OpenPage, pool: PosePool
) -> None:
    asks(connection, page, camera=True)
    connection.stop()
    assert connection.phase == "idle"
    taken = pool.lease_stream(SETTINGS.pose.detection)
    asks(connection, page)
    assert connection.phase == "waiting"
    connection.stop()
    assert connection.phase == "idle"
    pool.release_stream(taken)


def test_asking_does_nothing_while_it_runs_and_starts_it_again_while_it_stops(
    connection: Connection, page: OpenPage
) -> None:
    plays(connection, page)
    connection.ask()
    connection.stop()
    connection.ask()
    connection.hung_up()
    assert connection.phase == "connecting"


def test_a_restart_goes_through_a_stop(connection: Connection, page: OpenPage) -> None:
    connection.restart()
    assert connection.phase == "idle"
    old = plays(connection, page)
    connection.restart()
    assert (connection.phase, old.video.readyState) == ("stopping", "ended")
    connection.hung_up()
    assert connection.phase == "connecting"


def test_another_source_while_the_browser_asks_for_the_camera_starts_that_one(
    connection: Connection, page: OpenPage
) -> None:
    asks(connection, page, camera=True)
    connection.restart()
    assert connection.phase == "idle"
    connection.shown(page, camera=False)
    assert connection.phase == "connecting", "in the same run of the page"


def test_returning_from_another_page_starts_from_scratch(connection: Connection, page: OpenPage) -> None:
    player = plays(connection, page)
    connection.leave()
    assert (connection.phase, player.video.readyState) == ("stopping", "ended"), "until the seat is free"
    connection.advance(connection.since_s)
    assert connection.phase == "idle"
    connection.shown(page, camera=False)
    assert connection.phase == "idle"


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["stop", "ended", "hung_up", "restart", "late"]))
)
def test_events_in_any_order_leave_nothing_open(
    connection: Connection, page: OpenPage, clock: Clock, order: tuple[str, ...]
) -> None:
    source = Source()
    player = plays(connection, page, source)
    stream = connection.stream
    events = {
        "stop": connection.stop,
        "ended": player.video.stop,
        "hung_up": connection.hung_up,
        "restart": connection.restart,
        "late": lambda: offers(connection),
    }
    for event in order:
        events[event]()
    connection.stop()
    clock.passes(STOP_LIMIT_S + 0.1)
    assert connection.phase == "idle"
    assert stream is not None
    assert connection.stream is not None
    assert (stream.closed, connection.stream.closed, source.did.count("start")) == (True, True, 1)


# ---------------------------------------------------------------------- seats
def test_a_visitor_without_a_seat_gets_the_next_one_without_the_page(
    connection: Connection, page: OpenPage, clock: Clock, pool: PosePool
) -> None:
    taken = pool.lease_stream(SETTINGS.pose.detection)
    asks(connection, page)
    clock.passes(60)
    assert connection.phase == "waiting"
    pool.release_stream(taken)
    clock.passes(0.25)
    assert connection.phase == "connecting"
    assert page.wakes


def test_seats_go_to_waiting_visitors_in_order(clock: Clock, pool: PosePool) -> None:
    first, second, third, late = (Connection(clock.seats) for _ in range(4))
    taken = pool.lease_stream(SETTINGS.pose.detection)
    for waiting in (first, second, third):
        asks(waiting, OpenPage())
        clock.now_s += 1
    pool.release_stream(taken)
    asks(late, OpenPage())
    assert late.phase == "waiting", "nobody gets a seat before those who wait"
    clock.passes(0.25)
    assert [each.phase for each in (first, second, third, late)] == ["connecting"] + ["waiting"] * 3
    first.stop()
    clock.passes(0.25)
    assert [each.phase for each in (second, third, late)] == ["connecting", "waiting", "waiting"]


def test_a_seat_in_use_counts_once(clock: Clock) -> None:
    pool = PosePool(image_limit=1, stream_limit=2)
    clock.seats.pool = lambda: pool
    first, second, third = (Connection(clock.seats) for _ in range(3))
    plays(first, OpenPage())
    draws(first)
    assert pool.seats_free == 1
    asks(second, OpenPage())
    asks(third, OpenPage())
    assert (second.phase, third.phase) == ("connecting", "waiting")
    first.stop()
    pool.close()


def test_a_seat_reserved_for_a_closed_page_goes_to_the_next_visitor(clock: Clock, pool: PosePool) -> None:
    gone, page = Connection(clock.seats), OpenPage()
    waits = Connection(clock.seats)
    asks(gone, page)
    clock.now_s += 1
    asks(waits, OpenPage())
    assert (gone.phase, waits.phase) == ("connecting", "waiting")
    page.open = False
    clock.passes(CONNECT_LIMIT_S)
    clock.passes(0.25)
    assert waits.phase == "connecting"
    clock.passes(STOP_LIMIT_S + 0.1)
    assert (gone.phase, gone.trouble) == ("idle", None)


def test_a_waiting_visitor_who_has_left_is_skipped(clock: Clock, pool: PosePool) -> None:
    gone, page, waits = Connection(clock.seats), OpenPage(), Connection(clock.seats)
    taken = pool.lease_stream(SETTINGS.pose.detection)
    asks(gone, page)
    clock.now_s += 1
    asks(waits, OpenPage())
    page.open = False
    pool.release_stream(taken)
    clock.passes(0.25)
    assert (gone.phase, waits.phase) == ("waiting", "connecting")


def test_an_unanswered_camera_question_does_not_keep_a_seat_forever(clock: Clock, page: OpenPage) -> None:
    slow, waits = Connection(clock.seats), Connection(clock.seats)
    asks(slow, page, camera=True)
    asks(waits, OpenPage())
    clock.passes(CONNECT_LIMIT_S + 0.1)
    assert (slow.phase, waits.phase) == ("checking", "connecting")
    slow.checked(CameraReport(slow.turn, "ready"))
    assert slow.phase == "waiting"
    waits.stop()
    turn = slow.turn
    clock.passes(0.25)
    assert (slow.phase, slow.turn) == ("checking", turn + 1)


def test_a_restart_keeps_its_seat_although_others_wait(clock: Clock, page: OpenPage, pool: PosePool) -> None:
    watches, waits = Connection(clock.seats), Connection(clock.seats)
    plays(watches, page)
    draws(watches)
    asks(waits, OpenPage())
    stream = watches.stream
    assert stream is not None
    watches.restart()
    stream.close(60)
    assert pool.seats_free == 1
    clock.passes(0.25)
    watches.hung_up()
    assert (watches.phase, waits.phase) == ("connecting", "waiting")


def test_a_visitor_who_loses_the_seat_after_all_waits_again(
    connection: Connection, page: OpenPage, clock: Clock, pool: PosePool
) -> None:
    plays(connection, page)
    taken = pool.lease_stream(SETTINGS.pose.detection)
    stream = connection.stream
    assert stream is not None
    stream.offer(a_frame())
    until(lambda: stream.status().problem is not None)
    clock.passes(0.25)
    assert connection.phase == "stopping"
    stream.close(60)
    connection.hung_up()
    assert connection.phase == "waiting"
    pool.release_stream(taken)


def test_a_seat_taken_for_just_a_moment_ends_nothing(
    connection: Connection, page: OpenPage, clock: Clock, pool: PosePool
) -> None:
    plays(connection, page)
    taken = pool.lease_stream(SETTINGS.pose.detection)
    stream = connection.stream
    assert stream is not None
    stream.offer(a_frame())
    until(lambda: stream.status().problem is not None)
    pool.release_stream(taken)
    draws(connection)
    assert stream.status().problem is not None, "it is shown for a few seconds"
    clock.passes(1)
    assert connection.phase == "playing"
    connection.stop()


def test_another_choice_while_waiting_keeps_the_place_in_the_queue(clock: Clock, pool: PosePool) -> None:
    first, second, page = Connection(clock.seats), Connection(clock.seats), OpenPage()
    taken = pool.lease_stream(SETTINGS.pose.detection)
    asks(first, page)
    clock.now_s += 1
    asks(second, OpenPage())
    first.restart()
    first.shown(page, camera=True)
    pool.release_stream(taken)
    clock.passes(0.25)
    assert (first.phase, second.phase) == ("checking", "waiting")


def test_a_connection_whose_visitor_is_gone_for_good_keeps_no_seat(clock: Clock, page: OpenPage) -> None:
    gone, waits = Connection(clock.seats), Connection(clock.seats)
    asks(gone, page)
    asks(waits, OpenPage())
    assert waits.phase == "waiting"
    del gone
    gc.collect()
    clock.passes(0.25)
    assert waits.phase == "connecting"


def test_the_clock_runs_by_itself_and_survives_a_fault(pool: PosePool) -> None:
    seats = Seats(lambda: pool)
    connection, looks = Connection(seats), itertools.count()
    looked = threading.Event()

    class Faulty(OpenPage):
        def here(self) -> bool:
            if threading.current_thread().name == "posedeck-clock":
                look = next(looks)
                if look == 0:
                    raise RuntimeError("a fault")
                if look == 3:
                    looked.set()
            return True

    taken = pool.lease_stream(SETTINGS.pose.detection)
    asks(connection, Faulty())
    assert connection.phase == "waiting"
    assert looked.wait(60), "it continues as long as somebody waits"
    pool.release_stream(taken)
    until(lambda: connection.phase == "connecting")
    connection.stop()


# ---------------------------------------------------------------------- drawn in the browser
def connects_overlay(connection: Connection, page: OpenPage) -> OverlayMedia:
    asks(connection, page, camera=True)
    connection.checked(CameraReport(connection.turn, "ready"))
    media = connection.overlay(SETTINGS)
    assert media is not None
    assert connection.overlay(SETTINGS) is media, "the same until it ends"
    return media


def test_a_browser_that_draws_plays_once_it_can_be_sent_messages_and_keeps_its_seat_until_it_stops(
    connection: Connection, clock: Clock, page: OpenPage, pool: PosePool
) -> None:
    media = connects_overlay(connection, page)
    assert (connection.phase, connection.drawn_in_browser) == ("connecting", True)
    assert offers(connection).video.readyState == "ended", "nothing is played back"
    media._take(a_frame(), None)
    assert pool.status().streams == 0, "no frame before the channel is open"
    media._peer._on_open()
    assert connection.phase == "playing"
    media._take(a_frame(), None)
    until(lambda: media.drawn)
    assert pool.status().streams == 1
    connection.stop()
    connection.hung_up()
    until(lambda: pool.status().streams == 0)
    clock.passes(0.25)
    assert (connection.phase, connection.drawn_in_browser) == ("idle", False)
    assert connection.overlay(SETTINGS) is None
    assert not connection.overlay_failed


@pytest.mark.parametrize("by", ["time", "the browser"])
def test_where_the_browser_cannot_draw_the_server_does(
    connection: Connection, clock: Clock, page: OpenPage, by: str
) -> None:
    connects_overlay(connection, page)
    if by == "time":
        clock.passes(OVERLAY_LIMIT_S - 0.5)
        assert connection.phase == "connecting"
        clock.passes(1)
    else:
        connection.overlay_impossible()
    assert (connection.phase, connection.overlay_failed) == ("stopping", True)
    connection.hung_up()
    assert connection.phase == "checking"
    connection.checked(CameraReport(connection.turn, "ready"))
    asks_for_a_frame(offers(connection))
    assert (connection.phase, connection.drawn_in_browser) == ("playing", False)
    assert connection.trouble is None


def test_a_browser_that_says_too_late_that_it_cannot_draw_changes_nothing(
    connection: Connection, page: OpenPage
) -> None:
    connects_overlay(connection, page)._peer._on_open()
    connection.overlay_impossible()
    assert (connection.phase, connection.overlay_failed) == ("playing", False)


def test_a_connection_that_breaks_while_the_browser_draws_is_trouble(
    connection: Connection, page: OpenPage
) -> None:
    media = connects_overlay(connection, page)
    media._peer._on_open()
    media._peer._on_ended()
    assert (connection.phase, connection.trouble) == ("stopping", "ended")


def test_a_browser_that_sends_no_more_frames_loses_its_seat_and_is_told_why(
    connection: Connection,
    clock: Clock,
    page: OpenPage,
    pool: PosePool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    media = connects_overlay(connection, page)
    media._peer._on_open()
    media._take(a_frame(), None)
    until(lambda: media.drawn)
    status = media.stream.status()
    for silent_s, outcome in ((9.9, ("playing", None)), (10.1, ("stopping", "no_frames"))):
        silent = dataclasses.replace(status, silent_s=silent_s)
        monkeypatch.setattr(media.stream, "status", lambda silent=silent: silent)
        clock.passes(1.1)
        assert (connection.phase, connection.trouble) == outcome
    until(lambda: pool.status().streams == 0)


# ---------------------------------------------------------------------- the model in the browser
def asks_for_browser_model(connection: Connection, page: OpenPage) -> None:
    connection.ask()
    connection.shown(page, camera=True, browser_model=True)
    connection.checked(CameraReport(connection.turn, "ready"))


def test_a_model_in_the_browser_needs_no_seat_and_no_clock(
    connection: Connection, clock: Clock, page: OpenPage, pool: PosePool
) -> None:
    taken = pool.lease_stream(SETTINGS.pose.detection)
    asks_for_browser_model(connection, page)
    assert (connection.phase, connection.model_in_browser) == ("connecting", True)
    clock.passes(60)  # a slow network brings the model
    assert connection.phase == "connecting"
    connection.browser_model_runs()
    assert (connection.phase, connection.stream) == ("playing", None)
    connection.shown(page, camera=True, browser_model=True)
    woken = page.wakes
    assert not clock.seats.advance(clock.now_s), "the clock may sleep"
    clock.passes(600)
    assert (connection.phase, page.wakes) == ("playing", woken)
    assert pool.status().streams == 1
    connection.stop()
    connection.hung_up()
    assert connection.phase == "idle"
    pool.release_stream(taken)


def test_a_model_in_the_browser_keeps_no_seat_from_others(
    connection: Connection, clock: Clock, page: OpenPage
) -> None:
    asks_for_browser_model(connection, page)
    connection.browser_model_runs()
    connection.restart()  # towards the server, or another size
    other = Connection(clock.seats)
    asks(other, OpenPage())
    assert other.phase == "connecting"
    connection.shown(page, camera=True, browser_model=False)
    connection.hung_up()
    clock.passes(0.25)
    assert connection.phase == "waiting", "the only seat is the other's"
    other.stop()
    other.hung_up()
    clock.passes(0.25)
    assert (connection.phase, connection.model_in_browser) == ("checking", False)


def test_a_seat_is_free_at_once_for_others_when_the_model_moves_to_the_browser(
    connection: Connection, clock: Clock, page: OpenPage
) -> None:
    connects_overlay(connection, page)
    connection.restart()
    connection.shown(page, camera=True, browser_model=True)
    connection.hung_up()
    clock.passes(0.25)
    assert (connection.phase, connection.model_in_browser) == ("checking", True)
    assert connection.stream is None, "no figures and no snapshot of the server's stream, which has ended"
    other = Connection(clock.seats)
    asks(other, OpenPage())
    assert other.phase == "connecting"


@pytest.mark.parametrize("running", [False, True])
def test_where_the_browser_cannot_run_the_model_the_server_does(
    connection: Connection, page: OpenPage, *, running: bool
) -> None:
    asks_for_browser_model(connection, page)
    if running:
        connection.browser_model_runs()
    connection.browser_model_impossible("simd")
    assert (connection.phase, connection.browser_model_failed) == ("stopping", "simd")
    connection.shown(page, camera=True, browser_model=True)
    connection.hung_up()
    assert (connection.phase, connection.model_in_browser) == ("checking", False)
    connection.checked(CameraReport(connection.turn, "ready"))
    media = connection.overlay(SETTINGS)
    assert media is not None
    media._peer._on_open()
    assert connection.phase == "playing"
    connection.browser_model_impossible("failed")  # too late
    assert connection.phase == "playing"


def test_a_camera_that_is_unplugged_is_trouble(connection: Connection, page: OpenPage) -> None:
    asks_for_browser_model(connection, page)
    connection.browser_model_runs()
    connection.camera_gone()
    assert (connection.phase, connection.trouble) == ("stopping", "no_camera")
    connection.hung_up()
    assert connection.phase == "idle"


def test_the_browsers_model_is_only_for_the_camera(connection: Connection, page: OpenPage) -> None:
    connection.ask()
    connection.shown(page, camera=False, browser_model=True)
    assert (connection.phase, connection.model_in_browser) == ("connecting", False)


def test_a_closed_page_ends_the_loading_of_its_model(
    connection: Connection, clock: Clock, page: OpenPage
) -> None:
    asks_for_browser_model(connection, page)
    page.open = False
    clock.passes(0.25)
    assert connection.phase == "stopping"

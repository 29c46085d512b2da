"""One visitor's connection, from Start until the browser has hung up. It advances even if the page does not run.

It is driven by the visitor (`ask`, `stop`, `restart`, `leave`), by the browser through the page (`checked`, `hung_up`),
by the media path, which requests a first frame or ends, and by time (`advance`, called by `Seats`). A page shows the
phase. `revision` counts visible changes; a page that shows an older revision is woken until it has caught up, and so is
one whose figures stand still, since a browser's timers may die.

Threads: any thread may call any method. The lock is that of `Seats`. Sources, streams and tracks are ended outside it,
since that may take a moment and calls back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from time import monotonic
from typing import Final, Literal, Protocol

from pose_core.pipeline.live import LiveSettings, LiveStream, Rung, Source
from pose_core.tracking.history import History
from pose_ui.live_view.camera_check import CameraReport
from pose_ui.live_view.media import Media
from pose_ui.live_view.overlay_media import OverlayMedia
from pose_ui.live_view.seats import Seats
from pose_ui.live_view.steps import Steps
from pose_ui.live_view.trouble import LiveTrouble
from pose_ui.webrtc.tracks import Player, ended_player

__all__ = ["Connection", "Page", "Phase"]

#: idle -> (waiting for a seat) -> (checking the camera) -> connecting -> playing -> stopping -> idle
Phase = Literal["idle", "waiting", "checking", "connecting", "playing", "stopping"]

#: Browsers and aiortc set up a connection within 1 to 3 s; a distant relay may take longer. On a busy machine each step
#: may take seconds: an attempt lasts while steps follow each other, since another one would begin them all again.
_CONNECT_LIMIT_S: Final = 12.0
_CONNECT_MOST_S: Final = 40.0
#: For drawing in the browser; after that the server draws, which needs no data channel.
_OVERLAY_LIMIT_S: Final = 8.0
#: A busy machine may miss the moment; if there is no route, more attempts do not find one.
_ATTEMPTS: Final = 2
_SILENCE_LIMIT_S: Final = 10.0
_STOP_LIMIT_S: Final = 4.0
#: How often a running stream's status is checked; each check takes a few milliseconds.
_LOOK_EVERY_S: Final = 1.0
#: The page's figures are drawn at least once a second. When they are this late, the browser's timer counts as dead.
_UNHEARD_LIMIT_S: Final = 5.0


class Page(Protocol):
    """The visitor's page in the browser."""

    def here(self) -> bool:
        """Whether it is still open."""

    def wake(self, needed: Callable[[], bool]) -> None:
        """Have it rerun soon, if `needed` is still true by then."""


class Connection:
    """Starts and ends a visitor's stream, and knows its phase.

    Parameters
    ----------
    seats : Seats
        Shared by all connections.

    Attributes
    ----------
    phase : Phase
    since_s : float
        When the phase began, in seconds of `time.monotonic`.
    trouble : LiveTrouble or None
        Why it stopped by itself.
    turn : int
        Counts camera checks.
    revision : int
        Counts visible changes.
    stream : LiveStream or None
        The running one, or the last one.
    history : History
        Watches the stream for the charts.
    steps : Steps
        What happened since Start, for the log.
    overlay_failed : bool
        Whether drawing in the browser was tried in vain, so that the server draws.
    """

    def __init__(self, seats: Seats) -> None:
        self._seats = seats
        self.phase: Phase = "idle"
        self.since_s = monotonic()
        self.trouble: LiveTrouble | None = None
        self.turn = 0
        self.revision = 0
        self.stream: LiveStream | None = None
        self.history = History()
        self.steps = Steps(lambda: monotonic())
        self._asked = False  # start as soon as nothing runs
        self._camera = False
        self._hung_up = False  # by the browser, while stopping
        self._attempts = 0
        self._promise_s = -inf  # until then a seat is reserved, unless the pool counts it already
        self.overlay_failed = False
        self._media: Media | OverlayMedia | None = None
        self._ended: list[Media | OverlayMedia] = []
        self._page: Page | None = None
        self._shown = 0
        self._heard_s = self._looked_s = -inf
        seats.join(self)

    # ------------------------------------------------------------------ what the page shows
    @property
    def on(self) -> bool:
        """Whether the visitor wants to watch."""
        return self.phase in ("waiting", "checking", "connecting", "playing")

    @property
    def connected(self) -> bool:
        """Whether the browser should hold a connection."""
        return self.phase in ("connecting", "playing")

    @property
    def drawn_in_browser(self) -> bool:
        """Whether the picture stays in the browser, which draws on it."""
        return isinstance(self._media, OverlayMedia)

    @property
    def rung(self) -> Rung | None:
        """Size and model that run at the moment; None unless pictures flow."""
        stream = self.stream
        return stream.status().rung if stream is not None and self.phase == "playing" else None

    @property
    def missed(self) -> bool:
        """Whether the page shows an older revision."""
        return self._shown != self.revision

    @property
    def restless(self) -> bool:
        """Whether the passing of time may change anything."""
        return self.phase != "idle" or (self.missed and self._here())

    def shown(self, page: Page | None, *, camera: bool) -> None:
        """A run of the page begins, which will show the current state; starts the stream if the visitor asked to.

        Parameters
        ----------
        page : Page or None
            Woken when there is something new to show.
        camera : bool
            Whether the camera is the chosen source.
        """
        with self._changing() as now_s:
            self._page, self._camera, self._heard_s = page, camera, now_s
            if self.phase == "idle" and self._asked:
                self._start(now_s)
            self._shown = self.revision

    def heard(self) -> None:
        """The page's figures were drawn."""
        self._heard_s = monotonic()

    # ------------------------------------------------------------------ what the visitor does
    def ask(self) -> None:
        """The visitor wants to watch: the next run of the page starts the source that is chosen by then."""
        with self._changing() as now_s:
            if not self.on:
                self._asked = True
                self.steps.begin(now_s)

    def stop(self) -> None:
        """End it."""
        with self._changing() as now_s:
            self._attempts = 0
            self._stop(now_s)

    def restart(self) -> None:
        """Reconnect on the same seat after a choice that needs it; does nothing if nothing runs."""
        with self._changing() as now_s:
            if self.on and self.phase != "waiting":
                self._again(now_s)

    def leave(self) -> None:
        """The visitor went to another page, which ended the browser's side."""
        with self._changing() as now_s:
            self._attempts = 0
            self._stop(now_s)
            # Like every stop, until the seat is free, so that the page shows it free.
            self._browser_gone(now_s)

    # ------------------------------------------------------------------ what the browser reports
    def checked(self, report: CameraReport | None) -> None:
        """Take the result of the camera check; None while there is none."""
        with self._changing() as now_s:
            if report is None or report.turn != self.turn or not self.on:
                return
            if report.state != "ready":
                self._fail(report.state, now_s)
            elif self.phase == "checking":
                # A visitor who took long to answer the browser's question may have lost the seat.
                if self._keeps_seat(now_s):
                    self._go("connecting", now_s)
                else:
                    self._go("waiting", now_s)

    def hung_up(self) -> None:
        """The browser no longer holds a connection."""
        with self._changing() as now_s:
            self._browser_gone(now_s)

    def player(self, settings: LiveSettings, make_source: Callable[[], Source | None]) -> Player:
        """The player for the browser; the same one until it is ended.

        Parameters
        ----------
        settings : LiveSettings
            The initial settings.
        make_source : callable
            Returns the source on this machine; None for the camera, whose frames go to the player's sink.

        Raises
        ------
        PoseCoreError
            If the source cannot be played.
        """
        if self.connected and self._media is None:
            media = Media(
                self._seats.pool(),
                settings,
                make_source(),
                self._first_frame_asked,
                self._track_ended,
                self.steps.note,
            )
            with self._changing():
                if self.connected and self._media is None:
                    self._media, self.stream, self.history = media, media.stream, media.history
        current = self._media
        return current.player if isinstance(current, Media) else ended_player()

    def overlay(self, settings: LiveSettings) -> OverlayMedia | None:
        """The server's end for a browser that draws by itself; the same one until it is ended, None while unwanted."""
        if self.connected and self._media is None:
            media = OverlayMedia(
                self._seats.pool(), settings, self._first_frame_asked, self._track_ended, self.steps.note
            )
            with self._changing():
                if self.connected and self._media is None:
                    self._media, self.stream, self.history = media, media.stream, media.history
        current = self._media
        return current if isinstance(current, OverlayMedia) else None

    def overlay_impossible(self) -> None:
        """The browser says that it cannot draw by itself, or not connect for it: the server draws instead."""
        with self._changing() as now_s:
            if self.phase == "connecting" and self.drawn_in_browser:
                self._attempt_failed(now_s)

    # ------------------------------------------------------------------ what the media path does
    def _first_frame_asked(self, media: Media | OverlayMedia) -> None:
        """The browser requests its first frame: the connection is open."""
        with self._changing() as now_s:
            current = media is self._media
            if current and self.phase == "connecting":
                self._attempts = 0
                self._go("playing", now_s)
        if current:
            media.start()

    def _track_ended(self, media: Media | OverlayMedia) -> None:
        """The browser is gone, or its packets do not get through."""
        with self._changing() as now_s:
            if media is not self._media:
                return  # this connection ended it
            if not self._here():
                self._stop(now_s)
            elif self.phase == "connecting":
                self._attempt_failed(now_s)
            else:
                self._fail("ended", now_s)

    # ------------------------------------------------------------------ what time does
    def advance(self, now_s: float) -> None:
        """Do everything due by this time, in seconds of `time.monotonic`."""
        stream, status = self.stream, None
        if self.phase == "playing" and stream is not None and now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            status = stream.status()
        with self._changing(now_s):
            elapsed_s = now_s - self.since_s
            if self.phase == "waiting":
                if self._here():
                    self._start(now_s)
            elif self.phase == "stopping":
                self._stop_on(now_s)
            elif self._page_closed(now_s):
                self._stop(now_s)
            elif self.phase == "connecting":
                self._connect_on(now_s, elapsed_s)
            elif self.phase == "playing" and status is not None and stream is self.stream:
                problem, silent_s = status.problem, status.silent_s
                if problem is not None and problem.code == "seats_taken" and not self._drawn:
                    self._again(now_s, keep_seat=False)  # somebody else was quicker: wait for the next seat
                elif (silent_s if silent_s is not None else elapsed_s) > _SILENCE_LIMIT_S:
                    self._fail("no_frames", now_s)
            if self.phase != "idle" and now_s - self._heard_s > _UNHEARD_LIMIT_S:
                self._heard_s = now_s
                self.revision += 1

    # ------------------------------------------------------------------ for the queue in `Seats`
    def promised(self, now_s: float) -> bool:
        """Whether a seat is reserved for it that the pool does not count yet."""
        return now_s < self._promise_s and not self._seated

    def is_ahead_of(self, other: Connection) -> bool:
        """Whether this one is waiting and gets a seat before the other."""
        return (
            self.phase == "waiting"
            and (other.phase != "waiting" or self.since_s < other.since_s)
            and self._here()
        )

    # ------------------------------------------------------------------ under the lock
    @contextmanager
    def _changing(self, now_s: float | None = None) -> Iterator[float]:
        with self._seats.lock:
            revision, phase, since_s = self.revision, self.phase, self.since_s
            yield monotonic() if now_s is None else now_s
            changed, now = self.revision != revision, (self.phase, self.since_s)
            ended, self._ended = self._ended, []
        for media in ended:
            media.close()
        if now != (phase, since_s):
            self.steps.phase(now[0], before=phase, after_s=now[1] - since_s)
        if changed:
            self._seats.wake()
        page = self._page
        if page is not None and self.missed:
            page.wake(lambda: self.missed)

    def _here(self) -> bool:
        return self._page is None or self._page.here()

    def _page_closed(self, now_s: float) -> bool:
        """Whether the page is gone and the browser silent, too; a lost WebSocket alone may come back."""
        media = self._media
        return media is not None and not self._here() and media.silent(now_s)

    @property
    def _drawn(self) -> bool:
        return self._media is not None and self._media.drawn

    @property
    def _seated(self) -> bool:
        return self._media is not None and self._media.seated

    def _go(self, phase: Phase, now_s: float) -> None:
        """The only place where a phase begins."""
        if phase != self.phase:
            self.phase, self.since_s = phase, now_s
            self.revision += 1

    def _start(self, now_s: float) -> None:
        self.trouble = None
        self._asked = False
        if not self._keeps_seat(now_s):
            self._go("waiting", now_s)
        elif self._camera:
            self.turn += 1
            self._go("checking", now_s)
        else:
            self._go("connecting", now_s)

    def _keeps_seat(self, now_s: float) -> bool:
        """Whether there is a seat for it; if so, reserve it until the connection should be open."""
        if not (self.promised(now_s) or self._seats.free_for(self, now_s)):
            return False
        self._promise_s = now_s + _CONNECT_LIMIT_S
        return True

    def _stop(self, now_s: float) -> None:
        self._asked = False
        self._promise_s = -inf
        if self._media is not None:
            self._ended.append(self._media)
            self._media = None
        if self.on:
            self._hung_up = False
            self._go("stopping" if self.connected else "idle", now_s)

    def _again(self, now_s: float, *, keep_seat: bool = True) -> None:
        self._stop(now_s)
        self._asked = True
        self.steps.begin(now_s)
        if keep_seat:
            self._promise_s = now_s + _STOP_LIMIT_S + _CONNECT_LIMIT_S

    def _fail(self, trouble: LiveTrouble, now_s: float) -> None:
        self._stop(now_s)
        self._attempts = 0
        self.trouble = trouble

    def _connect_on(self, now_s: float, elapsed_s: float) -> None:
        """Wait for the next step, unless it is overdue."""
        stepped_s = max(self.since_s, self.steps.last_s)
        limit_s = _OVERLAY_LIMIT_S if self.drawn_in_browser else _CONNECT_LIMIT_S
        if now_s - stepped_s <= limit_s and elapsed_s <= _CONNECT_MOST_S:
            self._promise_s = max(self._promise_s, stepped_s + limit_s)
        elif self._here():
            self._attempt_failed(now_s)
        else:
            self._stop(now_s)

    def _attempt_failed(self, now_s: float) -> None:
        if self.drawn_in_browser:
            self.overlay_failed = True
            self._again(now_s)
            return
        self._attempts += 1
        if self._attempts < _ATTEMPTS:
            self._again(now_s)
        else:
            self._fail("ice_failed", now_s)

    def _browser_gone(self, now_s: float) -> None:
        self._hung_up = self.phase == "stopping"
        self._stop_on(now_s)

    def _stop_on(self, now_s: float) -> None:
        """Finish stopping once the browser has hung up and the seat is free, or after long enough."""
        done = self._hung_up and (self.stream is None or self.stream.ended)
        if self.phase == "stopping" and (done or now_s - self.since_s > _STOP_LIMIT_S):
            self._go("idle", now_s)
            if self._asked:
                self._start(now_s)

"""The phases of one visitor's connection, and what leads from each to the next.

`pose_ui.live_view.connection.Connection` adds the events; here is what they do. All of it runs under the lock of
`Seats`, which `_changing` takes; sources, streams and tracks are ended outside it, since that may take a moment and
calls back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from time import monotonic
from typing import Final, Literal, Protocol

from pose_core.pipeline.live import LiveStream, Rung, ToldStream
from pose_core.tracking.history import History
from pose_ui.live_view.media import Media
from pose_ui.live_view.overlay_media import OverlayMedia
from pose_ui.live_view.seats import Seats
from pose_ui.live_view.steps import Steps
from pose_ui.live_view.trouble import LiveTrouble

__all__ = ["Page", "Phase", "Phases"]

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
_STOP_LIMIT_S: Final = 4.0


class Page(Protocol):
    """The visitor's page in the browser."""

    def here(self) -> bool:
        """Whether it is still open."""

    def wake(self, needed: Callable[[], bool]) -> None:
        """Have it rerun soon, if `needed` is still true by then."""


class Phases:
    """The state of a connection and its transitions.

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
        The running one, or the last one; None while the browser runs the model.
    told : ToldStream or None
        What the browser's own model tells, while somebody wants that: of the running start, or of the last one.
    history : History
        Watches the stream for the charts.
    steps : Steps
        What happened since Start, for the log.
    overlay_failed : bool
        Whether drawing in the browser was tried in vain, so that the server draws.
    model_in_browser : bool
        Whether what runs, or ran last, has its model in the browser: it needs no seat, and no server.
    browser_model_failed : {"simd", "failed"} or None
        Why the browser could not run the model, so that the server runs it.
    """

    def __init__(self, seats: Seats) -> None:
        self._seats = seats
        self.phase: Phase = "idle"
        self.since_s = monotonic()
        self.trouble: LiveTrouble | None = None
        self.turn = 0
        self.revision = 0
        self.stream: LiveStream | None = None
        self.told: ToldStream | None = None
        self.history = History()
        self.steps = Steps(lambda: monotonic())
        self._asked = False  # start as soon as nothing runs
        self._camera = False
        self._hung_up = False  # by the browser, while stopping
        self._attempts = 0
        self._promise_s = -inf  # until then a seat is reserved, unless the pool counts it already
        self.overlay_failed = False
        self.model_in_browser = False
        self.browser_model_failed: Literal["simd", "failed"] | None = None
        self._wants_browser_model = False
        self._media: Media | OverlayMedia | None = None
        self._ended: list[Media | OverlayMedia | ToldStream] = []
        self._page: Page | None = None
        self._shown = 0

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
    def watched(self) -> LiveStream | ToldStream | None:
        """What recordings, charts and the Coach watch, wherever the model runs."""
        return self.told if self.model_in_browser else self.stream

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
        if self.model_in_browser and self.phase == "playing" and not self.missed:
            return False
        return self.phase != "idle" or (self.missed and self._here())

    # ------------------------------------------------------------------ for the queue in `Seats`
    def promised(self, now_s: float) -> bool:
        """Whether a seat is reserved for it that the pool does not count yet."""
        return now_s < self._promise_s and not self._seated

    def is_ahead_of(self, other: Phases) -> bool:
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
        self.model_in_browser = self._wants_browser_model and self.browser_model_failed is None
        if self.model_in_browser:
            self.stream, self.history, self.told = None, History(), ToldStream()
            self._promise_s = -inf
            self.turn += 1
            self._go("checking", now_s)
        elif not self._keeps_seat(now_s):
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
        if self.told is not None and not self.told.closed:
            self._ended.append(self.told)
        if self.on:
            self._hung_up = False
            self._go("stopping" if self.connected else "idle", now_s)

    def _again(self, now_s: float, *, keep_seat: bool = True) -> None:
        self._stop(now_s)
        self._asked = True
        self.steps.begin(now_s)
        if keep_seat and not self.model_in_browser:
            self._promise_s = now_s + _STOP_LIMIT_S + _CONNECT_LIMIT_S

    def _fail(self, trouble: LiveTrouble, now_s: float) -> None:
        self._stop(now_s)
        self._attempts = 0
        self.trouble = trouble

    def _connect_on(self, now_s: float, elapsed_s: float) -> None:
        """Wait for the next step, unless it is overdue."""
        if self.model_in_browser:  # loads a model, as long as that takes, or says that it cannot
            if not self._here():
                self._stop(now_s)
            return
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

"""One visitor's connection, from Start until the browser has hung up. It advances even if the page does not run.

It is driven by the visitor (`ask`, `stop`, `restart`, `leave`), by the browser through the page (`checked`, `hung_up`),
by the media path, which requests a first frame or ends, and by time (`advance`, called by `Seats`). A page shows the
phase. `revision` counts visible changes; a page that shows an older revision is woken until it has caught up, and so is
one whose figures stand still, since a browser's timers may die.

Threads: any thread may call any method. The lock is that of `Seats`. The phases themselves are in
`pose_ui.live_view.phases`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Final, Literal

from pose_core.pipeline.live import LiveSettings, Source
from pose_ui.live_view.camera_check import CameraReport
from pose_ui.live_view.media import Media
from pose_ui.live_view.overlay_media import OverlayMedia
from pose_ui.live_view.phases import Page, Phases
from pose_ui.live_view.seats import Seats
from pose_ui.webrtc.tracks import Player, ended_player

__all__ = ["Connection"]

_SILENCE_LIMIT_S: Final = 10.0
#: On a busy machine the first frame may take longer than any later one.
_FIRST_FRAME_LIMIT_S: Final = 25.0
#: How often a running stream's status is checked; each check takes a few milliseconds.
_LOOK_EVERY_S: Final = 1.0
#: The page's figures are drawn at least once a second. When they are this late, the browser's timer counts as dead.
_UNHEARD_LIMIT_S: Final = 5.0


class Connection(Phases):
    """Starts and ends a visitor's stream, and knows its phase.

    Parameters
    ----------
    seats : Seats
        Shared by all connections.
    """

    def __init__(self, seats: Seats) -> None:
        super().__init__(seats)
        self._heard_s = self._looked_s = -inf
        seats.join(self)

    def shown(self, page: Page | None, *, camera: bool, browser_model: bool = False) -> None:
        """A run of the page begins, which will show the current state; starts the stream if the visitor asked to.

        Parameters
        ----------
        page : Page or None
            Woken when there is something new to show.
        camera : bool
            Whether the camera is the chosen source.
        browser_model : bool
            Whether the model is to run in the browser at the next start, with the camera.
        """
        with self._changing() as now_s:
            self._page, self._camera, self._heard_s = page, camera, now_s
            self._wants_browser_model = camera and browser_model
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
                if self.model_in_browser or self._keeps_seat(now_s):
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

    def browser_model_runs(self) -> None:
        """The browser says that its own model has found out about a first frame."""
        with self._changing() as now_s:
            if self.phase == "connecting" and self.model_in_browser:
                self._go("playing", now_s)

    def browser_model_impossible(self, why: Literal["simd", "failed"]) -> None:
        """The browser says that it cannot run the model: the server runs it instead."""
        with self._changing() as now_s:
            if self.connected and self.model_in_browser:
                self.browser_model_failed = why
                self._again(now_s)

    def camera_gone(self) -> None:
        """The browser, which runs the model, says that its camera has ended."""
        with self._changing() as now_s:
            if self.connected and self.model_in_browser:
                self._fail("no_camera", now_s)

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
                elif elapsed_s > _FIRST_FRAME_LIMIT_S if silent_s is None else silent_s > _SILENCE_LIMIT_S:
                    self._fail("no_frames", now_s)
            resting = self.phase == "idle" or (self.phase == "playing" and self.model_in_browser)
            if not resting and now_s - self._heard_s > _UNHEARD_LIMIT_S:
                self._heard_s = now_s
                self.revision += 1

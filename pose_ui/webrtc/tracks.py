"""The server's ends of a WebRTC connection: drawn frames out, camera frames in."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
from aiortc import VideoStreamTrack

from pose_core.slot import NewestSlot
from pose_ui.webrtc.bindings import MediaStreamError, VideoSinkTrack

__all__ = ["DrawnTrack", "Player", "camera_sink", "ended_player"]

_CLOCK_HZ: Final = 90_000  # of video in RTP
_TIME_BASE: Final = Fraction(1, _CLOCK_HZ)


def _nothing() -> None:
    pass


def _never_silent() -> float:
    return math.inf


class DrawnTrack(VideoStreamTrack):
    """Sends frames to the browser, each once and only the newest.

    Threads: `recv` runs on the WebRTC event loop, `put` and `stop` on any.

    Parameters
    ----------
    on_asked : callable
        Called once, on the event loop, when the connection is open and requests its first frame.
    on_stopped : callable
        Called once, by whichever thread stops the track.
    on_returned : callable
        Called once, on the event loop, with the first frame that goes to the browser.

    Attributes
    ----------
    heard_s : callable
        When the browser's last packet arrived, in seconds of `time.monotonic`; infinity before there is a connection.
    """

    def __init__(
        self,
        on_asked: Callable[[], None] = _nothing,
        on_stopped: Callable[[], None] = _nothing,
        on_returned: Callable[[], None] = _nothing,
    ) -> None:
        super().__init__()
        self._on_asked = on_asked
        self._on_stopped = on_stopped
        self._on_returned = on_returned
        self.heard_s: Callable[[], float] = _never_silent
        self._first_stop = threading.Lock()  # never released
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._newest = NewestSlot[av.VideoFrame]()
        self._start_s = time.monotonic()
        self._last_pts = -1

    def put(self, frame: av.VideoFrame) -> None:
        """Take the newest frame."""
        self._newest.put(frame)
        self._wake()

    def _wake(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._changed.set)

    async def recv(self) -> av.VideoFrame:
        """Wait for the next drawn frame and return it.

        Raises
        ------
        MediaStreamError
            Once the track has stopped.
        """
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._on_asked()
        while self.readyState == "live":
            frame = self._newest.take(timeout_s=0)
            if frame is not None:
                if self._last_pts < 0:
                    self._on_returned()
                elapsed = int((time.monotonic() - self._start_s) * _CLOCK_HZ)
                self._last_pts = frame.pts = max(self._last_pts + 1, elapsed)
                frame.time_base = _TIME_BASE
                return frame
            await self._changed.wait()
            self._changed.clear()
        raise MediaStreamError

    def stop(self) -> None:
        """End the track; a second call does nothing."""
        super().stop()
        self._wake()
        if self._first_stop.acquire(blocking=False):
            self._on_stopped()


@dataclass(frozen=True, slots=True)
class Player:
    """What streamlit-webrtc calls a player: it stops `video` when the connection ends for any reason.

    Attributes
    ----------
    video : DrawnTrack
    sink : VideoSinkTrack or None
        Where the camera's frames go.
    note : callable
        Gets the name of each step of the connection; see `noting_steps` in pose_ui.webrtc.video.
    """

    video: DrawnTrack
    sink: VideoSinkTrack | None = None
    note: Callable[[str], None] = lambda step: None
    audio: None = None


def ended_player() -> Player:
    """A player for a browser that offers a connection nobody wants any more: it plays nothing."""
    player = Player(DrawnTrack())
    player.video.stop()
    return player


def camera_sink(offer: Callable[[av.VideoFrame, float | None], None]) -> VideoSinkTrack:
    """Where the camera's frames go; `offer` is called on the event loop, and must return at once."""

    def take(frame: av.VideoFrame) -> None:
        decode_ms = frame.opaque  # left there by pose_ui.webrtc.video
        offer(frame, decode_ms if isinstance(decode_ms, float) else None)

    return VideoSinkTrack(take)

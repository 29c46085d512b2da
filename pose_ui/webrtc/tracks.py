"""Between a `LiveStream` and the WebRTC connection: frames in from the camera, drawn frames out."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
from aiortc.mediastreams import MediaStreamError, VideoStreamTrack
from streamlit_webrtc.sink import VideoSinkTrack

from pose_core.pipeline.live import LiveStream, Source

__all__ = ["DrawnTrack", "Player", "camera_sink"]

_CLOCK_HZ: Final = 90_000  # of video in RTP
_TIME_BASE: Final = Fraction(1, _CLOCK_HZ)


class DrawnTrack(VideoStreamTrack):
    """The drawn frames of a stream, each once and the newest only; stopping it closes the stream and frees its seat.

    Threads: `recv` runs on the WebRTC event loop, `_put` on the stream's thread, `stop` on any.

    Parameters
    ----------
    stream : LiveStream
    source : Source, optional
        Started when the connection asks for its first frame, and stopped with the track. Without one, frames come from
        the camera through `camera_sink`.
    """

    def __init__(self, stream: LiveStream, source: Source | None = None) -> None:
        super().__init__()
        self.stream = stream
        self._source = source
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._newest: av.VideoFrame | None = None
        self._start_s = time.monotonic()
        self._last_pts = -1
        stream.on_drawn = self._put

    def _put(self, frame: av.VideoFrame) -> None:
        self._newest = frame
        self._wake()

    def _wake(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._changed.set)

    async def recv(self) -> av.VideoFrame:
        """The next drawn frame; waits for it.

        Raises
        ------
        MediaStreamError
            Once the track is stopped.
        """
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            if self._source is not None and self.readyState == "live":
                self._source.start(self.stream.offer)
        while self.readyState == "live":
            frame, self._newest = self._newest, None
            if frame is not None:
                elapsed = int((time.monotonic() - self._start_s) * _CLOCK_HZ)
                self._last_pts = frame.pts = max(self._last_pts + 1, elapsed)
                frame.time_base = _TIME_BASE
                return frame
            await self._changed.wait()
            self._changed.clear()
        raise MediaStreamError

    def stop(self) -> None:
        """End the track, its source and its stream; a second call does nothing."""
        super().stop()
        if self._source is not None:
            self._source.stop()
        self.stream.close()
        self._wake()


@dataclass(frozen=True, slots=True)
class Player:
    """What streamlit-webrtc calls a player: it stops `video` when the connection ends, for whatever reason."""

    video: DrawnTrack
    audio: None = None


def camera_sink(stream: LiveStream) -> VideoSinkTrack:
    """Where the camera's frames go; each is only put into the stream's slot, so the event loop is not held up."""

    def offer(frame: av.VideoFrame) -> None:
        decode_ms = frame.opaque  # left there by pose_ui.webrtc.video
        stream.offer(frame, decode_ms if isinstance(decode_ms, float) else None)

    return VideoSinkTrack(offer)

"""The server's end of a connection that brings a camera's frames and takes back only small messages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Final

import av
from aiortc import MediaStreamTrack, RTCDataChannel, RTCPeerConnection, RTCSessionDescription

from pose_ui.webrtc.bindings import (
    MediaStreamError,
    RtcReceiver,
    captured_s,
    event_loop,
    server_configuration,
)

__all__ = ["CHANNEL", "LONGEST_OFFER", "CameraPeer"]

#: Name of the data channel that the browser opens, unordered and without repeats: a late message is worth nothing.
CHANNEL: Final = "people"
#: Characters of an offer. Chromium's has 7 000.
LONGEST_OFFER: Final = 60_000
_ANSWER_LIMIT_S: Final = 10.0
#: More than this under way means that the network is slower than the frames: the message is left out.
_MOST_WAITING: Final = 16_000
_GONE: Final = ("failed", "closed")


class CameraPeer:
    """One browser that sends its camera and gets messages about it.

    Any thread may call any method; the callbacks are called on the event loop and must return at once.

    Parameters
    ----------
    on_frame : callable
        Gets each frame and its decoding time in milliseconds, if that is known.
    on_open : callable
        Called when the channel for messages is open.
    on_ended : callable
        Called once, when the connection is over for any reason, `close` included.
    """

    def __init__(
        self,
        on_frame: Callable[[av.VideoFrame, float | None], None],
        on_open: Callable[[], None],
        on_ended: Callable[[], None],
    ) -> None:
        self._on_frame = on_frame
        self._on_open = on_open
        self._on_ended = on_ended
        self._lock = threading.Lock()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None  # until the first offer
        # The rest belongs to the event loop.
        self._connection: RTCPeerConnection | None = None
        self._channel: RTCDataChannel | None = None
        self._receiver: RtcReceiver | None = None
        self._frames: asyncio.Task[None] | None = None

    def answer(self, offer: str, configuration: dict[str, Any]) -> str | None:
        """Answer a browser's offer (SDP) by another; a second offer takes the place of the first. May take a second.

        Parameters
        ----------
        offer : str
            It sends one video and opens the channel `CHANNEL`; all its candidates are in it.
        configuration : dict
            As `pose_ui.webrtc.ice.ice_configuration` returns it.

        Returns
        -------
        str or None
            None if the offer cannot be answered, or if the connection is over.
        """
        if len(offer) > LONGEST_OFFER:
            return None
        loop = self._loop = event_loop()
        work = asyncio.run_coroutine_threadsafe(self._answer(offer, configuration), loop)
        try:
            return work.result(_ANSWER_LIMIT_S)
        except Exception:  # noqa: BLE001 - an offer is a visitor's input, and aiortc raises whatever it meets in it
            work.cancel()
            return None

    async def _answer(self, offer: str, configuration: dict[str, Any]) -> str | None:
        old, self._connection = self._connection, None
        if old is not None:
            await self._end(old)
        connection = self._connection = RTCPeerConnection(server_configuration(configuration))

        @connection.on("track")
        def on_track(track: MediaStreamTrack) -> None:
            if track.kind == "video" and self._frames is None:
                self._receiver = next(
                    one.receiver for one in connection.getTransceivers() if one.receiver.track is track
                )
                self._frames = asyncio.ensure_future(self._take(track))

        @connection.on("datachannel")
        def on_channel(channel: RTCDataChannel) -> None:
            if channel.label == CHANNEL and connection is self._connection:
                self._channel = channel
                channel.on("close", lambda: self._gone(connection))
                self._on_open()

        @connection.on("connectionstatechange")
        def on_state() -> None:
            if connection.connectionState in _GONE:
                self._gone(connection)

        try:
            await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            if self._receiver is None or connection.sctp is None:
                raise ValueError("the offer must have a video and a data channel")
            await connection.setLocalDescription(await connection.createAnswer())
        except BaseException:
            await self._end(connection)
            raise
        if self._closed:
            await self._end(connection)
            return None
        return connection.localDescription.sdp

    async def _take(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                if isinstance(frame, av.VideoFrame):
                    decode_ms = frame.opaque  # left there by pose_ui.webrtc.video
                    self._on_frame(frame, decode_ms if isinstance(decode_ms, float) else None)
        except MediaStreamError:
            pass

    async def _end(self, connection: RTCPeerConnection) -> None:
        frames, self._frames, self._channel, self._receiver = self._frames, None, None, None
        if frames is not None:
            frames.cancel()
        await connection.close()

    def _gone(self, connection: RTCPeerConnection) -> None:
        """On the event loop: the browser has left."""
        if connection is self._connection:
            self.close()

    def captured_s(self, frame: av.VideoFrame) -> float:
        """When the camera took a frame, in seconds of the browser's own clock since 1970; NaN while unknown."""
        return captured_s(self._receiver, frame.pts)

    def send(self, message: bytes) -> None:
        """Send a message, unless earlier ones are still waiting."""
        loop = self._loop
        if loop is not None and not self._closed and not loop.is_closed():
            loop.call_soon_threadsafe(self._send, message)

    def _send(self, message: bytes) -> None:
        channel = self._channel
        if channel is not None and channel.readyState == "open" and channel.bufferedAmount < _MOST_WAITING:
            channel.send(message)

    def close(self) -> None:
        """End the connection; a second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        loop = self._loop
        if loop is not None and not loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._close(), loop)
        self._on_ended()

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._end(connection)

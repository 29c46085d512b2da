"""How aiortc and streamlit-webrtc are set up for live pictures; `pose_ui.shell.resources.warm_up` does it.

Bound to aiortc 1.16 and streamlit-webrtc 0.79: all of it changes constants and classes of theirs that have no setting.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from aiortc import MediaStreamTrack
from aiortc.contrib.media import MediaRelay

from pose_core.media.vp8 import MAX_BITS_PER_S
from pose_ui.webrtc.bindings import (
    WebRtcWorker,
    codecs,
    h264,
    ice,
    is_mdns_hostname,
    register_component,
    relay,
    stun,
    vpx,
)
from pose_ui.webrtc.encoder import LiveVp8Encoder

__all__ = [
    "NewestRelay",
    "apply",
    "heard_instead_of_answered",
    "noting_when",
    "one_at_a_time",
    "timed",
    "without_mdns",
]

#: aiortc starts at 0.5 and ends at 1.5 Mbit/s, which blurs 720p. On a machine's own network there is room for more; the
#: receiver's reports still bring it down where there is not.
_START_BITS_PER_S: Final = 1_500_000


#: A browser that is killed says no goodbye: it is missed after so many checks, this far apart, without an answer and
#: without a packet. aioice's own 6 and 5 s would keep a seat for half a minute.
_CHECKS: Final = 4
_CHECK_EVERY_S: Final = 2


class NewestRelay(MediaRelay):
    """Hands on the newest frame only. The original queues without bound, so delay grows when a consumer is slower."""

    def subscribe(self, track: MediaStreamTrack, buffered: bool = False) -> MediaStreamTrack:
        """A proxy that holds one frame; called by streamlit-webrtc with the track alone."""
        return super().subscribe(track, buffered=buffered)


def timed(decode: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """A decoder's method that leaves its milliseconds in each frame's `opaque`."""

    def timed(self: Any, encoded_frame: Any) -> list[Any]:
        start_s = time.perf_counter()
        frames = decode(self, encoded_frame)
        elapsed_ms = (time.perf_counter() - start_s) * 1e3
        for frame in frames:
            frame.opaque = elapsed_ms / len(frames)
        return frames

    return timed


def without_mdns(add: Callable[..., Any]) -> Callable[..., Any]:
    """A connection's method that leaves out names ending in ``.local``, which browsers give instead of addresses.

    aioice would ask the whole network for them. Nothing is lost: the browser gets this server's own addresses, and
    what comes from it shows where it is.
    """

    async def add_remote_candidate(self: Any, remote_candidate: Any) -> None:
        if remote_candidate is None or not is_mdns_hostname(remote_candidate.host):
            await add(self, remote_candidate)

    return add_remote_candidate


def noting_when(receive: Callable[..., None]) -> Callable[..., None]:
    """A connection's method for incoming packets that also notes when the last one came."""

    def data_received(self: Any, data: bytes, component: int) -> None:
        self.heard_s = time.monotonic()
        receive(self, data, component)

    return data_received


def heard_instead_of_answered(request: Callable[..., Any]) -> Callable[..., Any]:
    """A protocol's method for which whoever still sends packets is there, even without an answer to a check.

    aioice asks once and waits half a second. On a machine with too many viewers answers take longer, and four of them
    in a row are soon late: viewers lost their pictures that way.
    """

    async def request_or_heard(
        self: Any, message: Any, addr: Any, integrity_key: Any = None, retransmissions: int | None = None
    ) -> Any:
        try:
            return await request(self, message, addr, integrity_key, retransmissions)
        except stun.TransactionTimeout:
            is_check = retransmissions == 0  # of an open connection; those of a new one are repeated
            if is_check and time.monotonic() - getattr(self.receiver, "heard_s", -math.inf) < _CHECK_EVERY_S:
                return message, addr
            raise

    return request_or_heard


def one_at_a_time(end: Callable[..., None]) -> Callable[..., None]:
    """A method of a connection's worker that ends something, skipped while another thread is about to end the same.

    The visitor's Stop and the event loop that hears the browser hang up come together, and each took from the other
    what it was about to use. Neither may wait: a Stop waits for the event loop.
    """

    def end_unless_ending(self: Any, *args: Any, **named: Any) -> None:
        ending = vars(self).setdefault("_ending", threading.RLock())
        if ending.acquire(blocking=False):
            try:
                end(self, *args, **named)
            finally:
                ending.release()

    return end_unless_ending


@cache
def apply() -> None:
    """Set all of it, while Streamlit's runtime exists; a second call does nothing."""
    both: tuple[Any, ...] = (vpx, h264)
    for codec in both:
        codec.DEFAULT_BITRATE = _START_BITS_PER_S
        codec.MAX_BITRATE = MAX_BITS_PER_S
    decoders: tuple[Any, ...] = (vpx.Vp8Decoder, h264.H264Decoder)
    for decoder in decoders:
        decoder.decode = timed(decoder.decode)
    its_ice: Any = ice
    its_ice.CONSENT_FAILURES, its_ice.CONSENT_INTERVAL = _CHECKS, _CHECK_EVERY_S
    its_ice.Connection.add_remote_candidate = without_mdns(ice.Connection.add_remote_candidate)
    its_ice.Connection.data_received = noting_when(ice.Connection.data_received)
    its_ice.StunProtocol.request = heard_instead_of_answered(ice.StunProtocol.request)
    its_codecs: Any = codecs
    its_codecs.Vp8Encoder = LiveVp8Encoder
    its_relay: Any = relay
    its_relay.MediaRelay = NewestRelay
    its_worker: Any = WebRtcWorker
    its_worker.stop = one_at_a_time(WebRtcWorker.stop)
    its_worker._unset_processors = one_at_a_time(WebRtcWorker._unset_processors)
    register_component()
    # Both log addresses of visitors and, at connection problems, whole tracebacks.
    for name in ("aiortc", "aioice", "streamlit_webrtc"):
        logging.getLogger(name).setLevel(logging.CRITICAL)

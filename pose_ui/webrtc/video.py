"""Sets up aiortc and streamlit-webrtc for live pictures; called by `pose_ui.shell.resources.warm_up`.

Bound to aiortc 1.16 and streamlit-webrtc 0.79: it changes their constants and classes where they offer no setting.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from aiortc import MediaStreamTrack, RTCPeerConnection
from aiortc.contrib.media import MediaRelay

from pose_core.media.vp8 import MAX_BITS_PER_S
from pose_ui.webrtc.bindings import (
    JitterBuffer,
    JitterFrame,
    RemoteBitrateEstimator,
    RtcReceiver,
    WebRtcWorker,
    codecs,
    h264,
    ice,
    is_mdns_hostname,
    keeping_sender_clock,
    knowing_its_way,
    last_packet_s,
    register_component,
    relay,
    stun,
    vpx,
)
from pose_ui.webrtc.bitrate import asking_for, fair_share, within
from pose_ui.webrtc.encoder import LiveVp8Encoder
from pose_ui.webrtc.tracks import ended_player

__all__ = [
    "NewestRelay",
    "apply",
    "noting_arrival",
    "noting_steps",
    "one_at_a_time",
    "packets_count_as_answer",
    "released_at_marker",
    "timed",
    "without_mdns",
]

#: aiortc starts at 0.5 and stops at 1.5 Mbit/s, which blurs 720p. A local network has room for more; where there is
#: none, the receiver's reports still bring the rate down.
_START_BITS_PER_S: Final = 1_500_000

#: A browser that is killed does not hang up: it counts as gone after this many checks, this far apart, without answer
#: or packet. aioice's own 6 and 5 s would keep a seat for half a minute.
_CHECKS: Final = 4
_CHECK_EVERY_S: Final = 2


class NewestRelay(MediaRelay):
    """Passes on only the newest frame. The original queue is unbounded, so delay grows when a consumer is slower."""

    def subscribe(self, track: MediaStreamTrack, buffered: bool = False) -> MediaStreamTrack:
        """A proxy that holds one frame; called by streamlit-webrtc with the track alone."""
        return super().subscribe(track, buffered=buffered)


def timed(decode: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Wrap a decoder's method so that it leaves its milliseconds in each frame's `opaque`."""

    def timed(self: Any, encoded_frame: Any) -> list[Any]:
        start_s = time.perf_counter()
        frames = decode(self, encoded_frame)
        elapsed_ms = (time.perf_counter() - start_s) * 1e3
        for frame in frames:
            frame.opaque = elapsed_ms / len(frames)
        return frames

    return timed


def released_at_marker(remove_frame: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a buffer's method that takes out the first complete frame, so that it knows one by its last packet.

    RTP marks the last packet of a frame. aiortc waits for the first packet of the next frame instead: at 30 frames a
    second, 33 ms of every delay.
    """

    def remove_complete_frame(self: Any, sequence_number: int) -> JitterFrame | None:
        found: JitterFrame | None = remove_frame(self, sequence_number)
        if found is not None or not self._is_video:
            return found
        packets = []
        for place in range(self.capacity):
            packet = self._packets[(self._origin + place) % self.capacity]
            if packet is None:
                return None  # still under way
            packets.append(packet)
            if packet.marker:
                self.remove(len(packets))
                data = b"".join(part._data for part in packets)
                return JitterFrame(data=data, timestamp=packet.timestamp)
        return None

    return remove_complete_frame


def without_mdns(add: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a connection's method so that it skips names ending in ``.local``, which browsers send instead of addresses.

    aioice would query the whole local network for them. Nothing is lost: the browser gets this server's own addresses,
    and its packets show where it is.
    """

    async def add_remote_candidate(self: Any, remote_candidate: Any) -> None:
        if remote_candidate is None or not is_mdns_hostname(remote_candidate.host):
            await add(self, remote_candidate)

    return add_remote_candidate


def noting_arrival(receive: Callable[..., None]) -> Callable[..., None]:
    """Wrap a connection's method for incoming packets so that it notes when the last one arrived."""

    def data_received(self: Any, data: bytes, component: int) -> None:
        self.heard_s = time.monotonic()
        receive(self, data, component)

    return data_received


def packets_count_as_answer(request: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a protocol's method so that a peer that still sends packets counts as present, even if it answers no check.

    aioice sends one request and waits half a second. With too many viewers on a machine, answers take longer, and four
    in a row are soon late: viewers lost their pictures that way.
    """

    async def request_or_heard(
        self: Any, message: Any, addr: Any, integrity_key: Any = None, retransmissions: int | None = None
    ) -> Any:
        try:
            return await request(self, message, addr, integrity_key, retransmissions)
        except stun.TransactionTimeout:
            is_check = retransmissions == 0  # on an open connection; a new one repeats its checks
            if is_check and time.monotonic() - getattr(self.receiver, "heard_s", -math.inf) < _CHECK_EVERY_S:
                return message, addr
            raise

    return request_or_heard


def noting_steps(process_offer: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a worker's method that answers an offer, so that the player learns of the connection's steps and packets."""

    def process_offer_noting(self: Any, *args: Any, **named: Any) -> Any:
        player = self.player_factory() if self.player_factory else ended_player()
        note = player.note
        note("offer")
        player.video.heard_s = lambda: last_packet_s(self.pc)
        self.pc.on("iceconnectionstatechange", lambda: note(f"ice_{self.pc.iceConnectionState}"))
        self.pc.on("connectionstatechange", lambda: note(f"connection_{self.pc.connectionState}"))
        answer = process_offer(self, *args, **named)
        note("answer")
        return answer

    return process_offer_noting


def one_at_a_time(end: Callable[..., None]) -> Callable[..., None]:
    """Wrap a worker's method that ends something, so that it is skipped while another thread is ending the same worker.

    The visitor's Stop and the event loop that notices the browser hang up may coincide, and each removed what the other
    was about to use. Neither may wait for the other, since Stop waits for the event loop.
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
def apply(viewers: Callable[[], int] = lambda: 1) -> None:
    """Apply all changes, once Streamlit's runtime exists; a second call does nothing.

    Parameters
    ----------
    viewers : callable
        How many people watch live pictures.
    """
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
    its_ice.Connection.data_received = noting_arrival(ice.Connection.data_received)
    its_ice.StunProtocol.request = packets_count_as_answer(ice.StunProtocol.request)
    its_codecs: Any = codecs
    its_codecs.Vp8Encoder = LiveVp8Encoder
    its_relay: Any = relay
    its_relay.MediaRelay = NewestRelay
    its_worker: Any = WebRtcWorker
    its_worker.process_offer = noting_steps(WebRtcWorker.process_offer)
    its_worker.stop = one_at_a_time(WebRtcWorker.stop)
    its_worker._unset_processors = one_at_a_time(WebRtcWorker._unset_processors)
    its_connection: Any = RTCPeerConnection
    its_connection.createAnswer = asking_for(RTCPeerConnection.createAnswer, lambda: fair_share(viewers()))
    its_estimator: Any = RemoteBitrateEstimator
    its_estimator.add = within(RemoteBitrateEstimator.add, lambda: fair_share(viewers()))
    its_buffer: Any = JitterBuffer
    its_buffer._remove_frame = released_at_marker(JitterBuffer._remove_frame)
    its_receiver: Any = RtcReceiver
    its_receiver.receive = knowing_its_way(RtcReceiver.receive)
    its_receiver._handle_rtcp_packet = keeping_sender_clock(RtcReceiver._handle_rtcp_packet)
    register_component()
    # They log visitors' addresses and, on connection problems, whole tracebacks.
    for name in ("aiortc", "aioice", "streamlit_webrtc"):
        logging.getLogger(name).setLevel(logging.CRITICAL)

"""All private parts of aiortc 1.16, aioice 0.13 and streamlit-webrtc 0.79 that PoseDeck uses, in this one place.

Other modules import these names only from here, so that what another version may break is found at once.
requirements.in pins the versions; this folder's tests and tests/e2e/test_turn.py check the behaviour.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, Final

import streamlit as st
from aioice import ice, stun
from aioice.mdns import is_mdns_hostname
from aiortc import RTCConfiguration, RTCIceTransportPolicy, RTCPeerConnection, codecs
from aiortc.codecs import h264, vpx
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.mediastreams import MediaStreamError
from aiortc.rate import RemoteBitrateEstimator
from aiortc.rtcrtpreceiver import RTCRtpReceiver as RtcReceiver
from aiortc.rtp import RtcpSrPacket
from streamlit import runtime
from streamlit.components.v1.component_registry import ComponentRegistry
from streamlit_webrtc import component, relay
from streamlit_webrtc.component import generate_frontend_component_key
from streamlit_webrtc.eventloop import get_global_event_loop as event_loop
from streamlit_webrtc.sink import VideoSinkTrack
from streamlit_webrtc.webrtc import WebRtcWorker

__all__ = [
    "JitterBuffer",
    "JitterFrame",
    "MediaStreamError",
    "RemoteBitrateEstimator",
    "RtcReceiver",
    "VideoSinkTrack",
    "Vp8Encoder",
    "WebRtcWorker",
    "captured_s",
    "codecs",
    "event_loop",
    "force_relay",
    "generate_frontend_component_key",
    "h264",
    "ice",
    "is_mdns_hostname",
    "keep_context",
    "keeping_sender_clock",
    "knowing_its_way",
    "last_packet_s",
    "register_component",
    "relay",
    "server_configuration",
    "stun",
    "vpx",
]

#: Read by name, so that a version without it fails here instead of leaking addresses.
_compile_servers = component.compile_rtc_configuration  # type: ignore[attr-defined]


#: From NTP's first second, in 1900, to 1970.
_NTP_TO_UNIX_S: Final = 2_208_988_800
_CLOCK_HZ: Final = 90_000  # of video in RTP


def server_configuration(rtc_configuration: dict[str, Any]) -> RTCConfiguration:
    """The settings of `pose_ui.webrtc.ice.ice_configuration` in aiortc's form, with the transport policy."""
    return _compile_with_policy(rtc_configuration)


def keeping_sender_clock(handle: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a receiver's method for RTCP packets so that it keeps the latest sender report.

    A report names one moment twice: on the sender's own clock, and on that of its frames.
    """

    async def handle_and_keep(self: Any, packet: Any) -> None:
        if isinstance(packet, RtcpSrPacket):
            report = packet.sender_info
            self.sender_clock = (report.ntp_timestamp / 2**32 - _NTP_TO_UNIX_S, report.rtp_timestamp)
        await handle(self, packet)

    return handle_and_keep


def knowing_its_way(receive: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a receiver's method that starts it: its estimator of the bitrate can then say whether the sender is near."""

    async def receive_knowing(self: Any, *args: Any, **named: Any) -> None:
        connection = self.transport.transport._connection

        def is_nearby() -> bool:
            pair = connection._nominated.get(1)
            return pair is not None and ip_address(pair.remote_addr[0]).is_private

        if self._RTCRtpReceiver__remote_bitrate_estimator is not None:
            self._RTCRtpReceiver__remote_bitrate_estimator.is_nearby = is_nearby
        await receive(self, *args, **named)

    return receive_knowing


def captured_s(receiver: RtcReceiver | None, pts: int | None) -> float:
    """When the sender's camera took a frame, in seconds of the sender's clock since 1970.

    Parameters
    ----------
    receiver : RtcReceiver or None
    pts : int or None
        The frame's time as aiortc gives it: counted from the first frame.

    Returns
    -------
    float
        NaN until the first sender report, which browsers send within a second, and without a receiver.
    """
    origin = None if receiver is None else receiver._RTCRtpReceiver__timestamp_mapper._origin  # type: ignore[attr-defined]
    clock = getattr(receiver, "sender_clock", None)
    if origin is None or clock is None or pts is None:
        return math.nan
    reported_s, reported_rtp = clock
    ahead = (origin + pts - reported_rtp + 2**31) % 2**32 - 2**31  # the shorter way round the counter
    return float(reported_s + ahead / _CLOCK_HZ)


def force_relay() -> None:
    """Make the server respect ``"iceTransportPolicy": "relay"`` wherever a configuration sets it.

    The browser does, and aiortc can, but streamlit-webrtc passes only the servers on to aiortc, so the server would
    still offer its own addresses. Configurations without that entry are unchanged. May be called repeatedly, from any
    thread.
    """
    component.compile_rtc_configuration = _compile_with_policy  # type: ignore[attr-defined]


def _compile_with_policy(rtc_configuration: Any) -> RTCConfiguration:
    compiled: RTCConfiguration = _compile_servers(rtc_configuration)
    compiled.iceTransportPolicy = RTCIceTransportPolicy(rtc_configuration.get("iceTransportPolicy", "all"))
    return compiled


def register_component() -> None:
    """Register the component with a running Streamlit, which an import outside a page's run does not do.

    This saves the first visitor of the Live page the second that the import takes.
    """
    if runtime.exists():  # benchmarks warm up without a server
        ComponentRegistry.instance().register_component(component._component_func)


def last_packet_s(connection: RTCPeerConnection) -> float:
    """When the last packet arrived, as `noting_arrival` in pose_ui.webrtc.video noted it; infinity before the first."""
    return max(
        (
            getattr(transceiver.receiver.transport.transport._connection, "heard_s", math.inf)
            for transceiver in connection.getTransceivers()
        ),
        default=math.inf,
    )


def keep_context(key: str, *, on_page: bool) -> None:
    """Before `webrtc_streamer`: say whether its frame is already on the page or has to start from scratch.

    By itself, streamlit-webrtc relies on Streamlit's count of finished runs, which rises only when the browser is told.
    After runs in quick succession it took an old frame for a new one and hung up on a running picture.

    Parameters
    ----------
    key : str
        The key of `webrtc_streamer`.
    on_page : bool
        Whether the last run of the page showed the frame.
    """
    context = st.session_state.get(key)
    if context is not None:
        context._last_rendered_run_count = None
        if not on_page:
            component._reset_context(context)

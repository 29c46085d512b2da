"""All private parts of aiortc 1.16, aioice 0.13 and streamlit-webrtc 0.79 that PoseDeck uses, in this one place.

Other modules import these names only from here, so that what another version may break is found at once.
requirements.in pins the versions; this folder's tests and tests/e2e/test_turn.py check the behaviour.
"""

from __future__ import annotations

import math
from typing import Any

import streamlit as st
from aioice import ice, stun
from aioice.mdns import is_mdns_hostname
from aiortc import RTCConfiguration, RTCIceTransportPolicy, RTCPeerConnection, codecs
from aiortc.codecs import h264, vpx
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.mediastreams import MediaStreamError
from aiortc.rate import RemoteBitrateEstimator
from streamlit import runtime
from streamlit.components.v1.component_registry import ComponentRegistry
from streamlit_webrtc import component, relay
from streamlit_webrtc.component import generate_frontend_component_key
from streamlit_webrtc.sink import VideoSinkTrack
from streamlit_webrtc.webrtc import WebRtcWorker

__all__ = [
    "MediaStreamError",
    "RemoteBitrateEstimator",
    "VideoSinkTrack",
    "Vp8Encoder",
    "WebRtcWorker",
    "codecs",
    "force_relay",
    "generate_frontend_component_key",
    "h264",
    "ice",
    "is_mdns_hostname",
    "keep_context",
    "last_packet_s",
    "register_component",
    "relay",
    "stun",
    "vpx",
]

#: Read by name, so that a version without it fails here instead of leaking addresses.
_compile_servers = component.compile_rtc_configuration  # type: ignore[attr-defined]


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

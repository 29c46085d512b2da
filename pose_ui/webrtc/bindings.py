"""All that PoseDeck uses of the private parts of aiortc 1.16, aioice 0.13 and streamlit-webrtc 0.79, in this one place.

Other modules take these names from here and from nowhere else, so that what another version may break is found at once.
requirements.in holds the versions; the tests of this folder and tests/e2e/test_turn.py hold the behaviour.
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from aioice import ice, stun
from aioice.mdns import is_mdns_hostname
from aiortc import RTCConfiguration, RTCIceTransportPolicy, codecs
from aiortc.codecs import h264, vpx
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.mediastreams import MediaStreamError
from streamlit import runtime
from streamlit.components.v1.component_registry import ComponentRegistry
from streamlit_webrtc import component, relay
from streamlit_webrtc.component import generate_frontend_component_key
from streamlit_webrtc.sink import VideoSinkTrack
from streamlit_webrtc.webrtc import WebRtcWorker

__all__ = [
    "MediaStreamError",
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
    "register_component",
    "relay",
    "stun",
    "vpx",
]

#: Read by its present name, so that another version without it fails here and not by leaking addresses.
_compile_servers = component.compile_rtc_configuration  # type: ignore[attr-defined]


def force_relay() -> None:
    """Make the server keep to ``"iceTransportPolicy": "relay"`` wherever a configuration asks for it.

    aiortc can do so, and the browser does, but streamlit-webrtc hands only the servers on to aiortc: the server would
    go on offering its own addresses. Configurations without that entry are untouched. May be called often, from any
    thread.
    """
    component.compile_rtc_configuration = _compile_with_policy  # type: ignore[attr-defined]


def _compile_with_policy(rtc_configuration: Any) -> RTCConfiguration:
    compiled: RTCConfiguration = _compile_servers(rtc_configuration)
    compiled.iceTransportPolicy = RTCIceTransportPolicy(rtc_configuration.get("iceTransportPolicy", "all"))
    return compiled


def register_component() -> None:
    """Make the component known to a running Streamlit: imported outside a page's run, it is not so by itself.

    That saves the first visitor of the Live page the second which the import takes.
    """
    if runtime.exists():  # measurements warm up without a server
        ComponentRegistry.instance().register_component(component._component_func)


def keep_context(key: str, *, on_page: bool) -> None:
    """Before `webrtc_streamer`: say whether its frame is on the page already, or has to begin afresh.

    By itself streamlit-webrtc goes by Streamlit's count of finished runs, which rises only when the browser is told.
    After runs in quick succession it took a frame for new, and hung up on a picture that ran.

    Parameters
    ----------
    key : str
        That of `webrtc_streamer`.
    on_page : bool
        Whether the page's last run drew it.
    """
    context = st.session_state.get(key)
    if context is not None:
        context._last_rendered_run_count = None
        if not on_page:
            component._reset_context(context)

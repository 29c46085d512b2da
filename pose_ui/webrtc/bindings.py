"""Keeps streamlit-webrtc 0.79, through a private part of it, to relays. tests/e2e/test_turn.py holds it."""

from __future__ import annotations

from typing import Any

from aiortc import RTCConfiguration, RTCIceTransportPolicy
from streamlit_webrtc import component

__all__ = ["force_relay"]

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

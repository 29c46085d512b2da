"""What is shown when there can be no live picture: what is wrong, what to do, and other ways to continue."""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from pose_ui.texts import Translator

__all__ = ["Fallback", "LiveTrouble", "fallbacks", "show_trouble"]

LiveTrouble = Literal[
    # with the camera, as camera_check reports it
    "insecure",
    "no_api",
    "refused",
    "no_camera",
    "busy",
    "failed",
    # with the connection
    "ice_failed",
    "no_frames",
    "ended",
]
Fallback = Literal["retry", "performer", "clip", "snapshot", "photo"]

_NO_CAMERA_HERE: Final[tuple[Fallback, ...]] = ("performer", "clip", "photo")
_NO_CAMERA_NOW: Final[tuple[Fallback, ...]] = ("retry", *_NO_CAMERA_HERE)
_NO_CONNECTION: Final[tuple[Fallback, ...]] = ("retry", "snapshot", "photo")
_ANYTHING: Final[tuple[Fallback, ...]] = ("retry", "snapshot", "performer", "clip", "photo")

_FALLBACKS: Final[dict[LiveTrouble, tuple[Fallback, ...]]] = {
    "insecure": _NO_CAMERA_HERE,
    "no_api": _NO_CAMERA_HERE,
    "refused": _NO_CAMERA_NOW,
    "no_camera": _NO_CAMERA_NOW,
    "busy": _NO_CAMERA_NOW,
    "failed": _NO_CAMERA_NOW,
    "ice_failed": _NO_CONNECTION,
    "no_frames": _ANYTHING,
    "ended": _ANYTHING,
}


def fallbacks(trouble: LiveTrouble) -> tuple[Fallback, ...]:
    """Ways to continue that can work despite `trouble`, the best first.

    A snapshot needs the browser's camera but no WebRTC; performer and clip need WebRTC but no camera; a photo neither.
    Trying again is left out where only another address or browser helps.
    """
    return _FALLBACKS[trouble]


def show_trouble(trouble: LiveTrouble, t: Translator) -> None:
    """Show what is wrong and what to do, where the picture would be."""
    steps = t(f"trouble.{trouble}_steps", port=st.get_option("server.port"))
    st.warning(f"**{t(f'trouble.{trouble}')}**\n\n{steps}", icon=":material/videocam_off:")

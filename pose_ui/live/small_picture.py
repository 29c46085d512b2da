"""Says why a camera's picture is smaller than was chosen, as far as the server can know."""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from pose_core.pipeline.live import LiveStatus
from pose_ui.texts import Translator
from pose_ui.webrtc.bitrate import fair_share

__all__ = ["small_picture", "why_small"]

#: A browser needs seconds to find out how much it may send.
_SHOWN_AFTER_S: Final = 10.0
#: What browsers send when nothing limits them, by the least height in pixels.
_ENOUGH_BITS_PER_S: Final = {720: 2_500_000, 480: 1_500_000, 0: 1_000_000}


def why_small(
    status: LiveStatus, height_px: int, share_bits_per_s: int
) -> Literal["share", "browser"] | None:
    """Why frames have been lower than the chosen height for ten seconds; None if they have not.

    Only the browser knows whether its network, its processor or its camera is the reason.

    Parameters
    ----------
    status : LiveStatus
    height_px : int
        The chosen height.
    share_bits_per_s : int
        What each camera may send.
    """
    if status.small_s < _SHOWN_AFTER_S:
        return None
    enough = next(bits for least_px, bits in _ENOUGH_BITS_PER_S.items() if height_px >= least_px)
    return "share" if share_bits_per_s < enough else "browser"


def small_picture(status: LiveStatus, height_px: int, viewers: int, t: Translator) -> None:
    """Show the reason, if there is one."""
    share_bits_per_s = fair_share(viewers)
    why = why_small(status, height_px, share_bits_per_s)
    if why is not None and status.received_wh is not None:
        width, height = status.received_wh
        st.caption(
            t(
                f"live.small_{why}",
                received=f"{width}×{height}",
                chosen=f"{height_px}p",
                viewers=viewers,
                share=f"{share_bits_per_s / 1e6:.1f}",
            )
        )

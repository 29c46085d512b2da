"""What turns pixels into metres: the person's height, and the slope of the floor, found or given by hand."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from ops.films import Version
from pose_core.geometry.scale import FloorSlope, floor_slope
from pose_ui.shell.state import video_key
from pose_ui.texts import Translator
from pose_ui.video.player import At
from pose_ui.video.session import VideoSession

__all__ = ["scale"]

_HEIGHT_CM: Final = (50.0, 250.0)
_FLOOR_DEG: Final = (-45.0, 45.0)


def scale(
    session: VideoSession, job_id: str, version: Version, at: At, t: Translator
) -> tuple[float | None, float | None]:
    """Ask for both, and say what the steps of the person whose curves are shown tell about the floor.

    Returns
    -------
    height_m, floor_deg : float or None
        None for what was not given.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        height_cm: Any = st.number_input(
            t("film.height"),
            *_HEIGHT_CM,
            step=1.0,
            format="%.0f",
            key=video_key("height"),
            help=t("film.height_help"),
            placeholder=t("film.height_unknown"),
            width=260,
            persist_state="session",
        )
        floor_deg: Any = st.number_input(
            t("film.floor"),
            *_FLOOR_DEG,
            step=0.5,
            format="%.1f",
            key=video_key("floor"),
            help=t("film.floor_help"),
            placeholder=t("film.floor_from_steps"),
            width=260,
            persist_state="session",
        )
    if floor_deg is None and at.person is not None:
        st.caption(_floor_text(_floor(session, job_id, version, at.person), t))
    return height_cm / 100 if height_cm else None, floor_deg


def _floor(session: VideoSession, job_id: str, version: Version, person: int) -> FloorSlope | None:
    key = (job_id, version.number, person)
    if session.floor is None or session.floor[0] != key:
        sequence = version.result.sequence(person)
        session.floor = key, floor_slope(sequence.image_xy_px, sequence.time_s)
    return session.floor[1]


def _floor_text(floor: FloorSlope | None, t: Translator) -> str:
    if floor is None:
        return t("film.floor_not_sure")
    way = "rises" if floor.deg >= 0 else "falls"
    return t(f"film.floor_{way}", deg=f"{abs(floor.deg):.1f}", within=f"{floor.within_deg:.1f}")

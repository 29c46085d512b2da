"""The server's status in one quiet line; models, versions and how we know behind it."""

from __future__ import annotations

import platform
from importlib.metadata import version

import pandas as pd
import streamlit as st

from pose_core.machine import processor_name, usable_cores
from pose_core.models.bundles import bundle
from pose_core.settings import VARIANTS
from pose_core.version import VERSION
from pose_ui.shell.resources import pool
from pose_ui.texts import Translator

__all__ = ["status_line"]

_PACKAGES = (
    "mediapipe",
    "opencv-python-headless",
    "streamlit",
    "streamlit-webrtc",
    "aiortc",
    "plotly",
    "numpy",
)


def status_line(t: Translator) -> None:
    """Show model and free seats, and the way to what is known of the network, all in one line."""
    status = pool().status()
    free = max(0, status.stream_limit - status.streams)
    parts = (
        t("home.model_warming" if status.warm_s is None else "home.model_ready"),
        t("home.seat_free" if free == 1 else "home.seats_free", count=free),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(" · ".join(parts), width="content")
        # A window over the page: beside the line there is no room, and over it the title would be covered.
        if st.button(t("home.how_we_know"), type="tertiary", help=t("home.network_text"), key="home_how"):
            st.dialog(t("home.network_title"), width="medium")(_how_we_know)(t)


def _how_we_know(t: Translator) -> None:
    st.markdown(t("home.how_we_know_text"))
    st.markdown(f"**{t('home.variants')}**")
    bundles = [bundle(variant) for variant in VARIANTS]
    st.table(
        pd.DataFrame(
            {
                t("home.variant"): [model.variant for model in bundles],
                t("home.size"): [f"{model.size_bytes / 1e6:.1f} MB" for model in bundles],
                t("home.sha256"): [f"`{model.sha256[:16]}…`" for model in bundles],
            }
        ),
        hide_index=True,
        border="horizontal",
        alt=t("home.variants_alt"),
    )
    st.markdown(f"**{t('home.versions')}**")
    st.caption(t("home.machine_text", processor=processor_name(), cores=usable_cores()))
    versions = {"PoseDeck": VERSION, "Python": platform.python_version()}
    versions |= {name: version(name) for name in _PACKAGES}
    st.markdown(" · ".join(f"{name} {number}" for name, number in versions.items()))

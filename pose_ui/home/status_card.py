"""Status of the server: model, machine, versions, network."""

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

__all__ = ["status_card"]

_PACKAGES = (
    "mediapipe",
    "opencv-python-headless",
    "streamlit",
    "streamlit-webrtc",
    "aiortc",
    "plotly",
    "numpy",
)


def status_card(t: Translator) -> None:
    """Show model, machine and network, with versions and checksums folded away."""
    status = pool().status()
    with st.container(border=True):
        st.markdown(f"**{t('home.status')}**")
        ready = (
            t("home.model_warming")
            if status.warm_s is None
            else t("home.model_ready", seconds=f"{status.warm_s:.1f}")
        )
        in_use = t(
            "home.in_use_text",
            busy=status.image_busy,
            limit=status.image_limit,
            watching=status.streams,
            seats=status.stream_limit,
        )
        machine = t("home.machine_text", processor=processor_name(), cores=usable_cores())
        for icon, label, text in (
            ("check_circle", "model", ready),
            ("group", "in_use", in_use),
            ("memory", "machine", machine),
            ("lock", "network", t("home.network_text")),
        ):
            st.markdown(f":material/{icon}: **{t(f'home.{label}')}** &nbsp; {text}")
        with st.popover(t("home.how_we_know"), type="tertiary"):
            st.markdown(t("home.how_we_know_text"))
        with st.expander(t("home.variants")):
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
        with st.expander(t("home.versions")):
            versions = {"PoseDeck": VERSION, "Python": platform.python_version()}
            versions |= {name: version(name) for name in _PACKAGES}
            st.markdown("  \n".join(f"{name} {number}" for name, number in versions.items()))

"""In what the differences of joints are shown."""

from __future__ import annotations

import streamlit as st

from pose_core.evaluation.side_by_side.charts import Unit
from pose_ui.shell.state import sides_key
from pose_ui.texts import Translator

__all__ = ["choose_unit"]


def choose_unit(t: Translator) -> Unit:
    """Choose between shares of the torso and pixels."""
    unit = st.segmented_control(
        t("sides.unit"),
        ("percent", "px"),
        required=True,
        key=sides_key("unit"),
        format_func=lambda name: t(f"sides.unit_{name}"),
        label_visibility="collapsed",
        persist_state="session",
    )
    return "px" if unit == "px" else "percent"

"""A page with only the camera check and its trouble, for test_camera_check.py."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from pose_ui.live_view.camera_check import camera_check
from pose_ui.live_view.trouble import LiveTrouble, show_trouble
from pose_ui.texts import Translator

t = Translator("zh" if st.query_params.get("lang") == "zh" else "en")
turn: int = st.session_state.setdefault("turn", 0)
if st.button("Ask"):
    turn = st.session_state["turn"] = turn + 1
hold = st.checkbox("Hold")
st.button("Run again")
if st.checkbox("Show", value=True):
    report = camera_check(turn, size_wh=(640, 480), hold=hold, key="check")
    st.text(f"turn {turn}: {report.state}" if report else f"turn {turn}: no answer")
    if report and report.state != "ready":
        show_trouble(report.state, t)
if "all" in st.query_params:
    for trouble in get_args(LiveTrouble):
        show_trouble(trouble, t)

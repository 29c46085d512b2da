"""A page with one chart that asks to be redrawn far too often, or with ?rest not at all, for test_live_chart.py."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from pose_ui.shell.plotly_route import plotly_route
from pose_ui.widgets.live_chart import live_chart


def counter() -> None:
    count = st.session_state["count"] = st.session_state.get("count", 0) + 1
    if count % 20 < 10:  # what stands above a chart may come and go
        st.text("above")
    figure = go.Figure({"data": [{"type": "scatter", "x": [0, 1], "y": [0, count]}]})
    figure.update_layout(height=240, title={"text": "A title"})
    live_chart(figure, alt=f"Count {count}", key="chart")


# Streamlit imports this file as the application, and runs it as the page.
if __name__ == "__main__":
    if st.checkbox("Show", value=True):
        st.fragment(counter, run_every=None if "rest" in st.query_params else 0.05)()
        st.text("below")
else:
    app = st.App(Path(__file__).name, routes=[plotly_route()])

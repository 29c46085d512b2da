"""Tables and charts in the style of the Benchmark page."""

from __future__ import annotations

from typing import Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pose_core.benchmark.texts import Table

__all__ = ["show_chart", "show_table"]

_PLOT_CONFIG: Final = {"displayModeBar": False, "scrollZoom": False}


def show_table(table: Table, alt: str, *, notes: bool = False) -> None:
    """Show a table of texts, figures flush right, the first column flush left, and the last one if it has `notes`."""
    head, rows = table
    figures = {
        name: st.column_config.TextColumn(alignment="right") for name in (head[1:-1] if notes else head[1:])
    }
    st.dataframe(pd.DataFrame(rows, columns=head), hide_index=True, column_config=figures, alt=alt)


def show_chart(figure: go.Figure, key: str, alt: str) -> None:
    """Show a chart as wide as its container."""
    st.plotly_chart(figure, key=key, config=_PLOT_CONFIG, alt=alt)

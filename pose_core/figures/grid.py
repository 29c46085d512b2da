"""The frame of charts with rows or curves: grid, margins, legend above."""

from __future__ import annotations

from typing import Any, Final

import plotly.graph_objects as go

__all__ = ["GRID", "laid_out"]

#: Seen on light and on dark pages.
GRID: Final = "rgba(128,134,145,0.25)"


def laid_out(figure: go.Figure, height: int, **more: Any) -> go.Figure:
    """The same figure, `height` pixels high; `more` goes to its layout."""
    axis = {"gridcolor": GRID, "zerolinecolor": GRID, "automargin": True}
    figure.update_xaxes(axis)
    figure.update_yaxes(axis)
    layout = {
        "margin": {"l": 8, "r": 16, "t": 48, "b": 8},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "dragmode": False,
        **more,
    }
    return figure.update_layout(height=height, **layout)

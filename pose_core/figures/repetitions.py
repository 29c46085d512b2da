"""A set as a strip: each repetition a bar from its start to its end, as high as its depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from pose_core.colours import SIDES
from pose_core.translate import Translate

__all__ = ["StripBar", "strip_figure"]

_GRID: Final = "rgba(128,134,145,0.25)"
_HEIGHT_PX: Final = 200
_COLOURS: Final = {"full": SIDES["left"], "partial": SIDES["middle"], "none": SIDES["middle"]}
#: Kinds differ in pattern as well as in colour.
_PATTERNS: Final = {"full": "", "partial": "/", "none": "x"}


@dataclass(frozen=True, slots=True)
class StripBar:
    """One bar.

    Attributes
    ----------
    start_s, end_s : float
    height : float
        In degrees, or seconds for holds.
    label : str
        Above the bar.
    kind : {"full", "partial", "none"}
    """

    start_s: float
    end_s: float
    height: float
    label: str
    kind: str


def strip_figure(bars: Sequence[StripBar], unit: str, t: Translate) -> go.Figure:
    """The strip of a set.

    Parameters
    ----------
    bars : sequence of StripBar
        In order of time.
    unit : str
        Of the heights, to read.
    t : callable
        Translator.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    traces: list[dict[str, Any]] = []
    for kind, colour in _COLOURS.items():
        some = [bar for bar in bars if bar.kind == kind]
        if some:
            traces.append(
                {
                    "type": "bar",
                    "name": t(f"coach.kind_{kind}"),
                    "x": [round((bar.start_s + bar.end_s) / 2, 2) for bar in some],
                    "width": [round(max(0.1, bar.end_s - bar.start_s), 2) for bar in some],
                    "y": [round(bar.height, 1) for bar in some],
                    "text": [bar.label for bar in some],
                    "textposition": "outside",
                    "cliponaxis": False,
                    "marker": {
                        "color": colour,
                        "pattern": {"shape": _PATTERNS[kind], "fgcolor": "#FFFFFF", "fillmode": "overlay"},
                    },
                    "hoverinfo": "x+y",
                }
            )
    axis = {"gridcolor": _GRID, "zeroline": False, "fixedrange": True, "automargin": True}
    return go.Figure(
        {
            "data": traces,
            "layout": {
                "height": _HEIGHT_PX,
                "margin": {"l": 48, "r": 8, "t": 24, "b": 40},
                "showlegend": len(traces) > 1,
                "legend": {"orientation": "h", "y": 1.2},
                "xaxis": {**axis, "title": {"text": t("coach.axis_time")}, "rangemode": "tozero"},
                "yaxis": {**axis, "title": {"text": unit}, "rangemode": "tozero"},
            },
        }
    )

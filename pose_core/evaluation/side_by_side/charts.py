"""Plotly figure of a comparison. A translator supplies the text; the page's theme colours paper and text."""

from __future__ import annotations

from math import isfinite
from typing import Any, Final, Literal

import plotly.graph_objects as go

from pose_core.colours import SIDES
from pose_core.evaluation.bootstrap import Figure
from pose_core.evaluation.side_by_side.comparing import Comparison
from pose_core.figures.grid import laid_out
from pose_core.skeleton import Side
from pose_core.translate import Translate

__all__ = ["CHARTED", "Unit", "apart_figure"]

Unit = Literal["percent", "px"]
#: Parts of the body in the chart, from head to toe; the table has all landmarks.
CHARTED: Final = (*("nose", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "foot_index"),)
_PATTERNS: Final[dict[Side, str]] = {"left": "", "right": "/", "middle": "."}
_ROW_PX, _ROOM_PX = 36, 108


def apart_figure(comparison: Comparison, unit: Unit, t: Translate) -> go.Figure:
    """How far apart each joint is, left above right, with 95 % intervals."""
    figure = go.Figure()
    rows = [t(f"validate.part_{part}") for part in CHARTED]
    for side in ("left", "right", "middle"):
        figure.add_trace(_bars(comparison, side, unit, t))
    figure.update_xaxes(title={"text": t(f"sides.axis_{unit}")}, rangemode="tozero")
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=rows)
    return laid_out(figure, _ROOM_PX + len(rows) * _ROW_PX, barmode="group", bargap=0.3)


def _bars(comparison: Comparison, side: Side, unit: Unit, t: Translate) -> dict[str, Any]:
    factor = 100.0 if unit == "percent" else 1.0
    parts = [part for part in CHARTED if (part == "nose") == (side == "middle")]
    found: list[Figure] = []
    for part in parts:
        joint = comparison.joints[part if side == "middle" else f"{side}_{part}"]
        found.append(joint.torso if unit == "percent" else joint.px)
    values = [factor * one.value if isfinite(one.value) else None for one in found]

    def reach(ends: list[float]) -> list[float]:
        far = [factor * abs(end - one.value) for end, one in zip(ends, found, strict=True)]
        return [one if isfinite(one) else 0.0 for one in far]

    return {
        "type": "bar",
        "orientation": "h",
        "name": t(f"side.{side}"),
        "x": values,
        "y": [t(f"validate.part_{part}") for part in parts],
        "marker": {
            "color": SIDES[side],
            "pattern": {
                "shape": _PATTERNS[side],
                "fillmode": "overlay",
                "fgcolor": "rgba(20,23,28,0.55)",
                "size": 6,
            },
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": reach([one.high for one in found]),
            "arrayminus": reach([one.low for one in found]),
            "color": "rgba(128,134,145,1)",
            "thickness": 1.5,
            "width": 3,
        },
        "hovertemplate": f"%{{y}}: %{{x:.2f}}<extra>{t(f'side.{side}')}</extra>",
    }

"""Joint angles over a whole recording or film, for reports: a row for each joint, left against right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go

from pose_core.arrays import FloatArray
from pose_core.colours import SIDES
from pose_core.geometry.angles import ANGLE_NAMES, LIMB_ANGLES
from pose_core.skeleton import Side
from pose_core.translate import Translate

__all__ = ["angle_curves_figure"]

_BOTH: Final[tuple[Side, Side]] = ("left", "right")
#: A page is not wide enough for more.
_POINTS: Final = 1000
_ROW_PX: Final = 92
_GAP_PX: Final = 26  # for the joint's name above its row
_TOP_PX, _BOTTOM_PX = 44, 44
_TICKS_DEG: Final = (0, 90, 180)


def angle_curves_figure(
    time_s: FloatArray, angles_deg: FloatArray, t: Translate, joints: Sequence[str] = LIMB_ANGLES
) -> go.Figure:
    """The angles as lines, left solid and blue, right dashed and orange.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Increasing.
    angles_deg : ndarray, shape (T, A)
        In the order of `ANGLE_NAMES`; NaN leaves a gap.
    t : callable
        Translator.
    joints : sequence of str
        Some of `LIMB_ANGLES`, from top to bottom.

    Returns
    -------
    plotly.graph_objects.Figure
        At most 1000 points a line, each the value of a frame.

    Raises
    ------
    ValueError
        If there is no joint, or the shapes do not belong together.
    """
    if not joints:
        raise ValueError("joints must name at least one joint; got none.")
    if angles_deg.shape != (time_s.size, len(ANGLE_NAMES)):
        raise ValueError(
            f"angles_deg must have the shape {(time_s.size, len(ANGLE_NAMES))}; got {angles_deg.shape}."
        )
    step = max(1, math.ceil(time_s.size / _POINTS))
    seconds = np.round(time_s[::step], 2)
    plot_px = len(joints) * (_ROW_PX + _GAP_PX) - _GAP_PX
    figure = go.Figure()
    for row, joint in enumerate(joints):
        suffix = str(row + 1) if row else ""
        top = 1 - row * (_ROW_PX + _GAP_PX) / plot_px
        axis = {
            "domain": [max(0.0, top - _ROW_PX / plot_px), top],
            "range": [0, 180],
            "tickvals": _TICKS_DEG,
            "ticksuffix": "°",
            "fixedrange": True,
            "zeroline": False,
        }
        figure.update_layout({f"yaxis{suffix}": axis})
        figure.add_annotation(
            text=f"<b>{t(f'joint.{joint}')}</b>",
            showarrow=False,
            xref="paper",
            yref="paper",
            x=0,
            y=top,
            xanchor="left",
            yanchor="bottom",
        )
        for side in _BOTH:
            figure.add_scatter(
                x=seconds,
                y=np.round(angles_deg[::step, ANGLE_NAMES.index(f"{side}_{joint}")], 1),
                yaxis=f"y{suffix}",
                name=t(f"side.{side}"),
                legendgroup=side,
                showlegend=row == 0,
                mode="lines",
                line={"color": SIDES[side], "width": 1.8, "dash": "solid" if side == "left" else "dash"},
                hovertemplate="%{x:.1f} s: %{y:.0f}°",
            )
    figure.update_layout(
        height=plot_px + _TOP_PX + _BOTTOM_PX,
        margin={"l": 44, "r": 8, "t": _TOP_PX, "b": _BOTTOM_PX},
        xaxis={
            "title": {"text": t("report.time_axis")},
            "anchor": f"y{len(joints) if len(joints) > 1 else ''}",
        },
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
    )
    return figure

"""Plotly figures that are redrawn several times a second: fixed axes, fixed height, little JSON, nothing that jumps.

A translator supplies the text, and `pose_core.colours` the colours; the page's theme colours paper and text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.colours import SIDES
from pose_core.geometry.angles import LIMB_ANGLES
from pose_core.geometry.reasons import UNCERTAIN, Reason
from pose_core.skeleton import INDEX, LANDMARK_NAMES, Side, side_of
from pose_core.translate import Translate

__all__ = ["angle_history_figure", "visibility_figure"]


_BOTH: Final[tuple[Side, Side]] = ("left", "right")
#: Left and right differ in line style as well as in colour.
_DASHES: Final[dict[Side, str]] = {"left": "solid", "right": "dash"}
_GRID: Final = "rgba(128,134,145,0.25)"
_LINE: Final = "rgba(128,134,145,0.9)"
#: More points than about one every four pixels of a wide page cannot be seen.
_POINTS: Final = 150
#: If nothing was measured for this long, the line has a gap, and the last value no longer counts as the latest.
_STALE_S: Final = 1.0
_TICKS_DEG: Final = (0, 90, 180)
# Heights in pixels.
_ROW_PX: Final = 92
_GAP_PX: Final = 26  # for the joint's name above its row
_TOP_PX: Final = 48
_BOTTOM_PX: Final = 44
_BAR_ROW_PX: Final = 34


def _figure(traces: list[dict[str, Any]], layout: dict[str, Any]) -> go.Figure:
    """A figure without Plotly's check of every single value, which would take most of the time; tests do check."""
    return go.Figure({"data": traces, "layout": layout}, _validate=False)


def _in_window(time_s: FloatArray, now_s: float, window_s: float) -> NDArray[np.intp]:
    """Indices of the samples to show: those of the window, thinned out to one in each `_POINTS`-th of it.

    The parts begin at fixed times, not at the window's start, so that a point once shown stays until it leaves the
    window, and the line does not shimmer.
    """
    shown = np.flatnonzero((time_s >= now_s - window_s) & (time_s <= now_s))
    if shown.size <= _POINTS:
        return shown
    part = np.floor(time_s[shown] * (_POINTS / window_s))
    last_of_part = np.append(np.diff(part) > 0, True)
    thinned: NDArray[np.intp] = shown[last_of_part]
    return thinned


def _json_list(values: FloatArray, digits: int) -> list[float | None]:
    """Rounded values, None for NaN: shorter than Plotly's encoding of arrays, and valid JSON."""
    return [value if value == value else None for value in np.round(values, digits).tolist()]


def _with_gaps(seconds: FloatArray, degrees: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The line with a NaN wherever nothing was measured for long, so that no straight line bridges the gap."""
    after = np.flatnonzero(np.diff(seconds) > _STALE_S) + 1
    return np.insert(seconds, after, seconds[after]), np.insert(degrees, after, np.nan)


def angle_history_figure(
    time_s: FloatArray,
    angles_deg: Mapping[str, FloatArray],
    joints: Sequence[str],
    t: Translate,
    *,
    now_s: float,
    window_s: float = 10.0,
    reasons: Mapping[str, Reason] | None = None,
) -> go.Figure:
    """Joint angles over the last seconds, one row for each joint, left against right.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        When each angle was measured; strictly increasing, any origin. May be empty.
    angles_deg : mapping of str to ndarray, shape (T,)
        Degrees by angle name (``left_knee``), both sides of each of `joints`; NaN (not visible) leaves a gap.
    joints : sequence of str
        Some of `pose_core.geometry.angles.LIMB_ANGLES`, at least one, from top to bottom.
    t : callable
        Translator.
    now_s : float
        The right end of the time axis, on the clock of `time_s`.
    window_s : float
        Length of the time axis.
    reasons : mapping of str to Reason, optional
        Why the latest angles are missing, or uncertain: these are grey, with a question mark.

    Returns
    -------
    plotly.graph_objects.Figure
        Left is a solid line and right a dashed one. The latest angles are written beside each row, unless none was
        measured in the last second. At most about 150 points a line; each stays until it leaves the window.

    Raises
    ------
    ValueError
        If there is no joint or an unknown one, the window has no length, or lengths differ.
    """
    if not joints or not set(joints) <= set(LIMB_ANGLES):
        raise ValueError(f"joints must be some of {', '.join(LIMB_ANGLES)}; got {list(joints)}")
    if not window_s > 0:
        raise ValueError(f"window_s must be positive; got {window_s}")
    for joint in joints:
        for side in _BOTH:
            if angles_deg[f"{side}_{joint}"].shape != time_s.shape:
                raise ValueError(
                    f"angles must have the shape of time_s, {time_s.shape}; "
                    f"got {angles_deg[f'{side}_{joint}'].shape} for {side}_{joint}"
                )
    shown = _in_window(time_s, now_s, window_s)
    seconds = time_s[shown] - now_s
    fresh = bool(shown.size) and seconds[-1] >= -_STALE_S
    plot_px = len(joints) * (_ROW_PX + _GAP_PX) - _GAP_PX
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    for row, joint in enumerate(joints):
        top = 1 - row * (_ROW_PX + _GAP_PX) / plot_px
        bottom = max(0.0, top - _ROW_PX / plot_px)
        suffix = "" if row == 0 else str(row + 1)
        layout[f"yaxis{suffix}"] = {
            "domain": [bottom, top],
            "range": [0, 180],
            "tickvals": _TICKS_DEG,
            "ticktext": [f"{tick}°" for tick in _TICKS_DEG],
            "automargin": False,
            "fixedrange": True,
            "gridcolor": _GRID,
            "zeroline": False,
        }
        notes.append(_note(f"<b>{t(f'joint.{joint}')}</b>", x=0, y=top, xanchor="left", yanchor="bottom"))
        for place, side in zip((0.72, 0.28), _BOTH, strict=True):
            values = angles_deg[f"{side}_{joint}"][shown]
            x, y = _with_gaps(seconds, values)
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": _json_list(x, 2),
                    "y": _json_list(y, 1),
                    "yaxis": f"y{suffix}",
                    "name": t(f"side.{side}"),
                    "legendgroup": side,
                    "showlegend": row == 0,
                    "line": {"color": SIDES[side], "width": 2, "dash": _DASHES[side]},
                    "connectgaps": False,
                    "hoverinfo": "skip",
                }
            )
            known = fresh and np.isfinite(values[-1])
            reason = (reasons or {}).get(f"{side}_{joint}", "")
            latest = f"{round(float(values[-1]))}°" if known else t("reason.not_visible")
            if known and reason in UNCERTAIN:
                latest = f'<span style="color:{_LINE}">{latest}?</span>'
            elif fresh and reason == "outside_picture":
                latest = t("live_figure.outside_picture")  # in two lines
            # At a fixed height, not at the line's end, so that both sides stay readable where the lines meet.
            height = bottom + place * (top - bottom)
            text = f"{t(f'side.{side}_letter')} {latest}"
            notes.append(_note(text, x=1, y=height, xanchor="left", yanchor="middle", xshift=6))
    layout |= {
        "xaxis": {
            "range": [-window_s, 0],
            "anchor": f"y{len(joints) if len(joints) > 1 else ''}",
            "title": {"text": t("live_figure.seconds"), "standoff": 8},
            "nticks": 6,
            "automargin": False,
            "fixedrange": True,
            "gridcolor": _GRID,
            "zeroline": False,
        },
        "annotations": notes,
        "height": _TOP_PX + plot_px + _BOTTOM_PX,
        "margin": {"l": 44, "r": 92, "t": _TOP_PX, "b": _BOTTOM_PX},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1 + _GAP_PX / plot_px,
            "yanchor": "bottom",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "hovermode": False,
        "dragmode": False,
        "uirevision": "angle_history",
    }
    return _figure(traces, layout)


def _note(text: str, **place: Any) -> dict[str, Any]:
    return {"text": text, "xref": "paper", "yref": "paper", "showarrow": False, **place}


#: Part of the body to the landmarks of a side, without the side, from top to bottom.
_PARTS: Final[dict[str, tuple[str, ...]]] = {
    "face": ("eye_inner", "eye", "eye_outer", "ear", "mouth"),
    "shoulder": ("shoulder",),
    "elbow": ("elbow",),
    "hand": ("wrist", "pinky", "index", "thumb"),
    "hip": ("hip",),
    "knee": ("knee",),
    "foot": ("ankle", "heel", "foot_index"),
}


def _indices(part: str, side: Side) -> list[int]:
    """Landmark numbers of a part of the body on one side."""
    wanted = {f"{side}_{point}" for point in _PARTS[part]} | {f"{point}_{side}" for point in _PARTS[part]}
    return [INDEX[name] for name in LANDMARK_NAMES if name in wanted and side_of(name) == side]


def visibility_figure(visibility: FloatArray, t: Translate, limit: float) -> go.Figure:
    """How visible each part of the body is, left against right.

    Parameters
    ----------
    visibility : ndarray, shape (33,)
        0 to 1; NaN is left out.
    t : callable
        Translator.
    limit : float
        Visibility below which a landmark counts as not visible, 0 to 1; shown as a line.

    Returns
    -------
    plotly.graph_objects.Figure
        A bar is the mean of a part's landmarks; none where all of them are NaN.

    Raises
    ------
    ValueError
        If `visibility` has another shape.
    """
    if visibility.shape != (len(LANDMARK_NAMES),):
        raise ValueError(f"visibility must have shape ({len(LANDMARK_NAMES)},); got {visibility.shape}")
    parts = list(reversed(_PARTS))  # Plotly counts categories from the bottom
    bars: list[dict[str, Any]] = []
    for side in reversed(_BOTH):
        means = []
        for part in parts:
            values = visibility[_indices(part, side)]
            known = values[np.isfinite(values)]
            means.append(float(known.mean()) if known.size else np.nan)
        bars.append(
            {
                "type": "bar",
                "orientation": "h",
                "y": [t(f"live_figure.{part}") for part in parts],
                "x": _json_list(np.array(means), 2),
                "name": t(f"side.{side}"),
                "marker": {"color": SIDES[side], "pattern": {"shape": "/" if side == "right" else ""}},
                "hoverinfo": "skip",
            }
        )
    layout = {
        "barmode": "group",
        "bargap": 0.3,
        "xaxis": {
            "range": [0, 1],
            "tickvals": [0, 0.5, 1],
            "tickformat": ".0%",
            "fixedrange": True,
            "gridcolor": _GRID,
            "zeroline": False,
        },
        "yaxis": {"fixedrange": True},
        "shapes": [
            {
                "type": "line",
                "x0": limit,
                "x1": limit,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": _LINE, "width": 2, "dash": "dot"},
            }
        ],
        "annotations": [
            {
                "text": t("live_figure.limit", limit=f"{limit:.0%}"),
                "x": limit,
                "yref": "paper",
                "y": 1,
                "yanchor": "bottom",
                "showarrow": False,
            }
        ],
        "height": _TOP_PX + len(parts) * _BAR_ROW_PX + _BOTTOM_PX,
        "margin": {"l": 8, "r": 28, "t": _TOP_PX, "b": _BOTTOM_PX},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "traceorder": "reversed",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "hovermode": False,
        "dragmode": False,
        "uirevision": "visibility",
    }
    return _figure(bars, layout)

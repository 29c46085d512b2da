"""A benchmark for people who do not measure for a living: one sentence, and charts that need no explanation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from pose_core.benchmark.recommend import GOAL_FPS, Advice
from pose_core.benchmark.result import BenchmarkResult, CellResult
from pose_core.benchmark.scaling import ScalingPoint
from pose_core.settings import VARIANTS
from pose_core.translate import Translate

__all__ = ["distance_chart", "people_chart", "speed_chart", "verdict_text", "wanted_chart"]

_BLUE: Final = "#0072B2"
_GREY: Final = "rgba(128,134,145,0.9)"
_GRID: Final = "rgba(128,134,145,0.25)"
#: Okabe-Ito colours, each with a pattern, so that models can be told apart without colour.
_LOOKS: Final = {"lite": ("#56B4E9", ""), "full": (_BLUE, "/"), "heavy": ("#CC79A7", "x")}
_HEIGHT_PX: Final = 300


def verdict_text(advice: Advice, whose: str, t: Translate) -> str:
    """What this machine is good for, in one or two short sentences.

    Parameters
    ----------
    advice : Advice
    whose : str
        The machine, such as "This machine".
    t : callable
        Translator.
    """
    cell = advice.chosen.cell
    values = {
        "whose": whose,
        "goal": t(f"benchmark.verdict_goal_{advice.goal}"),
        "model": t(f"benchmark.verdict_model_{cell.model}"),
        "size": f"{cell.size_wh[0]}×{cell.size_wh[1]}",
        "fps": f"{advice.chosen.fps:.0f}",
        "target": f"{GOAL_FPS[advice.goal]:.0f}",
        "count": advice.viewers,
    }
    if not advice.reached or advice.viewers == 0:
        return t("benchmark.verdict_slow", **values)
    if advice.viewers is None:
        return t("benchmark.verdict_alone", **values)
    if advice.viewers == 1 and not advice.at_least:
        return t("benchmark.verdict_one", **values)
    return t(f"benchmark.verdict_{'more' if advice.at_least else 'several'}", **values)


def _finish(figure: go.Figure, title: str, height_px: int = _HEIGHT_PX, **more: Any) -> go.Figure:
    figure.update_xaxes(fixedrange=True, automargin=True)
    figure.update_yaxes(fixedrange=True, gridcolor=_GRID, zerolinecolor=_GRID, automargin=True)
    figure.update_layout(
        title={"text": title, "x": 0, "xanchor": "left", "font": {"size": 15}},
        height=height_px,
        margin={"l": 4, "r": 4, "t": 40, "b": 4},
        legend={"orientation": "h", "y": -0.14, "yanchor": "top", "x": 0},
        dragmode=False,
        **more,
    )
    return figure


def _wanted_line(figure: go.Figure, fps: float) -> None:
    figure.add_hline(y=fps, line={"color": _GREY, "dash": "dash", "width": 2})


def wanted_chart(advice: Advice, t: Translate) -> go.Figure:
    """What was wanted and what is reached, in frames a second, as one bar with a mark."""
    wanted, reached = GOAL_FPS[advice.goal], advice.chosen.fps
    figure = go.Figure()
    for name, value, colour in (
        ("benchmark.bar_reached", reached, _BLUE),
        ("benchmark.bar_wanted", wanted, "#8A9099"),
    ):
        figure.add_bar(
            x=[value],
            y=[t(name, fps=f"{value:.0f}")],
            orientation="h",
            marker={"color": colour},
            width=0.62,
            hoverinfo="skip",
            showlegend=False,
        )
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, max(wanted, reached)])
    figure.update_yaxes(fixedrange=True, automargin=True, tickfont={"size": 15}, autorange="reversed")
    figure.update_layout(
        height=92, margin={"l": 4, "r": 4, "t": 2, "b": 2}, dragmode=False, yaxis={"ticklabelstandoff": 8}
    )
    return figure


def _by_model(
    cells: Sequence[CellResult], value: Callable[[CellResult], float], unit: str, digits: int, t: Translate
) -> go.Figure:
    shown = [one for one in cells if one.cell.mode == "video" and one.cell.people == 1 and one.frame_ms.n]
    sizes = sorted({one.cell.size_wh for one in shown}, key=lambda size_wh: size_wh[0] * size_wh[1])
    figure = go.Figure()
    for model in VARIANTS:
        of_model = {one.cell.size_wh: value(one) for one in shown if one.cell.model == model}
        values = [of_model.get(size_wh, math.nan) for size_wh in sizes]
        if not any(math.isfinite(number) for number in values):
            continue
        colour, pattern = _LOOKS[model]
        name = t(f"benchmark.model_{model}")
        figure.add_bar(
            x=[f"{width}×{height}" for width, height in sizes],
            y=values,
            name=name,
            marker={
                "color": colour,
                "pattern": {
                    "shape": pattern,
                    "fillmode": "overlay",
                    "fgcolor": "rgba(255,255,255,0.5)",
                    "size": 7,
                },
            },
            text=[f"{number:.{digits}f}" if math.isfinite(number) else "" for number in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{x}}: %{{y:.{digits}f}}{unit}<extra>{name}</extra>",
        )
    figure.update_xaxes(type="category")
    figure.update_yaxes(rangemode="tozero")
    return figure


def speed_chart(result: BenchmarkResult, wanted_fps: float, t: Translate) -> go.Figure:
    """Frames a second by picture size and model."""
    figure = _by_model(result.cells, lambda one: one.fps, "/s", 0, t)
    _wanted_line(figure, wanted_fps)
    return _finish(figure, t("benchmark.chart_speed", fps=f"{wanted_fps:.0f}"), barmode="group", bargap=0.2)


def people_chart(points: Sequence[ScalingPoint], wanted_fps: float, t: Translate) -> go.Figure:
    """Frames a second that each of several people gets; those who get enough are in the accent colour."""
    figure = go.Figure()
    figure.add_bar(
        x=[str(point.streams) for point in points],
        y=[point.slowest_fps for point in points],
        marker={"color": [_BLUE if point.slowest_fps >= wanted_fps else "#8A9099" for point in points]},
        text=[f"{point.slowest_fps:.0f}" for point in points],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x}: %{y:.0f}/s<extra></extra>",
        showlegend=False,
    )
    _wanted_line(figure, wanted_fps)
    figure.update_xaxes(type="category", title={"text": t("benchmark.axis_people")})
    figure.update_yaxes(rangemode="tozero")
    return _finish(figure, t("benchmark.chart_people", fps=f"{wanted_fps:.0f}"), bargap=0.35)


def distance_chart(result: BenchmarkResult, t: Translate) -> go.Figure:
    """Distance of the landmarks from the reference by picture size and model; lower is better."""
    figure = _by_model(result.cells, lambda one: one.loss.distance_percent, " %", 1, t)
    return _finish(figure, t(f"benchmark.chart_distance_{result.reference}"), barmode="group", bargap=0.2)

"""A benchmark for people who do not measure for a living: one sentence, and charts that need no explanation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from pose_core.benchmark.recommend import GOAL_FPS, HEADROOM, Advice
from pose_core.benchmark.result import BenchmarkResult, CellResult
from pose_core.benchmark.scaling import ScalingPoint
from pose_core.settings import VARIANTS
from pose_core.translate import Translate

__all__ = ["distance_chart", "people_chart", "speed_chart", "sure_text", "verdict_text", "wanted_chart"]

_BLUE: Final = "#0072B2"
_GREY: Final = "rgba(128,134,145,0.9)"
_GREY_BAR: Final = "#8A9099"
_GRID: Final = "rgba(128,134,145,0.25)"
#: Okabe-Ito colours, each with a pattern, so that models can be told apart without colour.
_LOOKS: Final = {"lite": ("#56B4E9", ""), "full": (_BLUE, "/"), "heavy": ("#CC79A7", "x")}
_HEIGHT_PX: Final = 300
_LEAST_SIZES: Final = 3
#: With rounds so far apart nothing is sure.
_UNSURE_PERCENT: Final = 50.0


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
        "model": cell.model,
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


def sure_text(result: BenchmarkResult, advice: Advice, t: Translate) -> str:
    """How sure the sentence is: noise, reserve, and whether the people were measured with another size or model."""
    said = []
    if math.isfinite(result.noise_percent):
        kind = "noise" if result.noise_percent < _UNSURE_PERCENT else "not"
        said.append(t(f"benchmark.sure_{kind}", percent=f"{max(1.0, result.noise_percent):.0f}"))
    if advice.viewers is not None:
        need = f"{GOAL_FPS[advice.goal] * HEADROOM:.0f}"
        measured = result.scaling_cell
        kind = "estimated" if advice.estimated else "measured"
        size = f"{measured.size_wh[0]}×{measured.size_wh[1]}"
        said.append(t(f"benchmark.sure_people_{kind}", need=need, size=size, model=measured.model))
    return " ".join(said)


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
    figure.add_hline(y=fps, line={"color": _GREY, "dash": "dash", "width": 2}, layer="below")


def wanted_chart(advice: Advice, points: Sequence[ScalingPoint], t: Translate) -> go.Figure:
    """What was wanted and what is reached, in frames a second, as two bars.

    Parameters
    ----------
    advice : Advice
    points : sequence of ScalingPoint
        Of the result that the advice is from: what is shown is what each of the advised number of people gets.
    t : callable
        Translator.
    """
    wanted, reached, name = GOAL_FPS[advice.goal], advice.chosen.fps, "benchmark.bar_reached"
    for point in points:
        if advice.viewers and point.streams == advice.viewers:
            reached = point.slowest_fps / advice.cost
            name = "benchmark.bar_reached" if advice.viewers == 1 else "benchmark.bar_each"
    figure = go.Figure()
    for text, value, colour in (
        (t(name, fps=f"{reached:.0f}", count=advice.viewers), reached, _BLUE),
        (t("benchmark.bar_wanted", fps=f"{wanted:.0f}"), wanted, _GREY_BAR),
    ):
        figure.add_bar(
            x=[value],
            y=[text],
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
        figure.add_bar(
            x=[f"{width}×{height}" for width, height in sizes],
            y=values,
            name=model,
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
            hovertemplate=f"%{{x}}: %{{y:.{digits}f}}{unit}<extra>{model}</extra>",
        )
    # While the first sizes are measured, a single bar would be as wide as the page.
    figure.update_xaxes(type="category", range=[-0.5, max(len(sizes), _LEAST_SIZES) - 0.5])
    figure.update_yaxes(rangemode="tozero")
    return figure


def speed_chart(result: BenchmarkResult, wanted_fps: float, t: Translate) -> go.Figure:
    """Frames a second by picture size and model."""
    figure = _by_model(result.cells, lambda one: one.fps, "/s", 0, t)
    _wanted_line(figure, wanted_fps)
    return _finish(figure, t("benchmark.chart_speed", fps=f"{wanted_fps:.0f}"), barmode="group", bargap=0.2)


def people_chart(points: Sequence[ScalingPoint], advice: Advice, t: Translate) -> go.Figure:
    """Frames a second that each of several people gets with what is advised.

    Parameters
    ----------
    points : sequence of ScalingPoint
    advice : Advice
        Its number of people, and all below, are in the accent colour, so that the chart says what the sentence says.
    t : callable
        Translator.
    """
    wanted_fps, cell = GOAL_FPS[advice.goal], advice.chosen.cell
    each_fps = [point.slowest_fps / advice.cost for point in points]
    figure = go.Figure()
    figure.add_bar(
        x=[str(point.streams) for point in points],
        y=each_fps,
        marker={
            "color": [_BLUE if point.streams <= (advice.viewers or 0) else _GREY_BAR for point in points]
        },
        text=[f"{fps:.0f}" for fps in each_fps],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x}: %{y:.0f}/s<extra></extra>",
        showlegend=False,
    )
    _wanted_line(figure, wanted_fps)
    figure.update_xaxes(type="category", title={"text": t("benchmark.axis_people")})
    figure.update_yaxes(rangemode="tozero")
    size = f"{cell.size_wh[0]}×{cell.size_wh[1]}"
    return _finish(figure, t("benchmark.chart_people", fps=f"{wanted_fps:.0f}", size=size), bargap=0.35)


def distance_chart(result: BenchmarkResult, t: Translate) -> go.Figure:
    """Distance of the landmarks from the reference by picture size and model; lower is better."""
    figure = _by_model(result.cells, lambda one: one.loss.distance_percent, " %", 1, t)
    return _finish(figure, t(f"benchmark.chart_distance_{result.reference}"), barmode="group", bargap=0.2)

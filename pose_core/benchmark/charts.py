"""Plotly figures of a benchmark. A translator supplies the text; the page's theme colours paper and text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from pose_core.benchmark.loss import SmallPicture
from pose_core.benchmark.pipelines import BENCHMARK_STEPS
from pose_core.benchmark.plan import Cell
from pose_core.benchmark.recommend import pareto_front
from pose_core.benchmark.result import BenchmarkResult, CellResult
from pose_core.benchmark.scaling import ScalingPoint
from pose_core.figures.grid import laid_out
from pose_core.translate import Translate

__all__ = [
    "cell_name",
    "compare_figure",
    "fps_figure",
    "latency_figure",
    "loss_figure",
    "scaling_figure",
    "small_figure",
    "split_figure",
]


_BLUE: Final = "#0072B2"
_ORANGE: Final = "#E69F00"
_GREY: Final = "rgba(128,134,145,0.9)"
#: Okabe-Ito colours, each with a pattern, so that parts can be told apart without colour.
_STEP_LOOKS: Final[dict[str, tuple[str, str]]] = {
    "decode": ("#56B4E9", ""),
    "convert": ("#009E73", "/"),
    "inference": ("#0072B2", ""),
    "smooth": ("#F0E442", "."),
    "draw": ("#E69F00", "\\"),
    "encode": ("#CC79A7", "x"),
}
_ROW_PX: Final = 34
_ROOM_PX: Final = 110  # for axis, title and legend
_FPS_AXIS_FACTOR: Final = 1.18  # room to the right of the longest bar for its number


def cell_name(cell: Cell, t: Translate) -> str:
    """Such as ``"full 640×480"``, with any difference from one tracked person added."""
    parts = [cell.model, f"{cell.size_wh[0]}×{cell.size_wh[1]}"]
    if cell.mode == "photo":
        parts.append(t("benchmark.mode_photo"))
    if cell.people > 1:
        parts.append(t("benchmark.people_count", count=cell.people))
    return " ".join(parts)


def _height_px(count: int, bars: int = 1) -> int:
    return _ROOM_PX + count * (_ROW_PX + (bars - 1) * 14)


def _layout(figure: go.Figure, height: int, x: str, y: str = "", **more: Any) -> go.Figure:
    figure.update_xaxes(title={"text": x})
    figure.update_yaxes(title={"text": y})
    return laid_out(figure, height, **more)


def _top_down(figure: go.Figure) -> go.Figure:
    """Rows from top to bottom in the order given."""
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def _pattern(shape: str) -> dict[str, Any]:
    return {"shape": shape, "fillmode": "overlay", "fgcolor": "rgba(255,255,255,0.6)", "size": 7}


def _bars(
    names: Sequence[str], values: Sequence[float], name: str, colour: str, pattern: str = ""
) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "x": list(values),
        "y": list(names),
        "name": name,
        "marker": {"color": colour, "pattern": _pattern(pattern)},
        "text": [f"{value:.0f}" for value in values],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.1f}<extra>" + name + "</extra>",
    }


def fps_figure(cells: Sequence[CellResult], t: Translate, target_fps: float) -> go.Figure:
    """Frames a second of each cell, end to end and for inference alone, with the target as a line."""
    names = [cell_name(entry.cell, t) for entry in cells]
    figure = go.Figure(
        [
            _bars(names, [entry.fps for entry in cells], t("benchmark.end_to_end"), _BLUE),
            _bars(
                names, [entry.inference_fps for entry in cells], t("benchmark.inference_only"), _ORANGE, "/"
            ),
        ]
    )
    figure.add_vline(
        x=target_fps,
        line={"color": _GREY, "dash": "dash", "width": 2},
        annotation={"text": t("benchmark.target_line", fps=f"{target_fps:.0f}"), "yref": "paper", "y": -0.02},
        annotation_position="bottom right",
    )
    most = max((max(entry.fps, entry.inference_fps) for entry in cells), default=1.0)
    figure.update_xaxes(range=[0, max(most, target_fps) * _FPS_AXIS_FACTOR])
    return _top_down(
        _layout(figure, _height_px(len(cells), 2), t("benchmark.axis_fps"), barmode="group", bargap=0.25)
    )


def latency_figure(cells: Sequence[CellResult], t: Translate) -> go.Figure:
    """How long a frame takes: boxes from the 25th to the 75th percentile, whiskers from the 5th to the 95th."""
    names = [cell_name(entry.cell, t) for entry in cells]
    spreads = [entry.frame_ms for entry in cells]
    figure = go.Figure()
    figure.add_box(
        y=names,
        q1=[spread.p25 for spread in spreads],
        median=[spread.median for spread in spreads],
        q3=[spread.p75 for spread in spreads],
        lowerfence=[spread.p5 for spread in spreads],
        upperfence=[spread.p95 for spread in spreads],
        orientation="h",
        name=t("benchmark.box"),
        marker={"color": _BLUE},
    )
    figure.add_scatter(
        x=[spread.p99 for spread in spreads],
        y=names,
        mode="markers",
        name=t("benchmark.p99"),
        marker={"color": _ORANGE, "symbol": "diamond", "size": 9},
        hovertemplate="%{y}: %{x:.1f} ms<extra></extra>",
    )
    figure.update_xaxes(rangemode="tozero")
    return _top_down(_layout(figure, _height_px(len(cells)), t("benchmark.axis_ms")))


def split_figure(cells: Sequence[CellResult], t: Translate) -> go.Figure:
    """Where the time of a frame goes, step by step."""
    names = [cell_name(entry.cell, t) for entry in cells]
    figure = go.Figure()
    for step in BENCHMARK_STEPS:
        colour, pattern = _STEP_LOOKS[step]
        values = [entry.steps_ms[step] for entry in cells]
        figure.add_bar(
            x=values,
            y=names,
            orientation="h",
            name=t(f"benchmark.step_{step}"),
            marker={"color": colour, "pattern": _pattern(pattern)},
            hovertemplate="%{y}: %{x:.2f} ms<extra>" + t(f"benchmark.step_{step}") + "</extra>",
        )
    return _top_down(
        _layout(figure, _height_px(len(cells)), t("benchmark.axis_ms"), barmode="stack", bargap=0.3)
    )


def loss_figure(cells: Sequence[CellResult], t: Translate) -> go.Figure:
    """Speed against distance to the reference; a line joins the cells that no other cell beats in both."""
    known = [entry for entry in cells if np.isfinite(entry.loss.distance_percent)]
    front = pareto_front(known)
    figure = go.Figure()
    figure.add_scatter(
        x=[entry.fps for entry in front],
        y=[entry.loss.distance_percent for entry in front],
        mode="lines",
        name=t("benchmark.front"),
        line={"color": _GREY, "dash": "dot", "shape": "hv"},
        hoverinfo="skip",
    )
    # Names stand below and above their points in turn, so that those of neighbours in speed do not overlap.
    below = {entry.cell for entry in front[::2]}
    for group, colour, symbol in ((front, _BLUE, "circle"), (known, _ORANGE, "circle-open")):
        shown = group if group is front else [entry for entry in known if entry not in front]
        figure.add_scatter(
            x=[entry.fps for entry in shown],
            y=[entry.loss.distance_percent for entry in shown],
            mode="markers+text" if group is front else "markers",
            name=t("benchmark.unbeaten" if group is front else "benchmark.beaten"),
            text=[cell_name(entry.cell, t) for entry in shown],
            textposition=["bottom center" if entry.cell in below else "top center" for entry in shown],
            textfont={"size": 11},
            marker={"color": colour, "symbol": symbol, "size": 11, "line": {"width": 2, "color": colour}},
            cliponaxis=False,
            hovertemplate="%{text}<br>%{x:.0f}/s, %{y:.1f} %<extra></extra>",
        )
    figure.update_xaxes(rangemode="tozero")
    return _layout(figure, 420, t("benchmark.axis_fps"), t("benchmark.axis_distance"))


def scaling_figure(points: Sequence[ScalingPoint], t: Translate) -> go.Figure:
    """Frames a second by number of streams: of all together, and of the slowest one."""
    streams = [point.streams for point in points]
    figure = go.Figure()
    for values, name, colour, dash, symbol in (
        ([point.total_fps for point in points], t("benchmark.total"), _BLUE, "solid", "circle"),
        ([point.slowest_fps for point in points], t("benchmark.each"), _ORANGE, "dash", "square"),
    ):
        figure.add_scatter(
            x=streams,
            y=values,
            mode="lines+markers+text",
            name=name,
            line={"color": colour, "dash": dash, "width": 3},
            marker={"symbol": symbol, "size": 9},
            text=[f"{value:.0f}" for value in values],
            textposition="top center",
            cliponaxis=False,
            hovertemplate="%{x}: %{y:.1f}/s<extra>" + name + "</extra>",
        )
    for fps in (15, 30):
        figure.add_hline(
            y=fps,
            line={"color": _GREY, "dash": "dot", "width": 1},
            annotation={"text": t("benchmark.per_viewer", fps=fps)},
            annotation_position="top right",
        )
    most = max((point.total_fps for point in points), default=1.0)
    figure.update_xaxes(tickvals=streams, range=[0.5, max(streams, default=1) + 0.5])
    figure.update_yaxes(range=[0, max(most, 30) * 1.15])
    return _layout(figure, 380, t("benchmark.axis_streams"), t("benchmark.axis_fps"))


def small_figure(small: Sequence[SmallPicture], t: Translate) -> go.Figure:
    """How far landmarks drift in small pictures, as they are and enlarged first."""
    figure = go.Figure()
    for enlarged, colour, dash, symbol in (
        (False, _ORANGE, "dash", "square"),
        (True, _BLUE, "solid", "circle"),
    ):
        shown = [picture for picture in small if picture.enlarged == enlarged]
        figure.add_scatter(
            x=[picture.height_px for picture in shown],
            y=[picture.distance_percent for picture in shown],
            mode="lines+markers",
            name=t("benchmark.enlarged" if enlarged else "benchmark.as_is"),
            line={"color": colour, "dash": dash, "width": 3},
            marker={"symbol": symbol, "size": 9},
            hovertemplate="%{x} px: %{y:.1f} %<extra></extra>",
        )
    figure.update_xaxes(tickvals=sorted({picture.height_px for picture in small}), ticksuffix=" px")
    figure.update_yaxes(rangemode="tozero")
    return _layout(figure, 320, t("benchmark.axis_height"), t("benchmark.axis_distance"))


def compare_figure(
    before: BenchmarkResult, after: BenchmarkResult, names: tuple[str, str], t: Translate
) -> go.Figure:
    """Frames a second of the cells that both results have."""
    both = [(old, new) for new in after.cells if (old := before.cell(new.cell)) is not None]
    cells = [cell_name(new.cell, t) for _, new in both]
    figure = go.Figure(
        [
            _bars(cells, [old.fps for old, _ in both], names[0], _ORANGE, "/"),
            _bars(cells, [new.fps for _, new in both], names[1], _BLUE),
        ]
    )
    most = max((max(old.fps, new.fps) for old, new in both), default=1.0)
    figure.update_xaxes(range=[0, most * _FPS_AXIS_FACTOR])
    return _top_down(
        _layout(figure, _height_px(len(both), 2), t("benchmark.axis_fps"), barmode="group", bargap=0.25)
    )

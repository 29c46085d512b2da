"""Plotly figures of a validation. A translator supplies the text; the page's theme colours paper and text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from pose_core.colours import SIDES
from pose_core.evaluation.bootstrap import Figure
from pose_core.evaluation.figures import PCK_AT
from pose_core.evaluation.outcomes import KINDS, PROTOCOLS, Protocol
from pose_core.evaluation.validate import ValidationResult
from pose_core.figures.grid import laid_out
from pose_core.skeleton import Side, side_of
from pose_core.translate import Translate

__all__ = ["curve_figure", "errors_figure", "joints_figure", "sizes_figure", "summary_figure"]

_LINE: Final = "rgba(128,134,145,0.9)"
#: Okabe-Ito without the colours of the sides, each with a mark.
_LOOKS: Final = (
    ("#009E73", "circle"),
    ("#CC79A7", "diamond"),
    ("#D55E00", "square"),
    ("#56B4E9", "triangle-up"),
)
#: Kinds of errors: colour and pattern.
_KIND_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "good": ("#009E73", ""),
    "jitter": ("#56B4E9", "."),
    "inversion": ("#CC79A7", "/"),
    "swap": ("#F0E442", "x"),
    "miss": ("#D55E00", "\\"),
}
_MARKS: Final[Mapping[Side, str]] = {"left": "circle", "right": "square", "middle": "diamond"}
_ROW_PX: Final = 40
_ROOM_PX: Final = 110


def _percent(value: float) -> float | None:
    return round(100 * value, 3) if value == value else None


def _dots(
    names: Sequence[str], figures: Sequence[Figure | None], name: str, colour: str, symbol: str
) -> dict[str, Any]:
    """A trace of figures with their intervals, a row for each name."""
    values = [_percent(one.value) if one is not None else None for one in figures]

    def reach(end: str) -> list[float]:
        found = []
        for one in figures:
            far = abs(getattr(one, end) - one.value) if one is not None else 0.0
            found.append(100 * far if far == far else 0.0)
        return found

    return {
        "type": "scatter",
        "mode": "markers",
        "orientation": "h",  # rows of several models stand below each other
        "name": name,
        "x": values,
        "y": list(names),
        "marker": {"color": colour, "symbol": symbol, "size": 10},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": reach("high"),
            "arrayminus": reach("low"),
            "color": colour,
            "thickness": 2,
            "width": 0,
        },
        "hovertemplate": "%{y}: %{x:.1f} %<extra>" + name + "</extra>",
    }


def _rows(figure: go.Figure, count: int, x: str, **axis: Any) -> go.Figure:
    laid_out(figure, _ROOM_PX + count * _ROW_PX, scattermode="group", scattergap=0.4)
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(title={"text": x}, **axis)
    return figure


def summary_figure(result: ValidationResult, protocol: Protocol, t: Translate) -> go.Figure:
    """Found, PCK and OKS of each model, with 95 % intervals, in percent."""
    names = ("found", "pck", "pck_found", "oks")
    labels = [t(f"validate.figure_{name}") for name in names]
    figure = go.Figure()
    for model, (colour, symbol) in zip(result.settings.models, _LOOKS, strict=False):
        scores = result.scores[model.name, protocol]
        figures = [getattr(scores, name) for name in names]
        figure.add_trace(_dots(labels, figures, model.name, colour, symbol))
    return _rows(figure, len(names), t("validate.axis_percent"), range=[0, 103])


def curve_figure(result: ValidationResult, protocol: Protocol, t: Translate) -> go.Figure:
    """PCK against how far off a joint may be; solid of everybody, dotted of people found."""
    figure = go.Figure()
    for model, (colour, symbol) in zip(result.settings.models, _LOOKS, strict=False):
        curve = result.scores[model.name, protocol].curve
        at = [100 * share for share, _, _ in curve]
        for which, dash in ((1, "solid"), (2, "dot")):
            name = model.name if which == 1 else t("validate.of_found", model=model.name)
            figure.add_trace(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "name": name,
                    "x": at,
                    "y": [_percent(row[which].value) for row in curve],  # type: ignore[union-attr]
                    "line": {"color": colour, "dash": dash, "width": 2.5 if which == 1 else 1.5},
                    "marker": {"symbol": symbol, "size": 7 if which == 1 else 1, "maxdisplayed": 9},
                    "hovertemplate": "%{x:.0f} %: %{y:.1f} %<extra>" + name + "</extra>",
                }
            )
    figure.add_vline(x=100 * PCK_AT, line={"color": _LINE, "dash": "dash", "width": 1})
    laid_out(figure, 380)
    figure.update_xaxes(title={"text": t("validate.axis_within")}, range=[0, 50])
    figure.update_yaxes(title={"text": t("validate.axis_right")}, range=[0, 102])
    return figure


def _part(joint: str) -> str:
    """The joint without its side."""
    return joint.removeprefix("left_").removeprefix("right_").removesuffix("_left").removesuffix("_right")


def joints_figure(result: ValidationResult, model: str, protocol: Protocol, t: Translate) -> go.Figure:
    """Mean distance of each joint, left against right, people found, in percent of the torso."""
    joints = result.scores[model, protocol].per_joint
    parts = list(dict.fromkeys(_part(joint) for joint in joints))
    sides: tuple[Side, ...] = ("left", "right", "middle")
    figure = go.Figure()
    for side in sides:
        mine = {_part(joint): one.error for joint, one in joints.items() if side_of(joint) == side}
        if not mine:
            continue
        # A single mark in the middle of its row has no group to stand in.
        names = parts if side != "middle" else list(mine)
        figure.add_trace(
            _dots(
                [t(f"validate.part_{part}") for part in names],
                [mine.get(part) for part in names],
                t(f"side.{side}"),
                SIDES[side],
                _MARKS[side],
            )
        )
    _rows(figure, len(parts), t("validate.axis_error"), rangemode="tozero")
    figure.update_yaxes(categoryorder="array", categoryarray=[t(f"validate.part_{part}") for part in parts])
    return figure


def errors_figure(result: ValidationResult, model: str, protocol: Protocol, t: Translate) -> go.Figure:
    """Kinds of errors of each joint, both sides together, and of all; people found, in percent."""
    scores = result.scores[model, protocol]
    parts = list(dict.fromkeys(_part(joint) for joint in scores.per_joint))
    labels = [t("validate.all_joints"), *(t(f"validate.part_{part}") for part in parts)]
    figure = go.Figure()
    for kind in KINDS:
        values: list[float | None] = [_percent(scores.errors[kind].value)]
        for part in parts:
            sides = [one for joint, one in scores.per_joint.items() if _part(joint) == part and one.found]
            count = sum(one.found for one in sides)
            total = sum(one.kinds[kind].value * one.found for one in sides)
            values.append(_percent(total / count) if count else None)
        colour, pattern = _KIND_LOOKS[kind]
        figure.add_trace(
            {
                "type": "bar",
                "orientation": "h",
                "name": t(f"validate.kind_{kind}"),
                "x": values,
                "y": labels,
                "marker": {
                    "color": colour,
                    "pattern": {
                        "shape": pattern,
                        "fgcolor": "rgba(20,23,28,0.7)",
                        "size": 7,
                        "fillmode": "overlay",
                    },
                },
                "hovertemplate": "%{y}: %{x:.1f} %<extra>" + t(f"validate.kind_{kind}") + "</extra>",
            }
        )
    laid_out(figure, _ROOM_PX + len(labels) * 34, barmode="stack")
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(title={"text": t("validate.axis_joints_found")}, range=[0, 100])
    return figure


def sizes_figure(result: ValidationResult, model: str, t: Translate) -> go.Figure | None:
    """Share of people found by their size in the picture, whole pictures against crops; None if all are too few."""
    groups = {protocol: result.scores[model, protocol].groups["size"] for protocol in PROTOCOLS}
    names = [name for name, group in groups["whole"].items() if group.found is not None]
    if not names:
        return None
    figure = go.Figure()
    for protocol, (colour, symbol) in zip(PROTOCOLS, _LOOKS, strict=False):
        figure.add_trace(
            _dots(
                [t(f"validate.group_size_{name}") for name in names],
                [groups[protocol][name].found for name in names],
                t(f"validate.{protocol}"),
                colour,
                symbol,
            )
        )
    return _rows(figure, len(names), t("validate.axis_found"), range=[0, 103])

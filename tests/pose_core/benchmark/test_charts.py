"""A benchmark's figures: every cell under its name, in the order given, with its own values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import pytest

from pose_core.benchmark.charts import (
    cell_name,
    compare_figure,
    fps_figure,
    latency_figure,
    loss_figure,
    scaling_figure,
    small_figure,
    split_figure,
)
from pose_core.benchmark.loss import SmallPicture
from pose_core.benchmark.pipelines import BENCHMARK_STEPS
from pose_core.benchmark.plan import Cell
from pose_ui.texts import Translator
from tests.support.benchmark_results import (
    FULL_480,
    FULL_720,
    HEAVY_480,
    LITE_480,
    measured,
    points,
    result_of,
)

t = Translator("en")
CELLS = (measured(FULL_720, 20), measured(LITE_480, 80), measured(FULL_480, 40))
NAMES = ["full 1280×720", "lite 640×480", "full 640×480"]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        (Cell((640, 480)), "full 640×480"),
        (Cell((640, 480), "lite", "photo"), "lite 640×480 " + t("benchmark.mode_photo")),
        (Cell((320, 240), "heavy", people=3), "heavy 320×240 " + t("benchmark.people_count", count=3)),
    ],
)
def test_a_cell_is_named_by_what_differs_from_one_tracked_person(cell: Cell, name: str) -> None:
    assert cell_name(cell, t) == name


@pytest.mark.parametrize(
    "draw",
    [
        lambda: fps_figure(CELLS, t, 30),
        lambda: latency_figure(CELLS, t),
        lambda: split_figure(CELLS, t),
        lambda: compare_figure(result_of(*CELLS), result_of(*CELLS), ("before", "after"), t),
    ],
    ids=["fps", "latency", "split", "compare"],
)
def test_cells_stand_from_top_to_bottom_in_the_order_given(draw: Callable[[], go.Figure]) -> None:
    figure = draw()
    assert all(list(trace.y) == NAMES for trace in figure.data)
    assert (figure.layout.yaxis.autorange, figure.layout.yaxis.type) == ("reversed", "category")


def test_speeds_stand_beside_their_cells_with_and_without_what_surrounds_the_inference() -> None:
    whole, inference = fps_figure(CELLS, t, 30).data
    assert list(whole.x) == pytest.approx([20, 80, 40])
    assert list(inference.x) == pytest.approx([25, 100, 50])  # four fifths of the time
    assert list(whole.text) == ["20", "80", "40"]


def test_the_parts_of_a_frame_add_up_to_its_time() -> None:
    figure = split_figure(CELLS, t)
    assert figure.layout.barmode == "stack"
    assert [bar.name for bar in figure.data] == [t(f"benchmark.step_{step}") for step in BENCHMARK_STEPS]
    sums: list[Any] = [sum(values) for values in zip(*(bar.x for bar in figure.data), strict=True)]
    assert sums == pytest.approx([50, 12.5, 25])


def test_cells_that_no_other_beats_are_joined_and_those_of_unknown_loss_left_out() -> None:
    cells = (
        measured(LITE_480, 80, 8),
        measured(FULL_480, 40, 4),
        measured(FULL_720, 20, 6),  # slower and farther off than the one before
        measured(HEAVY_480, 10, math.nan),
    )
    line, unbeaten, beaten = loss_figure(cells, t).data
    for trace in (line, unbeaten):
        assert sorted(zip(trace.x, trace.y, strict=True)) == [(40, 4), (80, 8)]
    assert sorted(unbeaten.text) == ["full 640×480", "lite 640×480"]
    assert (list(beaten.x), list(beaten.y), list(beaten.text)) == ([20], [6], ["full 1280×720"])


def test_streams_are_shown_together_and_the_slowest_alone() -> None:
    figure = scaling_figure(points((1, 60.0), (2, 100.0), (4, 120.0)), t)
    total, slowest = figure.data
    assert list(total.x) == list(slowest.x) == list(figure.layout.xaxis.tickvals) == [1, 2, 4]
    assert (list(total.y), list(slowest.y)) == ([60, 100, 120], [60, 50, 30])
    assert figure.layout.yaxis.range[1] > 120


def test_small_pictures_are_compared_as_they_are_and_enlarged() -> None:
    small = [
        SmallPicture(height_px, enlarged, 1.0, percent)
        for height_px, enlarged, percent in (
            (120, False, 9.0),
            (120, True, 5.0),
            (240, False, 4.0),
            (240, True, 3.0),
        )
    ]
    as_is, enlarged = small_figure(small, t).data
    assert list(as_is.x) == list(enlarged.x) == [120, 240]
    assert (list(as_is.y), list(enlarged.y)) == ([9, 4], [5, 3])
    assert (as_is.name, enlarged.name) == (t("benchmark.as_is"), t("benchmark.enlarged"))

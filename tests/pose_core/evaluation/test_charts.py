"""Charts show the figures of the result, and the sides in their colours."""

from __future__ import annotations

import pytest

from pose_core.colours import SIDES
from pose_core.evaluation.charts import (
    curve_figure,
    errors_figure,
    joints_figure,
    sizes_figure,
    summary_figure,
)
from pose_core.evaluation.validate import ValidationResult
from pose_ui.texts import Translator
from tests.support.validations import made_up

EN = Translator("en")


@pytest.fixture(scope="module")
def result() -> ValidationResult:
    return made_up({"lite": 25.0, "full": 4.0}, missed=3)


def test_the_summary_has_each_model_with_its_interval(result: ValidationResult) -> None:
    lite, full = summary_figure(result, "whole", EN).data
    assert (lite.name, full.name) == ("lite", "full")
    scores = result.scores["lite", "whole"]
    assert lite.x[:2] == pytest.approx((100 * scores.found.value, 100 * scores.pck.value), abs=1e-3)
    assert lite.error_x.array[1] == pytest.approx(100 * (scores.pck.high - scores.pck.value))
    assert lite.error_x.arrayminus[1] == pytest.approx(100 * (scores.pck.value - scores.pck.low))
    assert lite.marker.symbol != full.marker.symbol


def test_the_curve_rises_and_people_found_lie_above_everybody(result: ValidationResult) -> None:
    everybody, found, *_ = curve_figure(result, "whole", EN).data
    assert list(everybody.y) == sorted(everybody.y)
    assert all(above >= below for above, below in zip(found.y, everybody.y, strict=True))
    assert found.y[-1] > everybody.y[-1]


def test_left_and_right_joints_have_the_colours_of_the_sides_and_another_mark(
    result: ValidationResult,
) -> None:
    traces = {trace.name: trace for trace in joints_figure(result, "full", "crop", EN).data}
    left, right = traces[EN("side.left")], traces[EN("side.right")]
    assert (left.marker.color, right.marker.color) == (SIDES["left"], SIDES["right"])
    assert left.marker.symbol != right.marker.symbol
    at = left.y.index(EN("validate.part_knee"))
    error = result.scores["full", "crop"].per_joint["left_knee"].error.value
    assert left.x[at] == pytest.approx(100 * error, abs=1e-3)


def test_kinds_of_errors_add_up_to_everything(result: ValidationResult) -> None:
    traces = errors_figure(result, "lite", "crop", EN).data
    for values in zip(*(trace.x for trace in traces), strict=True):
        assert sum(values) == pytest.approx(100, abs=0.1)


def test_sizes_are_shown_only_where_there_are_enough_people(result: ValidationResult) -> None:
    figure = sizes_figure(result, "full", EN)
    assert figure is not None
    whole, crop = figure.data
    assert whole.x[0] == pytest.approx(75)
    assert crop.x[0] == 100
    assert sizes_figure(made_up({"full": 1.0}, pictures=4), "full", EN) is None

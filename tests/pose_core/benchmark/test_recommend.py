"""The recommendation for made-up results, at its boundaries."""

from __future__ import annotations

import math

import pytest

from pose_core.benchmark.plan import Cell
from pose_core.benchmark.recommend import HEADROOM, behind_best, pareto_front, recommend
from pose_core.benchmark.result import BenchmarkResult
from pose_core.benchmark.texts import advice_text
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


def chosen(result: BenchmarkResult, goal: str) -> Cell:
    advice = recommend(result, goal)  # type: ignore[arg-type]
    assert advice is not None
    return advice.chosen.cell


def test_among_fast_enough_cells_the_one_that_loses_least_is_taken() -> None:
    result = result_of(measured(FULL_480, 60, 4.0), measured(HEAVY_480, 20, 3.0), measured(LITE_480, 90, 6.0))
    assert chosen(result, "smooth") == FULL_480
    assert chosen(result, "coaching") == HEAVY_480
    assert chosen(result, "exact") == HEAVY_480


def test_fast_enough_is_a_fifth_more_than_wanted() -> None:
    just, below = 15 * HEADROOM, 15 * HEADROOM - 0.01
    assert (
        chosen(result_of(measured(FULL_480, 60, 4.0), measured(HEAVY_480, just, 3.0)), "coaching")
        == HEAVY_480
    )
    assert (
        chosen(result_of(measured(FULL_480, 60, 4.0), measured(HEAVY_480, below, 3.0)), "coaching")
        == FULL_480
    )


def test_of_cells_that_lose_the_same_the_larger_picture_wins_and_the_most_exact_is_never_less_exact() -> None:
    result = result_of(measured(FULL_480, 60, 4.2), measured(FULL_720, 45, 4.0))
    assert chosen(result, "coaching") == FULL_720
    assert chosen(result, "exact") == FULL_720, "4.0 is more exact than 4.2"
    advice = recommend(result, "exact")
    assert advice is not None
    assert [entry.cell for entry in advice.equal] == [FULL_480]
    assert "Equally accurate within the measurement's noise: full 640×480" in advice_text(
        advice, Translator("en")
    )
    even = result_of(measured(FULL_480, 60, 4.0), measured(FULL_720, 45, 4.0))
    assert chosen(even, "exact") == FULL_480, "the faster of two that are equal"
    apart = result_of(measured(FULL_480, 60, 4.3), measured(FULL_720, 45, 4.0))
    assert chosen(apart, "exact") == FULL_720


def test_without_a_fast_enough_cell_the_fastest_is_named_and_called_too_slow() -> None:
    result = result_of(measured(FULL_480, 10, 4.0), measured(LITE_480, 14, 6.0))
    advice = recommend(result, "coaching")
    assert advice is not None
    assert (advice.chosen.cell, advice.reached) == (LITE_480, False)
    assert "too few for 15" in advice_text(advice, Translator("en"))


def test_people_who_are_missed_weigh_more_than_landmarks_a_little_off() -> None:
    result = result_of(measured(FULL_480, 60, 4.0, found=0.9), measured(LITE_480, 90, 6.0))
    assert chosen(result, "coaching") == LITE_480


@pytest.mark.parametrize(
    "cell",
    [Cell((320, 240)), Cell((1920, 1080)), Cell((640, 480), "full", "photo"), Cell((640, 480), people=2)],
)
def test_what_the_live_page_cannot_be_set_to_is_never_recommended(cell: Cell) -> None:
    assert recommend(result_of(measured(cell, 100, 1.0)), "coaching") is None
    assert chosen(result_of(measured(cell, 100, 1.0), measured(FULL_480, 40, 5.0)), "coaching") == FULL_480


def test_a_cell_without_a_known_loss_is_taken_only_when_there_is_no_other() -> None:
    unknown = measured(FULL_720, 60, math.nan)
    assert chosen(result_of(unknown, measured(LITE_480, 90, 9.0)), "coaching") == LITE_480
    assert chosen(result_of(unknown), "coaching") == FULL_720


def test_viewers_of_the_measured_cell_are_measured_and_of_another_estimated() -> None:
    scaling = points((1, 60.0), (2, 109.0), (4, 109.0), (6, 109.0), (8, 109.0))
    alone = recommend(result_of(measured(FULL_480, 60), scaling=scaling), "coaching")
    assert alone is not None
    assert (alone.viewers, alone.at_least, alone.estimated) == (6, False, False)  # 109 / (15 * 1.2)
    other = recommend(
        result_of(measured(FULL_480, 60, 4.0), measured(FULL_720, 40, 3.0), scaling=scaling), "coaching"
    )
    assert other is not None
    assert (other.viewers, other.estimated) == (4, True)  # a frame takes 1.5 times as long
    assert other.cost == pytest.approx(1.5)
    assert "4, estimated" in advice_text(other, Translator("en"))


def test_as_many_viewers_as_were_tried_may_be_more() -> None:
    advice = recommend(result_of(measured(FULL_480, 60), scaling=points((1, 60.0), (2, 120.0))), "coaching")
    assert advice is not None
    assert "2 or more" in advice_text(advice, Translator("en"))


def test_without_a_scaling_measurement_viewers_are_not_mentioned() -> None:
    advice = recommend(result_of(measured(FULL_480, 60)), "coaching")
    assert advice is not None
    assert advice.viewers is None
    assert "viewer" not in advice_text(advice, Translator("en"))


def test_the_front_holds_what_nothing_else_beats_in_both() -> None:
    lite, full, heavy = measured(LITE_480, 90, 6.0), measured(FULL_480, 60, 4.0), measured(HEAVY_480, 20, 3.0)
    beaten = measured(FULL_720, 45, 4.5)
    unknown = measured(Cell((320, 240)), 100, math.nan)
    assert pareto_front([beaten, heavy, unknown, lite, full]) == [lite, full, heavy]


def test_what_is_within_the_noise_of_the_best_counts_as_equal_to_it() -> None:
    best, near, far = measured(HEAVY_480, 20, 4.0), measured(FULL_480, 60, 4.2), measured(LITE_480, 90, 5.5)
    missed, unknown = measured(FULL_720, 45, 4.0, found=0.9), measured(Cell((320, 240)), 100, math.nan)
    cells = [far, unknown, missed, near, best]
    assert [behind_best(one, cells) for one in (best, near)] == [0.0, 0.0]
    assert behind_best(far, cells) == pytest.approx(1.5)
    assert behind_best(missed, cells) == pytest.approx(9.6)  # a missed person counts as a whole body away
    assert math.isnan(behind_best(unknown, cells))

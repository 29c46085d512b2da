"""Statistics of many measurements, against values computed by hand."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from pose_core.benchmark.loss import distance_percent, loss
from pose_core.benchmark.scaling import ScalingPoint, viewers_at
from pose_core.benchmark.statistics import Spread, interleaved, noise_percent
from pose_core.skeleton import INDEX, N_LANDMARKS


def test_spread_of_one_to_a_hundred_and_one() -> None:
    spread = Spread.of([float(value) for value in range(101, 0, -1)])
    assert (spread.n, spread.mean, spread.median) == (101, 51.0, 51.0)
    assert (spread.p5, spread.p25, spread.p75, spread.p95, spread.p99) == (6.0, 26.0, 76.0, 96.0, 100.0)
    # Variance of 1..n in a sample: n (n + 1) / 12.
    assert spread.cv == pytest.approx(math.sqrt(101 * 102 / 12) / 51)


def test_spread_of_one_value_has_no_variation_and_of_none_is_unknown() -> None:
    assert math.isnan(Spread.of([3.0]).cv)
    assert Spread.of([3.0]).p99 == 3.0
    empty = Spread.of([])
    assert empty.n == 0
    assert math.isnan(empty.median)


def test_noise_is_the_median_over_cells_of_how_far_their_rounds_lie_apart() -> None:
    # 10 %, 50 % and 20 %; the cell with one round does not count.
    assert noise_percent([[10, 11], [20, 30, 25], [5, 6], [100]]) == pytest.approx(20)
    assert math.isnan(noise_percent([[1.0]]))


@pytest.mark.parametrize("rounds", [1, 2, 3, 6])
def test_interleaving_takes_everything_once_a_round_in_every_place(rounds: int) -> None:
    order = list(interleaved("abc", rounds))
    for start in range(0, len(order), 3):
        assert sorted(order[start : start + 3]) == ["a", "b", "c"]
    if rounds % 3 == 0:
        for place in range(3):
            assert Counter(order[place::3]) == dict.fromkeys("abc", rounds // 3)


def upright() -> np.ndarray:
    """A person whose torso is 100 pixels long and whose shoulders are 40 wide."""
    points = np.zeros((N_LANDMARKS, 2))
    points[INDEX["left_shoulder"]], points[INDEX["right_shoulder"]] = (20, 0), (-20, 0)
    points[INDEX["left_hip"]], points[INDEX["right_hip"]] = (15, 100), (-15, 100)
    return points


def test_a_shift_of_five_pixels_is_five_per_cent_of_a_torso_of_a_hundred() -> None:
    reference = np.array([upright(), upright()])
    assert distance_percent(np.add(reference, (3, 4)), reference) == pytest.approx(5)
    assert distance_percent(np.add(reference * 7, (21, 28)), reference * 7) == pytest.approx(5)
    assert distance_percent(reference, reference) == 0


def test_a_missed_frame_counts_for_the_share_and_not_for_the_distance() -> None:
    reference = np.array([upright()] * 4)
    found = np.add(reference, (0, 2))
    found[1] = np.nan
    judged = loss(found, np.arange(4) / 25, reference)
    assert (judged.found_share, judged.distance_percent) == (0.75, pytest.approx(2))


def test_nobody_found_at_all_has_no_distance() -> None:
    judged = loss(np.full((3, N_LANDMARKS, 2), np.nan), np.arange(3) / 25, np.array([upright()] * 3))
    assert judged.found_share == 0
    assert math.isnan(judged.distance_percent)
    assert math.isnan(judged.jitter_percent)


def test_jitter_is_relative_to_the_body() -> None:
    reference = np.array([upright()] * 6)
    shaken = reference.copy()
    shaken[1::2, :, 0] += 3  # second difference 6: 6 / sqrt(6) pixels
    assert loss(shaken, np.arange(6) / 25, reference).jitter_percent == pytest.approx(6 / math.sqrt(6))


def curve(*totals: tuple[int, float]) -> list[ScalingPoint]:
    return [ScalingPoint(streams, total, total / streams, 1.0, 30.0) for streams, total in totals]


def test_viewers_are_the_largest_measured_number_that_gets_the_rate_each() -> None:
    points = curve((1, 60.0), (2, 120.0), (4, 100.0))
    assert viewers_at(points, 60) == (2, False)
    assert viewers_at(points, 61) == (0, False)
    assert viewers_at(points, 30) == (2, False)  # three were not measured, so they are not promised
    assert viewers_at(points, 25) == (4, True)
    assert viewers_at(points, 25.1) == (2, False)


def test_the_slowest_viewer_counts_and_not_the_mean() -> None:
    uneven = ScalingPoint(2, 100.0, 30.0, 1.0, 30.0)
    assert viewers_at([*curve((1, 60.0)), uneven], 40) == (1, False)


def test_no_number_beyond_the_first_that_is_too_slow_is_promised() -> None:
    assert viewers_at(curve((1, 60.0), (2, 50.0), (3, 120.0)), 30) == (1, False)


def test_a_frame_that_costs_twice_as_much_is_carried_half_as_often() -> None:
    points = curve((1, 60.0), (2, 120.0), (4, 120.0))
    assert viewers_at(points, 15, cost=2.0) == (4, True)
    assert viewers_at(points, 15.1, cost=2.0) == (2, False)

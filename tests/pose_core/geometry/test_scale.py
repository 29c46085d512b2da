"""The slope of the floor is found from steps, with an uncertainty that holds, or not told."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pose_core.arrays import FloatArray
from pose_core.geometry.scale import floor_slope
from tests.support.motions import walking

WALK = walking(120)


def turned(deg: float, noise_px: float = 0.0, seed: int = 0) -> FloatArray:
    """The walk on a floor that rises to the right, seen with errors."""
    angle = math.radians(deg)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    noise = np.random.default_rng(seed).normal(0, noise_px, WALK.image_xy_px.shape)
    xy_px: FloatArray = (WALK.image_xy_px - 300) @ turn.T + 300 + noise
    return xy_px


def test_the_true_slope_lies_within_what_is_told() -> None:
    told = 0
    for seed in range(40):
        deg = seed % 9 - 4.0
        floor = floor_slope(turned(deg, 0.7, seed), WALK.time_s)
        if floor is not None:
            told += 1
            assert 0.3 <= floor.within_deg <= 3
            assert abs(floor.deg - deg) <= 1.2 * floor.within_deg
    assert told >= 30


def test_the_slope_of_exact_steps_is_exact() -> None:
    floor = floor_slope(turned(2.0), WALK.time_s)
    assert floor is not None
    assert floor.deg == pytest.approx(2.0, abs=0.1)


def test_somebody_who_stands_or_comes_nearer_says_nothing_about_the_floor() -> None:
    standing = np.repeat(WALK.image_xy_px[:1], len(WALK), axis=0)
    assert floor_slope(standing, WALK.time_s) is None
    grows = np.linspace(1.0, 1.4, len(WALK))[:, None, None]
    nearer = (WALK.image_xy_px - (320, 100)) * grows + (320, 100)
    assert floor_slope(nearer, WALK.time_s) is None


def test_nobody_has_no_floor() -> None:
    assert floor_slope(np.full((30, 33, 2), np.nan), np.arange(30) / 30) is None
    assert floor_slope(WALK.image_xy_px[:1], WALK.time_s[:1]) is None

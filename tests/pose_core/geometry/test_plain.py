"""Angles from plain numbers are those from arrays."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pose_core.geometry.definitions import ANGLE_NAMES
from pose_core.geometry.formulas import angles_deg
from pose_core.geometry.plain import plain_angles_deg
from pose_core.skeleton import INDEX, N_LANDMARKS

ALL_VISIBLE = np.ones(N_LANDMARKS, dtype=np.bool_)


@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 3]), st.sampled_from([1e-3, 1.0, 1e3]))
def test_they_are_those_of_the_arrays(seed: int, dimensions: int, size: float) -> None:
    points = size * np.random.default_rng(seed).normal(size=(N_LANDMARKS, dimensions))
    np.testing.assert_allclose(plain_angles_deg(points.tolist()), angles_deg(points, ALL_VISIBLE), atol=1e-6)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_limb_without_length_or_an_unknown_point_has_no_angle(dimensions: int) -> None:
    points = np.random.default_rng(1).normal(size=(N_LANDMARKS, dimensions))
    points[INDEX["left_wrist"]] = points[INDEX["left_elbow"]]
    points[INDEX["right_ankle"]] = math.nan
    found = dict(zip(ANGLE_NAMES, plain_angles_deg(points.tolist()), strict=True))
    assert {name for name, angle in found.items() if math.isnan(angle)} == {
        "left_elbow",
        "right_knee",
        "right_ankle",
    }


def test_a_right_angle_in_the_picture_and_in_space() -> None:
    points = np.zeros((N_LANDMARKS, 3))
    points[INDEX["left_hip"]], points[INDEX["left_ankle"]] = (0, -2, 0), (0, 0, 3)
    assert plain_angles_deg(points.tolist())[ANGLE_NAMES.index("left_knee")] == pytest.approx(90.0)
    points[INDEX["left_ankle"]] = (3, 0, 0)
    in_picture = plain_angles_deg(points[:, :2].tolist())
    assert in_picture[ANGLE_NAMES.index("left_knee")] == pytest.approx(90.0)

"""What the performer does in exercises is what it says: hands stay, bends are as deep as they are meant to be."""

from __future__ import annotations

import numpy as np
import pytest

from pose_core.geometry.angles import interior_angle_deg
from pose_core.performer.exercises import EXERCISE_MOTIONS, there_and_back
from pose_core.performer.motions import posture_at
from pose_core.performer.skeleton import FloatArray, place_skeleton


def joints(motion: str, phase: float, yaw_deg: float = 90.0) -> dict[str, FloatArray]:
    return place_skeleton(posture_at(motion, phase), yaw_deg=yaw_deg).joints_m


@pytest.mark.parametrize("motion", ["push_up", "push_up_sagging", "push_up_pike", "plank"])
def test_hands_and_feet_stay_on_the_floor(motion: str) -> None:
    for phase in (0.0, 0.2, 0.5):
        at = joints(motion, phase)
        apart_m = np.abs(at["left_wrist"] - at["left_ankle"])
        assert at["left_wrist"][1] == pytest.approx(0.05, abs=0.06)
        assert apart_m[0] == pytest.approx(1.28, abs=0.03)


@pytest.mark.parametrize(
    ("motion", "joint", "points", "angle_deg"),
    [
        ("push_up", "elbow", ("shoulder", "elbow", "wrist"), 75.0),
        ("squat_right", "knee", ("hip", "knee", "ankle"), 56.0),
        ("curl", "elbow", ("shoulder", "elbow", "wrist"), 40.0),
        ("press", "elbow", ("shoulder", "elbow", "wrist"), 172.0),
    ],
)
def test_the_far_end_is_as_deep_as_it_is_meant_to_be(
    motion: str, joint: str, points: tuple[str, str, str], angle_deg: float
) -> None:
    at = joints(motion, 0.5)
    first, vertex, last = (at[f"left_{point}"] for point in points)
    assert float(interior_angle_deg(first, vertex, last)) == pytest.approx(angle_deg, abs=0.5)


def test_a_sit_up_begins_on_the_floor_and_ends_upright() -> None:
    down, up = joints("sit_up", 0.0), joints("sit_up", 0.5)
    assert down["neck"][1] - down["pelvis"][1] < 0.1
    assert up["neck"][1] - up["pelvis"][1] > 0.45


def test_hips_hang_below_the_line_when_sagging_and_above_it_in_a_pike() -> None:
    for motion, sign in (("push_up_sagging", -1), ("push_up_pike", 1)):
        at = joints(motion, 0.0)
        ankle, hip, neck = at["left_ankle"], at["pelvis"], at["neck"]
        share = (hip[0] - ankle[0]) / (neck[0] - ankle[0])
        line_m = ankle[1] + share * (neck[1] - ankle[1])
        assert sign * (hip[1] - line_m) > 0.05


def test_every_motion_is_at_rest_at_both_ends() -> None:
    assert (there_and_back(0.0), there_and_back(0.5), there_and_back(1.0)) == pytest.approx((0, 1, 0))
    for motion in EXERCISE_MOTIONS:
        np.testing.assert_allclose(
            np.array(list(joints(motion, 0.1).values())),
            np.array(list(joints(motion, 0.9).values())),
            atol=1e-9,
        )

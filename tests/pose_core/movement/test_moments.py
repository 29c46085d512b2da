"""Key moments are the ones that a person would point at."""

from __future__ import annotations

import numpy as np
import pytest

from pose_core.movement.moments import key_moments, speed_torsos_per_s
from pose_core.performer import Camera, Person, landmarks_px
from pose_core.pose import PoseSequence

CAMERA = Camera(640, 480)
FPS = 30


def squats(count: int = 3, pause_s: float = 2.0) -> PoseSequence:
    """Squats of 3 s, seen from the side, then a pause."""
    frames = int((3 * count + pause_s) * FPS)
    phases = [n / (3 * FPS) if n < 3 * count * FPS else 0.0 for n in range(frames)]
    xy_px = np.array([landmarks_px(Person("squat", phase, 90), CAMERA) for phase in phases])
    ones = np.ones((frames, 33))
    world = np.concatenate([xy_px, np.zeros((frames, 33, 1))], axis=2) / 192
    return PoseSequence(np.arange(frames) / FPS, xy_px, 0 * ones, world, ones, ones, (640, 480))


def test_each_bottom_of_a_squat_is_a_moment() -> None:
    moments = key_moments(squats(), "left_knee", most=20)
    bottoms = [moment for moment in moments if moment.kind == "least"]
    assert [moment.time_s for moment in bottoms] == pytest.approx([1.5, 4.5, 7.5], abs=0.2)
    assert all(moment.value < 120 for moment in bottoms)


def test_the_stillest_moment_is_in_the_pause_and_the_fastest_in_a_squat() -> None:
    by_kind = {moment.kind: moment for moment in key_moments(squats(), "left_knee")}
    assert by_kind["stillest"].time_s > 9.0
    assert by_kind["fastest"].time_s < 9.0
    assert by_kind["fastest"].value > 0.5 > 0.1 > by_kind["stillest"].value


def test_moments_are_few_in_order_and_apart() -> None:
    moments = key_moments(squats(6), "left_knee", most=5, apart_s=0.8)
    times_s = [moment.time_s for moment in moments]
    assert len(moments) == 5
    assert times_s == sorted(times_s)
    assert np.diff(times_s).min() >= 0.8


def test_somebody_never_found_has_no_moments_and_no_speed() -> None:
    nobody = PoseSequence.from_poses(np.arange(5) / FPS, [None] * 5, (640, 480))
    assert key_moments(nobody, "left_knee") == ()
    assert np.isnan(speed_torsos_per_s(nobody)).all()
    assert len(key_moments(PoseSequence.from_poses(np.empty(0), [], (640, 480)), "left_knee")) == 0

"""The last seconds of a stream, as charts read them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from pose_core.geometry.angles import pose_angles_deg
from pose_core.pose import Pose, TrackedPerson
from pose_core.tracking.history import History
from tests.support.watching import watched

PoseMaker = Callable[..., Pose]


def someone(number: int, raw: Pose, pose: Pose | None = None) -> TrackedPerson:
    return TrackedPerson(number, raw, raw if pose is None else pose)


def test_angles_of_one_person_over_time_are_those_of_the_frames(make_pose: PoseMaker) -> None:
    history, bent = History(), make_pose({"left_ankle": (420, 380)})
    assert history.add(watched(1.0, [someone(1, make_pose()), someone(2, bent)])) == ()
    history.add(watched(1.1, [someone(1, make_pose())]))
    history.add(watched(1.2, [someone(2, bent)]))
    times_s, angles = history.angles(2)
    assert times_s.tolist() == [1.0, 1.1, 1.2]
    knee_deg = pose_angles_deg(bent, "image", 0.5)["left_knee"]
    np.testing.assert_allclose(angles["left_knee"], [knee_deg, math.nan, knee_deg])


def test_only_the_last_seconds_are_kept(make_pose: PoseMaker) -> None:
    history = History(kept_s=2.0)
    for eighth in range(50):
        history.add(watched(eighth / 8, [someone(1, make_pose())]))
    times_s, _ = history.angles(1)
    assert times_s.tolist() == [eighth / 8 for eighth in range(33, 50)]


def test_visibility_is_the_mean_over_time(make_pose: PoseMaker) -> None:
    history = History()
    for number, level in enumerate((0.2, 0.6)):
        history.add(watched(number / 30, [someone(1, make_pose(visibility=np.full(33, level)))]))
    history.add(watched(1.0))
    visibility = history.visibility(1)
    assert visibility is not None
    np.testing.assert_allclose(visibility, 0.4)
    assert history.visibility(2) is None


def test_jitter_tells_the_models_landmarks_from_the_smoothed(make_pose: PoseMaker) -> None:
    history, steady = History(), make_pose()
    for n in range(10):
        history.add(watched(n / 30, [someone(3, make_pose(shift_xy=(6.0 * (n % 2), 0.0)), steady)]))
    assert history.jitter_px() == pytest.approx((12 / math.sqrt(6), 0), abs=1e-9)
    assert history.jitter_px(3) == history.jitter_px()
    assert all(math.isnan(jitter) for jitter in history.jitter_px(1))
    history.add(watched(1.0))
    assert all(math.isnan(jitter) for jitter in history.jitter_px()), "nobody is here"


def test_after_a_cut_nothing_earlier_is_shown(make_pose: PoseMaker) -> None:
    history = History()
    history.add(watched(1.0, [someone(1, make_pose())]))
    assert history.restart(1.1) == ()
    assert len(history.angles(1)[0]) == 0
    history.add(watched(0.2, [someone(1, make_pose())]))
    assert history.finish() == ()
    assert history.angles(1)[0].tolist() == [0.2], "after the end it can still be read"

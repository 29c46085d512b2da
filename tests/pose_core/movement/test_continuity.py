"""Another scene, or the same body going on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pose_core.movement.coach import Coach
from pose_core.movement.continuity import Continuity
from tests.support.performing import Show, true_pose, truly


def test_a_body_that_goes_on_where_it_was_is_the_same_whatever_the_picture_looks_like() -> None:
    coach = Coach("squat", arming=False)
    for number, frame in enumerate(truly(Show("squat_right", 90.0, 1.0))):
        if number % 5 == 0:  # a caption fades in
            coach.restart(frame.time_s)
        coach.add(frame)
    assert coach.state.count == 4


@pytest.mark.parametrize(("moved_px", "after_s"), [(200.0, 0.04), (0.0, 0.5)])
def test_after_a_cut_a_body_elsewhere_or_later_is_another_scene(moved_px: float, after_s: float) -> None:
    continuity, pose = Continuity(), true_pose("squat_right", 0.0, 90.0)
    for number in range(20):
        continuity.add(pose, 0.04 * number)
    assert continuity.add(pose, 0.8) == "goes_on"
    continuity.suspect(0.8 + after_s)
    elsewhere = dataclasses.replace(pose, image_xy_px=pose.image_xy_px + np.array([moved_px, 0.0]))
    assert continuity.add(elsewhere, 0.8 + after_s) == "new_scene"
    assert continuity.add(elsewhere, 0.9 + after_s) == "unsettled"

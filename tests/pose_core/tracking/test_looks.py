"""Somebody who comes back, or comes out from behind another, is known by their clothes."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from pose_core.arrays import FrameRGB
from pose_core.pose import Pose
from pose_core.tracking.looks import look_of
from pose_core.tracking.people import PeopleTracker

STEP_S = 1 / 30
RED, BLUE = (200, 40, 40), (40, 60, 200)


def picture(*people: tuple[Pose, tuple[int, int, int]]) -> FrameRGB:
    """Each person's box in one colour."""
    frame = np.full((480, 1280, 3), 128, dtype=np.uint8)
    for pose, colour in people:
        low, high = pose.image_xy_px.min(axis=0).astype(int), pose.image_xy_px.max(axis=0).astype(int)
        cv2.rectangle(frame, low.tolist(), high.tolist(), colour, -1)
    return frame


def at(make_pose: Callable[..., Pose], x: float) -> Pose:
    return make_pose(shift_xy=(x, 0), size_wh=(1280, 480))


def test_other_clothes_differ_far_more_than_light(make_pose: Callable[..., Pose]) -> None:
    pose = at(make_pose, 0)
    red, blue = look_of(pose, picture((pose, RED))), look_of(pose, picture((pose, BLUE)))
    darker = look_of(pose, picture((pose, (170, 34, 34))))
    assert red.difference(darker) < 12 < 40 < red.difference(blue)


@pytest.mark.parametrize("swapped", [False, True])
def test_who_comes_back_after_five_seconds_gets_the_number_by_their_clothes(
    make_pose: Callable[..., Pose], swapped: bool
) -> None:
    tracker = PeopleTracker(None)
    places, colours = (0.0, 500.0), (RED, BLUE)
    for frame in range(5):
        people = [(at(make_pose, x), colour) for x, colour in zip(places, colours, strict=True)]
        tracker.update([pose for pose, _ in people], frame * STEP_S, 2, picture(*people))
    tracker.update([], 2.0, 2, picture())
    back = [
        (at(make_pose, x), colour) for x, colour in zip(places, colours[:: -1 if swapped else 1], strict=True)
    ]
    found = tracker.update([pose for pose, _ in back], 5.0, 2, picture(*back))
    number_at_left = min(found, key=lambda person: person.raw.image_xy_px[0, 0]).number
    assert number_at_left == (2 if swapped else 1)


def test_one_person_found_twice_is_one(make_pose: Callable[..., Pose]) -> None:
    tracker = PeopleTracker(None)
    poses = [make_pose(), make_pose(shift_xy=(3.0, 2.0)), make_pose(shift_xy=(250.0, 0.0))]
    assert len(tracker.update(poses, 0.0)) == 2

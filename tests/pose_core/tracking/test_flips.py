"""Left and right of the whole body are put right where the model exchanged them for a moment."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pose_core.pose import Pose
from pose_core.tracking.flips import FlipMender, exchanged
from pose_core.tracking.people import PeopleTracker

STEP_S = 1 / 30


def test_exchanging_twice_changes_nothing(make_pose: Callable[..., Pose]) -> None:
    pose = make_pose()
    once, twice = exchanged(pose), exchanged(exchanged(pose))
    np.testing.assert_array_equal(twice.image_xy_px, pose.image_xy_px)
    assert not np.array_equal(once.image_xy_px, pose.image_xy_px)
    np.testing.assert_array_equal(once.image_xy_px[0], pose.image_xy_px[0])  # the nose


def test_single_flipped_frames_are_mended_and_marked(make_pose: Callable[..., Pose]) -> None:
    tracker = PeopleTracker(None)
    for frame in range(20):
        true = make_pose(shift_xy=(2.0 * frame, 0.0))
        wrong = frame in (5, 11, 12)
        (person,) = tracker.update([exchanged(true) if wrong else true], frame * STEP_S)
        assert person.flipped == wrong
        np.testing.assert_array_equal(person.pose.image_xy_px, true.image_xy_px)


def test_what_stays_exchanged_is_believed_after_a_third_of_a_second(make_pose: Callable[..., Pose]) -> None:
    mender = FlipMender()
    mender.mend(make_pose(), 0.0)
    flips = [mender.mend(exchanged(make_pose()), (1 + n) * STEP_S)[1] for n in range(15)]
    assert flips[:9] == [True] * 9
    assert not any(flips[11:])


def test_somebody_seen_from_the_side_is_left_alone(make_pose: Callable[..., Pose]) -> None:
    pose = make_pose()
    middle = (pose.image_xy_px + exchanged(pose).image_xy_px) / 2 + 0.05 * pose.image_xy_px
    narrow = Pose(middle, pose.image_z_px, pose.world_xyz_m, pose.visibility, pose.presence, pose.size_wh)
    mender = FlipMender()
    mender.mend(narrow, 0.0)
    assert mender.mend(exchanged(narrow), STEP_S)[1] is False

"""The example that a visitor can download is read again as it is."""

from __future__ import annotations

import numpy as np

from pose_core.evaluation.example_set import example_zip
from pose_core.evaluation.performer_set import performer_dataset
from pose_core.evaluation.uploads import read_uploads


def test_the_example_is_small_and_read_again_joint_for_joint() -> None:
    data = example_zip()
    assert len(data) < 200_000
    read, made = read_uploads({"example.zip": data}), performer_dataset(small=True)
    assert read.format == "coco"
    assert read.keypoints.joints == made.keypoints.joints
    assert read.missing == read.notes == ()
    assert len(read.pictures) == 4
    for one, other in zip(read.pictures, made.pictures, strict=False):
        np.testing.assert_allclose(one.people[0].joints_xy, other.people[0].joints_xy, atol=0.051)
        np.testing.assert_array_equal(one.people[0].flags, other.people[0].flags)
        assert one.size_wh == other.size_wh

"""A pose is validated, copied and read-only; its units convert back and forth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pose_core.pose import Pose
from pose_core.skeleton import INDEX

ARRAYS = ("image_xy_px", "image_z_px", "world_xyz_m", "visibility", "presence")


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_read_only_float64(make_pose: Callable[..., Pose], name: str) -> None:
    array = getattr(make_pose(), name)
    assert array.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1.0


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_copies_of_what_was_given(make_pose: Callable[..., Pose], name: str) -> None:
    given = np.array(getattr(make_pose(), name))
    pose = make_pose(**{name: given})
    given[0] = -77.0
    assert not np.any(getattr(pose, name) == -77.0)


@pytest.mark.parametrize("name", ARRAYS)
def test_another_shape_is_refused_by_name(make_pose: Callable[..., Pose], name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} must have shape .* \(32,"):
        make_pose(**{name: getattr(make_pose(), name)[:32]})


@pytest.mark.parametrize("size_wh", [(0, 480), (640, 0), (640, -1)])
def test_size_must_be_positive(make_pose: Callable[..., Pose], size_wh: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="size_wh must be positive"):
        make_pose(size_wh=size_wh)


def test_a_pose_cannot_be_changed(make_pose: Callable[..., Pose]) -> None:
    with pytest.raises(AttributeError):
        make_pose().size_wh = (1, 1)


def test_normalised_positions_are_fractions_of_width_and_height(make_pose: Callable[..., Pose]) -> None:
    pose = make_pose({"nose": (160, 120), "left_wrist": (640, 480), "right_wrist": (-64, 528)})
    norm = pose.image_xy_norm
    assert norm[INDEX["nose"]] == pytest.approx([0.25, 0.25])
    assert norm[INDEX["left_wrist"]] == pytest.approx([1, 1])
    assert norm[INDEX["right_wrist"]] == pytest.approx([-0.1, 1.1]), "outside the picture is kept"


def test_depth_is_a_fraction_of_the_width(make_pose: Callable[..., Pose]) -> None:
    pose = make_pose(image_z_px=np.full(33, -160.0))
    assert pose.image_z_norm == pytest.approx(np.full(33, -0.25))


def test_a_landmark_at_the_limit_is_visible_and_one_that_is_unknown_is_not(
    make_pose: Callable[..., Pose],
) -> None:
    visibility = np.full(33, 0.5)
    visibility[:2] = 0.499, np.nan
    visible = make_pose(visibility=visibility).visible(0.5)
    assert visible.tolist() == [False, False] + [True] * 31


def test_unknown_values_are_allowed_as_nan(make_pose: Callable[..., Pose]) -> None:
    pose = make_pose(image_xy_px=np.full((33, 2), np.nan))
    assert np.isnan(pose.image_xy_norm).all()

"""From pixels to metres in the plane of the picture, and the slope of the floor in it."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.skeleton import INDEX

__all__ = ["floor_angle_deg", "metres_per_px", "model_metres_per_px"]

_PAIRS: Final = {
    joint: [INDEX[f"left_{joint}"], INDEX[f"right_{joint}"]]
    for joint in ("shoulder", "hip", "knee", "ankle", "heel", "foot_index")
}
#: Shank, thigh and trunk (hip to shoulder) together, as a share of the body's height.
_SHARE_OF_HEIGHT: Final = 0.246 + 0.245 + 0.288
#: Perspective and turning only shorten a segment, and noise lengthens a few: of all frames this share is shorter.
_QUANTILE: Final = 0.9
#: Of the walked distance, in torso lengths: from less, feet say nothing about the floor between them.
_LEAST_WALK_TORSOS: Final = 2.0
#: A foot that stands moves by less than this, in torso lengths a second.
_STANDING_TORSOS_PER_S: Final = 0.5


def _trunk(points: FloatArray) -> FloatArray:
    """Middle of the hips to middle of the shoulders, shape (T,)."""
    shoulders, hips = points[:, _PAIRS["shoulder"]].mean(axis=1), points[:, _PAIRS["hip"]].mean(axis=1)
    length: FloatArray = np.linalg.norm(shoulders - hips, axis=-1)
    return length


def _longest(lengths: FloatArray) -> float:
    known = lengths[np.isfinite(lengths)]
    return float(np.quantile(known, _QUANTILE)) if known.size else math.nan


def metres_per_px(xy_px: FloatArray, height_m: float) -> float:
    """The size of a pixel at the distance of somebody whose height is known.

    Parameters
    ----------
    xy_px : ndarray, shape (T, 33, 2)
        NaN where a landmark is unknown.
    height_m : float
        The person's height, positive.

    Returns
    -------
    float
        NaN if legs and trunk were never seen. Each segment counts as long as it is in the frames that show it longest,
        so that somebody who bends or squats is measured too; somebody who never stands across the line of sight is
        taken for smaller than they are.

    Notes
    -----
    Segment lengths as shares of the height: R. Drillis, R. Contini, "Body segment parameters" (1966), as given in
    D. A. Winter, "Biomechanics and Motor Control of Human Movement", figure 4.1.

    Examples
    --------
    >>> standing = np.full((1, 33, 2), np.nan)
    >>> for joint, y_px in (("shoulder", 0.0), ("hip", 288.0), ("knee", 533.0), ("ankle", 779.0)):
    ...     standing[:, _PAIRS[joint]] = (100.0, y_px)
    >>> round(metres_per_px(standing, 1.8), 6)
    0.0018
    """
    if not height_m > 0:
        raise ValueError(f"height_m must be positive; got {height_m}")
    legs = 0.0
    for upper, lower in (("hip", "knee"), ("knee", "ankle")):
        sides = np.linalg.norm(xy_px[:, _PAIRS[upper]] - xy_px[:, _PAIRS[lower]], axis=-1)
        legs += _longest(sides.ravel())
    length_px = legs + _longest(_trunk(xy_px))
    return height_m * _SHARE_OF_HEIGHT / length_px if length_px > 0 else math.nan


def model_metres_per_px(xy_px: FloatArray, world_xyz_m: FloatArray) -> float:
    """The size of a pixel if the person were as large as the model's typical body; NaN if nobody was seen.

    Parameters
    ----------
    xy_px : ndarray, shape (T, 33, 2)
    world_xyz_m : ndarray, shape (T, 33, 3)
    """
    in_picture, in_space = _trunk(xy_px), _trunk(world_xyz_m[..., :2])
    known = np.isfinite(in_picture) & np.isfinite(in_space) & (in_picture > 0)
    return float(np.median(in_space[known] / in_picture[known])) if known.any() else math.nan


def floor_angle_deg(xy_px: FloatArray, time_s: FloatArray) -> float:
    """The slope of the floor in the picture, from where somebody's feet stood.

    Parameters
    ----------
    xy_px : ndarray, shape (T, 33, 2)
    time_s : ndarray, shape (T,)
        Increasing.

    Returns
    -------
    float
        Degrees, -45 to 45; positive: the floor rises to the right. NaN unless somebody walks along the picture by at
        least two torso lengths: between two feet that stay, the line shows how they stand and not the floor.

    Notes
    -----
    The median slope between all pairs of standing feet that are at least a torso length apart (H. Theil, "A rank-
    invariant method of linear and polynomial regression analysis", 1950; P. K. Sen, 1968).
    """
    size_px = _longest(_trunk(xy_px))
    if len(time_s) < 2 or not size_px > 0:
        return math.nan
    feet = xy_px[:, [*_PAIRS["heel"], *_PAIRS["foot_index"]]]
    speed = np.linalg.norm(np.diff(feet, axis=0), axis=-1) / np.diff(time_s)[:, None]
    standing = feet[1:][speed < _STANDING_TORSOS_PER_S * size_px]
    if len(standing) < 2 or np.ptp(standing[:, 0]) < _LEAST_WALK_TORSOS * size_px:
        return math.nan
    standing = standing[np.linspace(0, len(standing) - 1, min(len(standing), 400)).astype(int)]
    across, up = (standing[:, None] - standing[None]).transpose(2, 0, 1)
    apart = across > size_px
    angle_deg = math.degrees(math.atan(float(np.median(-up[apart] / across[apart]))))
    return angle_deg if abs(angle_deg) <= 45 else math.nan

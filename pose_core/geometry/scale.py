"""From pixels to metres in the plane of the picture, and the slope of the floor in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.skeleton import INDEX

__all__ = ["FloorSlope", "floor_slope", "metres_per_px", "model_metres_per_px"]

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
#: Of a long walk the last steps are enough.
_LEAST_STEPS: Final = 4
_MOST_STEPS: Final = 100
#: Of somebody who stays at one distance, the torso keeps its size to within this share.
_SAME_SIZE: Final = 0.15
#: How often steps are drawn; the uncertainty beyond which no slope is told, and the least that the model allows.
_DRAWS: Final = 200
_SURE_DEG: Final = 3.0
_SUREST_DEG: Final = 0.3


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


@dataclass(frozen=True, slots=True)
class FloorSlope:
    """The slope of the floor in the picture.

    Attributes
    ----------
    deg : float
        -45 to 45; positive: the floor rises to the right.
    within_deg : float
        Of a hundred such films, 95 have the true slope within this distance.
    """

    deg: float
    within_deg: float


def floor_slope(xy_px: FloatArray, time_s: FloatArray) -> FloorSlope | None:
    """The slope of the floor in the picture, from where somebody's feet stood.

    Parameters
    ----------
    xy_px : ndarray, shape (T, 33, 2)
    time_s : ndarray, shape (T,)
        Increasing.

    Returns
    -------
    FloorSlope or None
        None where it cannot be told: unless somebody walks along the picture by at least two torso lengths, feet show
        how they stand and not the floor; of somebody who also comes nearer or goes away, they show the way. And None if
        the slope is not known to within 3 degrees.

    Notes
    -----
    The median slope between all pairs of steps of one foot that are at least a torso length apart (H. Theil, "A
    rank-invariant method of linear and polynomial regression analysis", 1950; P. K. Sen, 1968). How sure that is: from
    the same median of steps drawn at random with replacement (B. Efron, "Bootstrap methods: another look at the
    jackknife", 1979).
    """
    trunk_px = _trunk(xy_px)
    size_px = _longest(trunk_px)
    if len(time_s) < 2 or not size_px > 0:
        return None
    steps = _standing_feet(xy_px, time_s, size_px)
    if len(steps) < _LEAST_STEPS or np.ptp(steps[:, 0]) < _LEAST_WALK_TORSOS * size_px:
        return None
    if _comes_nearer(xy_px, trunk_px):
        return None
    found = _median_slope(steps, size_px)
    random = np.random.default_rng(0)
    drawn = [_median_slope(steps[random.integers(0, len(steps), len(steps))], size_px) for _ in range(_DRAWS)]
    known = np.degrees(np.arctan([one for one in drawn if math.isfinite(one)]))
    if not math.isfinite(found) or len(known) < _DRAWS / 2:
        return None
    low, high = np.quantile(known, (0.025, 0.975))
    deg = math.degrees(math.atan(found))
    within_deg = max(high - deg, deg - low, _SUREST_DEG)
    return FloorSlope(deg, float(within_deg)) if abs(deg) <= 45 and within_deg <= _SURE_DEG else None


def _standing_feet(xy_px: FloatArray, time_s: FloatArray, size_px: float) -> FloatArray:
    """Where a foot stood, once for each time that it did: x, y and which foot, shape (N, 3)."""
    feet = (xy_px[:, _PAIRS["heel"]] + xy_px[:, _PAIRS["foot_index"]]) / 2
    speed = np.linalg.norm(np.diff(feet, axis=0), axis=-1) / np.diff(time_s)[:, None]
    stands = speed < _STANDING_TORSOS_PER_S * size_px  # NaN is not
    places = []
    for foot in range(feet.shape[1]):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], stands[:, foot], [False]]).astype(int)))
        for first, end in edges.reshape(-1, 2):
            places.append((*feet[1:][first:end, foot].mean(axis=0), foot))
    return np.array(places).reshape(-1, 3)[-_MOST_STEPS:]


def _comes_nearer(xy_px: FloatArray, trunk_px: FloatArray) -> bool:
    """Whether somebody changes their size from one end of the way to the other."""
    x_px = xy_px[:, _PAIRS["hip"], 0].mean(axis=1)
    known = np.isfinite(x_px) & np.isfinite(trunk_px)
    slope, _ = np.polyfit(x_px[known], trunk_px[known], 1)
    return bool(abs(slope) * np.ptp(x_px[known]) > _SAME_SIZE * np.median(trunk_px[known]))


def _median_slope(steps: FloatArray, apart_px: float) -> float:
    """Upwards by so much for each pixel to the right; NaN if no two steps of one foot are far enough apart."""
    across, down, other_foot = (steps[:, None] - steps[None]).transpose(2, 0, 1)
    apart = (across > apart_px) & (other_foot == 0)
    return float(np.median(-down[apart] / across[apart])) if apart.any() else math.nan

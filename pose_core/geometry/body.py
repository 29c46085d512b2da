"""Measures of a body's landmarks: the body's size, and how much they jitter."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.skeleton import INDEX

__all__ = ["body_size", "jitter_px", "jitter_squared_px"]

_TRUNK: Final = [INDEX[name] for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")]
#: Shoulders (joint to joint) are about two thirds as wide as the torso is long.
_TORSO_PER_SHOULDERS: Final = 1.5


def body_size(points: FloatArray) -> float:
    """Roughly the length of the torso, seen from any side.

    Parameters
    ----------
    points : ndarray, shape (33, D)
        Landmarks in pixels (D = 2) or metres (D = 3).

    Returns
    -------
    float
        In units of `points`: the distance from the middle of the shoulders to the middle of the hips, or 1.5 times
        the width of the shoulders if that is more, since a torso bent towards the camera looks short. NaN if a
        shoulder or hip is unknown.
    """
    # Plain numbers: for four points they are several times faster than arrays.
    trunk = points[_TRUNK].tolist()
    torso = math.hypot(*((ls + rs - lh - rh) / 2 for ls, rs, lh, rh in zip(*trunk, strict=True)))
    return max(torso, _TORSO_PER_SHOULDERS * math.dist(trunk[0], trunk[1]))


def jitter_px(xy_px: FloatArray, time_s: FloatArray) -> float:
    """How much landmarks jitter, leaving out movement.

    Each position is compared with the straight line between those before and after it: steady movement gives 0, and
    an acceleration `a` in pixels/s² only ``0.4 a T²`` at a time step of T.

    Parameters
    ----------
    xy_px : ndarray, shape (T, 33, 2)
        Any number of points will do. NaN is a gap: positions next to it do not count.
    time_s : ndarray, shape (T,)
        Increasing; steps may differ.

    Returns
    -------
    float
        Pixels, root mean square over all positions: for points at rest with independent noise it is the root mean
        square distance from their true positions. NaN if there are no three positions in a row.

    Raises
    ------
    ValueError
        If the lengths differ or time does not increase.

    Notes
    -----
    The pseudo-residuals of T. Gasser, L. Sroka, C. Jennen-Steinmetz, "Residual variance and residual pattern in
    nonlinear regression", Biometrika 73 (1986), pp. 625-633; at even steps the second difference over the square root
    of 6.

    Examples
    --------
    >>> zigzag = np.array([0.0, 3.0, 0.0, 3.0]).reshape(4, 1, 1) * np.ones((1, 33, 2))
    >>> round(jitter_px(zigzag, np.arange(4) / 30), 3)  # the second difference is 6 in x and in y
    3.464
    """
    squared = jitter_squared_px(xy_px, time_s)
    known = np.isfinite(squared)
    return float(np.sqrt(squared[known].mean())) if known.any() else math.nan


def jitter_squared_px(xy_px: FloatArray, time_s: FloatArray) -> FloatArray:
    """What `jitter_px` is the root mean square of.

    Parameters and errors as there.

    Returns
    -------
    ndarray, shape (T, 33)
        Square pixels of each position; NaN in the first and last row, and next to gaps.
    """
    if len(xy_px) != len(time_s):
        raise ValueError(f"time_s must have one time for each of {len(xy_px)} poses; got {len(time_s)}")
    steps_s = np.diff(time_s)
    if (steps_s <= 0).any():
        raise ValueError(f"time_s must increase; got a step of {steps_s.min()} s")
    squared = np.full(xy_px.shape[:2], np.nan)
    if len(time_s) < 3:
        return squared
    before_s, after_s = steps_s[:-1, None, None], steps_s[1:, None, None]
    weight_before, weight_after = after_s / (before_s + after_s), before_s / (before_s + after_s)
    residual = xy_px[1:-1] - weight_before * xy_px[:-2] - weight_after * xy_px[2:]
    squared[1:-1] = (residual**2 / (1 + weight_before**2 + weight_after**2)).sum(axis=2)
    return squared

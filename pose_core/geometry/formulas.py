"""Angles from points, array in, array out. All conventions: docs/conventions.md.

Angles are computed from pixels or metres, never from normalised coordinates, where a right angle at 16:9 would read
121 degrees.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.geometry.definitions import ANGLES

__all__ = ["angles_deg", "interior_angle_deg", "lean_deg", "obliquity_deg"]

#: Landmark numbers by kind, shape (angles, points), so that each kind is computed at once; `ANGLES` is in this order.
_INDICES: Final = {
    kind: np.array([angle.indices for angle in ANGLES if angle.kind == kind])
    for kind in ("interior", "lean", "obliquity")
}

#: A line shorter than this (pixels or metres) has no direction.
_SHORTEST: Final = 1e-9


def _unit(vectors: FloatArray) -> FloatArray:
    """The vectors (..., D) scaled to length 1; NaN where there is no direction."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: FloatArray = np.divide(vectors, length, out=np.full_like(vectors, np.nan), where=length > _SHORTEST)
    return unit


def interior_angle_deg(first: FloatArray, vertex: FloatArray, last: FloatArray) -> FloatArray:
    """Angle at `vertex` between the lines to `first` and `last`.

    Parameters
    ----------
    first, vertex, last : ndarray, shape (..., D)
        Points in pixels (D = 2) or metres (D = 3).

    Returns
    -------
    ndarray, shape (...)
        0 to 180 degrees; 180 is a straight limb. NaN where a limb has no length or a point is NaN.

    Notes
    -----
    ``2 atan2(|u - v|, |u + v|)`` for unit vectors u, v: W. Kahan, "How Futile are Mindless Assessments of Roundoff",
    section 12. Unlike ``arccos`` it stays exact near 0 and 180 degrees.

    Examples
    --------
    >>> float(interior_angle_deg(np.array([0.0, 1]), np.array([0.0, 0]), np.array([2.0, 0])))
    90.0
    """
    u, v = _unit(first - vertex), _unit(last - vertex)
    half = np.arctan2(np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1))
    return np.asarray(np.degrees(2.0 * half), dtype=np.float64)


def lean_deg(lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Angle of the line from `lower` to `upper` against the upward vertical.

    Parameters
    ----------
    lower, upper : ndarray, shape (..., D)
        Points in pixels (D = 2) or metres (D = 3); the second coordinate points down.

    Returns
    -------
    ndarray, shape (...)
        0 (upright) to 180 degrees (upside down), in any direction. NaN where the points coincide.

    Examples
    --------
    >>> float(lean_deg(np.array([0.0, 0]), np.array([0.0, -5])))
    0.0
    """
    up = np.zeros(lower.shape[-1])
    up[1] = -1.0
    return interior_angle_deg(upper, lower, lower + up)


def obliquity_deg(left: FloatArray, right: FloatArray) -> FloatArray:
    """How much higher the person's left point is than the right one, as an angle against the horizontal.

    Parameters
    ----------
    left, right : ndarray, shape (..., D)
        Points in pixels (D = 2) or metres (D = 3); the second coordinate points down.

    Returns
    -------
    ndarray, shape (...)
        -90 to 90 degrees, positive when the left is higher; the same in a mirrored picture and from behind. NaN where
        the points coincide.

    Examples
    --------
    >>> float(obliquity_deg(np.array([10.0, -10]), np.array([0.0, 0])))
    45.0
    """
    direction = _unit(left - right)
    sideways = np.hypot(direction[..., 0], direction[..., 2] if direction.shape[-1] == 3 else 0.0)
    return np.asarray(np.degrees(np.arctan2(-direction[..., 1], sideways)), dtype=np.float64)


def angles_deg(points: FloatArray, visible: NDArray[np.bool_]) -> FloatArray:
    """All `ANGLES` of one skeleton or many.

    Parameters
    ----------
    points : ndarray, shape (..., 33, D)
        Landmarks in pixels (D = 2) or metres (D = 3), y down.
    visible : ndarray of bool, shape (..., 33)
        Which landmarks may be used.

    Returns
    -------
    ndarray, shape (..., len(ANGLES))
        Degrees, in the order of `ANGLE_NAMES`; NaN where a needed landmark is not visible.
    """
    usable = np.where(visible[..., None], points, np.nan)
    by_kind = {
        kind: usable[..., indices, :] for kind, indices in _INDICES.items()
    }  # (..., angles, points, D)
    interior, lean, obliquity = (by_kind[kind] for kind in ("interior", "lean", "obliquity"))
    values = np.concatenate(
        [
            interior_angle_deg(interior[..., 0, :], interior[..., 1, :], interior[..., 2, :]),
            lean_deg(lean[..., :2, :].mean(axis=-2), lean[..., 2:, :].mean(axis=-2)),
            obliquity_deg(obliquity[..., 0, :], obliquity[..., 1, :]),
        ],
        axis=-1,
    )
    return np.asarray(values, dtype=np.float64)

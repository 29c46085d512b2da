"""Joint angles from landmarks, gated by visibility. All conventions: docs/conventions.md.

Angles are computed from pixels or metres, never from normalised coordinates, where a right angle at 16:9 would read
121 degrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.pose import Pose, PoseSequence
from pose_core.skeleton import INDEX

__all__ = [
    "ANGLES",
    "ANGLE_NAMES",
    "LIMB_ANGLES",
    "AngleDefinition",
    "Space",
    "angles_deg",
    "image_angles_deg",
    "interior_angle_deg",
    "lean_deg",
    "obliquity_deg",
    "pose_angles_deg",
    "sequence_angles_deg",
    "side_difference_deg",
]

Space = Literal["image", "world"]
Kind = Literal["interior", "lean", "obliquity"]


@dataclass(frozen=True, slots=True)
class AngleDefinition:
    """One angle: its name, and which landmarks it needs.

    Attributes
    ----------
    name : str
        Such as ``left_knee`` or ``trunk_lean``.
    kind : {"interior", "lean", "obliquity"}
        ``interior``: at the middle one of three points, 0 to 180, 180 is straight. ``lean``: of the line from the
        middle of the first two points to the middle of the last two against the vertical, 0 to 180, 0 is upright.
        ``obliquity``: of the line from the second point (right) to the first (left) against the horizontal,
        -90 to 90, positive when the person's left is higher.
    points : tuple of str
        Landmark names: three, four or two, by `kind`.
    """

    name: str
    kind: Kind
    points: tuple[str, ...]

    @property
    def indices(self) -> tuple[int, ...]:
        """Landmark numbers of `points`."""
        return tuple(INDEX[name] for name in self.points)


_LIMBS: Final = {
    "elbow": ("shoulder", "elbow", "wrist"),
    "shoulder": ("elbow", "shoulder", "hip"),
    "hip": ("shoulder", "hip", "knee"),
    "knee": ("hip", "knee", "ankle"),
    "ankle": ("knee", "ankle", "foot_index"),
}

#: Joints with an angle on each side, from top to bottom.
LIMB_ANGLES: Final[tuple[str, ...]] = tuple(_LIMBS)

ANGLES: Final[tuple[AngleDefinition, ...]] = (
    *(
        AngleDefinition(f"{side}_{joint}", "interior", tuple(f"{side}_{point}" for point in points))
        for joint, points in _LIMBS.items()
        for side in ("left", "right")
    ),
    AngleDefinition("trunk_lean", "lean", ("left_hip", "right_hip", "left_shoulder", "right_shoulder")),
    AngleDefinition("neck_lean", "lean", ("left_shoulder", "right_shoulder", "left_ear", "right_ear")),
    AngleDefinition("head_tilt", "obliquity", ("left_ear", "right_ear")),
    AngleDefinition("shoulder_obliquity", "obliquity", ("left_shoulder", "right_shoulder")),
    AngleDefinition("pelvis_obliquity", "obliquity", ("left_hip", "right_hip")),
)
ANGLE_NAMES: Final[tuple[str, ...]] = tuple(angle.name for angle in ANGLES)

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


def image_angles_deg(poses: Sequence[Pose], visibility_limit: float) -> FloatArray:
    """All angles of the people in one picture, in its plane: what drawing and watchers need for each frame.

    Parameters
    ----------
    poses : sequence of Pose
    visibility_limit : float
        Landmarks with a visibility below this are not used.

    Returns
    -------
    ndarray, shape (len(poses), len(ANGLES))
        As `angles_deg`, one row per pose.
    """
    if not poses:
        return np.empty((0, len(ANGLES)))
    points = np.array([pose.image_xy_px for pose in poses])
    return angles_deg(points, np.array([pose.visible(visibility_limit) for pose in poses]))


def pose_angles_deg(pose: Pose, space: Space, visibility_limit: float) -> dict[str, float]:
    """All angles of a pose, by name.

    Parameters
    ----------
    pose : Pose
    space : {"image", "world"}
        In the plane of the picture (from pixels) or in space (from world landmarks).
    visibility_limit : float
        Landmarks with a visibility below this are not used.

    Returns
    -------
    dict of str to float
        Degrees; NaN where a needed landmark is not visible.
    """
    points = pose.image_xy_px if space == "image" else pose.world_xyz_m
    values = angles_deg(points, pose.visible(visibility_limit))
    return dict(zip(ANGLE_NAMES, values.tolist(), strict=True))


def sequence_angles_deg(sequence: PoseSequence, space: Space, visibility_limit: float) -> FloatArray:
    """All angles of a person over time.

    Parameters
    ----------
    sequence : PoseSequence
        T frames.
    space : {"image", "world"}
        In the plane of the picture (from pixels) or in space (from world landmarks).
    visibility_limit : float
        Landmarks with a visibility below this are not used.

    Returns
    -------
    ndarray, shape (T, len(ANGLES))
        Degrees, in the order of `ANGLE_NAMES`; NaN where a needed landmark is not visible, and where the person was not
        found.
    """
    points = sequence.image_xy_px if space == "image" else sequence.world_xyz_m
    found = sequence.found  # a passer-by is missing from most of a long sequence
    values = np.full((len(sequence), len(ANGLES)), np.nan)
    values[found] = angles_deg(points[found], sequence.visible(visibility_limit)[found])
    return values


def side_difference_deg(angles: Mapping[str, float], joint: str) -> int | None:
    """How far apart the left and right angles of a joint are, as shown beside them.

    Parameters
    ----------
    angles : mapping of str to float
        Degrees by angle name, as from `pose_angles_deg`.
    joint : str
        One of `LIMB_ANGLES`.

    Returns
    -------
    int or None
        Taken from the two rounded to whole degrees, so that it agrees with what a person reads; None if one is NaN.

    Examples
    --------
    >>> side_difference_deg({"left_knee": 171.6, "right_knee": 178.4}, "knee")
    6
    """
    left, right = angles[f"left_{joint}"], angles[f"right_{joint}"]
    return abs(round(left) - round(right)) if isfinite(left) and isfinite(right) else None

"""The angles of poses, with the reason why one is missing or uncertain. All conventions: docs/conventions.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.geometry.definitions import ANGLE_NAMES, ANGLES, LIMB_ANGLES, AngleDefinition, Space
from pose_core.geometry.formulas import angles_deg, interior_angle_deg, lean_deg, obliquity_deg
from pose_core.geometry.reasons import (
    REASONS,
    Codes,
    Reason,
    angle_reasons,
    landmark_reasons,
    uncertain_reasons,
)
from pose_core.pose import Pose, PoseSequence

__all__ = [
    "ANGLES",
    "ANGLE_NAMES",
    "LIMB_ANGLES",
    "AngleDefinition",
    "Angles",
    "Space",
    "angles_deg",
    "image_angles",
    "image_angles_deg",
    "interior_angle_deg",
    "lean_deg",
    "obliquity_deg",
    "pose_angle_reasons",
    "pose_angles_deg",
    "pose_landmark_reasons",
    "sequence_angles",
    "sequence_angles_deg",
    "sequence_landmark_reasons",
    "side_difference_deg",
]


@dataclass(frozen=True, slots=True, eq=False)
class Angles:
    """Angles, and what is to be said about them.

    Attributes
    ----------
    deg : ndarray, shape (..., len(ANGLES))
        Degrees, in the order of `ANGLE_NAMES`; NaN where there is no angle.
    reasons : ndarray of uint8, shape (..., len(ANGLES))
        Places in `pose_core.geometry.reasons.REASONS`: why an angle is missing or uncertain; 0 otherwise.
    """

    deg: FloatArray
    reasons: Codes


def _angles(image_xy_px: FloatArray, world_xyz_m: FloatArray, landmarks: Codes, space: Space) -> Angles:
    """Angles of skeletons (..., 33, D), given why landmarks may not be used (..., 33)."""
    if space == "world":
        deg = angles_deg(world_xyz_m, landmarks == 0)
        return Angles(deg, angle_reasons(landmarks, deg))
    flat = np.zeros(
        (2, *world_xyz_m.shape)
    )  # both at once: at this size NumPy's calls cost more than the numbers
    flat[0, ..., :2] = image_xy_px
    flat[1] = world_xyz_m
    deg, world_deg = angles_deg(flat, np.broadcast_to(landmarks == 0, flat.shape[:-1]))
    missing = angle_reasons(landmarks, deg)
    return Angles(deg, np.maximum(missing, uncertain_reasons(deg, world_deg, world_xyz_m)))


def _picture_px(size_wh: tuple[int, int]) -> tuple[float, float, float, float]:
    return (0.0, 0.0, *size_wh)


def pose_landmark_reasons(pose: Pose, visibility_limit: float) -> list[Reason]:
    """Why each of the 33 landmarks of a pose may not be used; an empty text where it may.

    Parameters
    ----------
    pose : Pose
    visibility_limit : float
        Landmarks with a visibility below this are not visible.
    """
    return [REASONS[code] for code in _landmarks(pose, visibility_limit).tolist()]


def _landmarks(pose: Pose, visibility_limit: float) -> Codes:
    picture_px = _picture_px(pose.size_wh)
    return landmark_reasons(pose.image_xy_px, pose.visibility, pose.presence, picture_px, visibility_limit)


def image_angles(poses: Sequence[Pose], visibility_limit: float) -> Angles:
    """All angles of the people in one picture, in its plane: what drawing and watchers need for each frame.

    Parameters
    ----------
    poses : sequence of Pose
        In pixels of the same picture.
    visibility_limit : float
        Landmarks with a visibility below this are not used.

    Returns
    -------
    Angles
        Of shape (len(poses), len(ANGLES)): one row per pose.
    """
    if not poses:
        return Angles(np.empty((0, len(ANGLES))), np.empty((0, len(ANGLES)), dtype=np.uint8))
    image_xy_px = np.array([pose.image_xy_px for pose in poses])
    landmarks = landmark_reasons(
        image_xy_px,
        np.array([pose.visibility for pose in poses]),
        np.array([pose.presence for pose in poses]),
        np.array([_picture_px(pose.size_wh) for pose in poses]),
        visibility_limit,
    )
    return _angles(image_xy_px, np.array([pose.world_xyz_m for pose in poses]), landmarks, "image")


def image_angles_deg(poses: Sequence[Pose], visibility_limit: float) -> FloatArray:
    """The degrees of `image_angles`, shape (len(poses), len(ANGLES))."""
    return image_angles(poses, visibility_limit).deg


def _pose_angles(pose: Pose, space: Space, visibility_limit: float) -> Angles:
    return _angles(pose.image_xy_px, pose.world_xyz_m, _landmarks(pose, visibility_limit), space)


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
        Degrees; NaN where a needed landmark is not visible, absent or outside the picture; `pose_angle_reasons` says
        which.
    """
    return dict(zip(ANGLE_NAMES, _pose_angles(pose, space, visibility_limit).deg.tolist(), strict=True))


def pose_angle_reasons(pose: Pose, space: Space, visibility_limit: float) -> dict[str, Reason]:
    """Why angles of `pose_angles_deg` are missing or uncertain, by name; an empty text where there is nothing to say.

    Only angles in the picture are marked as uncertain: those in space are estimates anyway, the same from all sides.
    """
    codes = _pose_angles(pose, space, visibility_limit).reasons.tolist()
    return {name: REASONS[code] for name, code in zip(ANGLE_NAMES, codes, strict=True)}


def sequence_landmark_reasons(sequence: PoseSequence, visibility_limit: float) -> Codes:
    """Why landmarks may not be used, shape (T, 33): places in `pose_core.geometry.reasons.REASONS`."""
    return landmark_reasons(
        sequence.image_xy_px,
        sequence.visibility,
        sequence.presence,
        sequence.picture_px,
        visibility_limit,
    )


def sequence_angles(sequence: PoseSequence, space: Space, visibility_limit: float) -> Angles:
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
    Angles
        Of shape (T, len(ANGLES)). Where the person was not found, degrees are NaN and there is no reason.
    """
    found = sequence.found  # a passer-by is missing from most of a long sequence
    landmarks = sequence_landmark_reasons(sequence, visibility_limit)[found]
    there = _angles(sequence.image_xy_px[found], sequence.world_xyz_m[found], landmarks, space)
    deg = np.full((len(sequence), len(ANGLES)), np.nan)
    reasons = np.zeros(deg.shape, dtype=np.uint8)
    deg[found], reasons[found] = there.deg, there.reasons
    return Angles(deg, reasons)


def sequence_angles_deg(sequence: PoseSequence, space: Space, visibility_limit: float) -> FloatArray:
    """The degrees of `sequence_angles`, shape (T, len(ANGLES))."""
    return sequence_angles(sequence, space, visibility_limit).deg


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

"""Why an angle is missing, and why a given one is uncertain: the one rule for screen, pictures, files and programs.

A joint that is outside the picture, or that the model itself believes to be, or that is not visible has no angles. A
line that points at the camera keeps its angle in the picture, marked as uncertain: what is left of it there says
little. How the limits were chosen: docs/conventions.md.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.geometry.definitions import ANGLES, AngleDefinition

__all__ = [
    "DISAGREEMENT_LIMIT_DEG",
    "MISSING",
    "PRESENCE_LIMIT",
    "REASONS",
    "SHARE_LIMIT",
    "SIDEWAYS_SHARE_LIMIT",
    "UNCERTAIN",
    "Codes",
    "Missing",
    "Reason",
    "Stated",
    "Uncertain",
    "angle_reasons",
    "landmark_reasons",
    "uncertain_reasons",
]

#: Why an angle is missing, and why one that is given is uncertain.
Missing = Literal["not_visible", "outside_picture"]
Uncertain = Literal["toward_camera", "profile"]
Stated = Literal[Missing, Uncertain]
#: An empty text: nothing to say.
Reason = Literal["", Stated]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
MISSING: Final[tuple[Missing, ...]] = get_args(Missing)
UNCERTAIN: Final[tuple[Uncertain, ...]] = get_args(Uncertain)
#: Reasons as numbers: places in `REASONS`.
Codes = NDArray[np.uint8]
_NONE, _HIDDEN, _OUTSIDE, _TOWARD, _PROFILE = range(len(REASONS))

#: A landmark whose presence is below this counts as outside the picture, wherever the model puts it.
PRESENCE_LIMIT: Final = 0.5
#: An angle in the picture is uncertain if it differs from the one in space by more than this.
DISAGREEMENT_LIMIT_DEG: Final = 30.0
#: And if less than this share of one of its lines can be seen: the line points at the camera within 24 degrees.
SHARE_LIMIT: Final = 0.4
#: The same for lines from side to side, which have no second line to compare with: turned by more than 60 degrees.
SIDEWAYS_SHARE_LIMIT: Final = 0.5


def _lines(angle: AngleDefinition) -> tuple[tuple[tuple[int, int], tuple[int, int]], ...]:
    """The two lines of an angle, each from the middle of two landmarks to the middle of two."""
    i = angle.indices
    if angle.kind == "interior":
        return ((i[0], i[0]), (i[1], i[1])), ((i[1], i[1]), (i[2], i[2]))
    line = ((i[0], i[1]), (i[2], i[3])) if angle.kind == "lean" else ((i[0], i[0]), (i[1], i[1]))
    return line, line


_LINES: Final = np.array([_lines(angle) for angle in ANGLES])  # (angles, 2 lines, 2 ends, 2 landmarks)
_POINTS: Final = _LINES.reshape(len(ANGLES), -1)  # all landmarks that an angle needs, some of them twice
_SIDEWAYS: Final = np.array([angle.kind == "obliquity" for angle in ANGLES])
_SHARE_LIMITS: Final = np.where(_SIDEWAYS, SIDEWAYS_SHARE_LIMIT, SHARE_LIMIT)
_DISAGREEMENT_LIMITS_DEG: Final = np.where(_SIDEWAYS, np.inf, DISAGREEMENT_LIMIT_DEG)
_UNCERTAIN_CODES: Final = np.where(_SIDEWAYS, _PROFILE, _TOWARD).astype(np.uint8)


def landmark_reasons(
    xy_px: FloatArray,
    visibility: FloatArray,
    presence: FloatArray,
    picture_px: FloatArray | tuple[float, float, float, float],
    visibility_limit: float,
) -> Codes:
    """Why each landmark may not be used.

    Parameters
    ----------
    xy_px : ndarray, shape (..., 33, 2)
    visibility, presence : ndarray, shape (..., 33)
    picture_px : ndarray, shape (..., 4), or tuple
        Left, top, right and bottom edge of the picture in the pixels of `xy_px`.
    visibility_limit : float
        Landmarks with a visibility below this are not visible.

    Returns
    -------
    ndarray of uint8, shape (..., 33)
        Places in `REASONS`: 0 where the landmark may be used. What is unknown (NaN) is not visible; an unknown presence
        alone, as browsers leave it, decides nothing.
    """
    edges = np.asarray(picture_px, dtype=np.float64)[..., None, :]
    outside = ((xy_px < edges[..., :2]) | (xy_px > edges[..., 2:])).any(axis=-1) | (presence < PRESENCE_LIMIT)
    known = (visibility >= visibility_limit) & np.isfinite(xy_px).all(axis=-1)
    return np.where(outside, _OUTSIDE, np.where(known, _NONE, _HIDDEN)).astype(np.uint8)


def uncertain_reasons(image_deg: FloatArray, world_deg: FloatArray, world_xyz_m: FloatArray) -> Codes:
    """Why each angle in the picture is uncertain.

    Parameters
    ----------
    image_deg, world_deg : ndarray, shape (..., len(ANGLES))
        In the picture and in space.
    world_xyz_m : ndarray, shape (..., 33, 3)

    Returns
    -------
    ndarray of uint8, shape (..., len(ANGLES))
        Places in `REASONS`; 0 where nothing speaks against an angle, and where there is none.
    """
    ends = world_xyz_m[..., _LINES[..., 0], :] + world_xyz_m[..., _LINES[..., 1], :]  # twice the middles
    squares = np.square(ends[..., 0, :] - ends[..., 1, :])  # (..., angles, 2 lines, 3)
    across, all_of_it = squares[..., 0] + squares[..., 1], squares.sum(axis=-1)
    short = (across < np.square(_SHARE_LIMITS)[:, None] * all_of_it).any(axis=-1)
    disagree = np.abs(image_deg - world_deg) > _DISAGREEMENT_LIMITS_DEG  # false where one is NaN
    uncertain = (short | disagree) & np.isfinite(image_deg)
    return np.where(uncertain, _UNCERTAIN_CODES, _NONE).astype(np.uint8)


def angle_reasons(landmarks: Codes, deg: FloatArray) -> Codes:
    """Why angles are missing.

    Parameters
    ----------
    landmarks : ndarray of uint8, shape (..., 33)
        As from `landmark_reasons`.
    deg : ndarray, shape (..., len(ANGLES))
        The angles.

    Returns
    -------
    ndarray of uint8, shape (..., len(ANGLES))
        Places in `REASONS`; 0 where there is an angle. A joint outside the picture explains more than a hidden one.
    """
    worst = landmarks[..., _POINTS].max(axis=-1)
    return np.where(np.isfinite(deg), _NONE, np.maximum(worst, _HIDDEN)).astype(np.uint8)

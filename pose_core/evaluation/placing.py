"""Annotations in pixels of the upright picture, whatever they were written in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.evaluation.dataset import AREA_OF_BOX, AnnotatedPerson, AnnotatedPicture

__all__ = ["Truth", "place"]

#: How far two aspect ratios may differ, in pixels of the picture's side, for one to be a resized copy of the other.
_ROUNDING_PX: Final = 2.0

#: For each EXIF orientation: from shares of the stored picture to those of the upright one, as ``matrix @ xy + shift``.
_TURNS: Final[dict[int, tuple[tuple[tuple[int, int], tuple[int, int]], tuple[int, int]]]] = {
    1: (((1, 0), (0, 1)), (0, 0)),
    2: (((-1, 0), (0, 1)), (1, 0)),
    3: (((-1, 0), (0, -1)), (1, 1)),
    4: (((1, 0), (0, -1)), (0, 1)),
    5: (((0, 1), (1, 0)), (0, 0)),
    6: (((0, -1), (1, 0)), (1, 0)),
    7: (((0, -1), (-1, 0)), (1, 1)),
    8: (((0, 1), (-1, 0)), (0, 1)),
}


@dataclass(frozen=True, eq=False, slots=True)
class Truth:
    """A picture's annotations in pixels of the upright picture.

    Attributes
    ----------
    people : tuple of AnnotatedPerson, length G
    xy_px : ndarray, shape (G, C, 2)
        NaN where not annotated.
    flags : ndarray of int, shape (G, C)
    box_px : ndarray, shape (G, 4)
        Left, top, width, height.
    area_px2 : ndarray, shape (G,)
    ignored, crowd : ndarray of bool, shape (G,)
    size_wh : tuple of int
        Of the upright picture.
    to_file : ndarray, shape (2, 3)
        Affine: from the upright picture's pixels to the coordinates of the annotations' file.
    """

    people: tuple[AnnotatedPerson, ...]
    xy_px: FloatArray
    flags: NDArray[np.int8]
    box_px: FloatArray
    area_px2: FloatArray
    ignored: NDArray[np.bool_]
    crowd: NDArray[np.bool_]
    size_wh: tuple[int, int]
    to_file: FloatArray

    @property
    def annotated(self) -> NDArray[np.bool_]:
        """Which joints count, shape (G, C)."""
        return self.flags > 0

    @property
    def scored(self) -> NDArray[np.intp]:
        """Numbers of the people who are scored."""
        return np.flatnonzero(~self.ignored)

    def in_file(self, xy_px: FloatArray) -> FloatArray:
        """Points of the upright picture in the coordinates of the file, shape (..., 2)."""
        return np.asarray(xy_px @ self.to_file[:, :2].T + self.to_file[:, 2])


def place(
    picture: AnnotatedPicture,
    size_wh: tuple[int, int],
    stored_wh: tuple[int, int],
    orientation: int,
    joints: int,
) -> Truth | None:
    """Put annotations onto the decoded picture.

    Annotations refer to the upright picture if its size is the one that they state, or if they state none; to the
    stored one, before EXIF turned it, if they state that; and to a resized copy if the shape is the same.

    Parameters
    ----------
    picture : AnnotatedPicture
    size_wh, stored_wh : tuple of int
        Upright, and as stored in the file.
    orientation : int
        EXIF's, 1 to 8.
    joints : int
        Number of comparable joints, C.

    Returns
    -------
    Truth or None
        None if the annotations belong to a picture of another shape.
    """
    stated = (1, 1) if picture.normalised else picture.size_wh or size_wh
    if picture.normalised or _same_shape(stated, size_wh):
        turn = 1
    elif _same_shape(stated, stored_wh):
        turn = orientation
    else:
        return None
    matrix, shift = (np.array(part, dtype=np.float64) for part in _TURNS[turn])
    to_px = np.column_stack([matrix / np.array(stated), shift]) * np.array(size_wh, dtype=np.float64)[:, None]
    people = picture.people
    xy = np.array([person.joints_xy for person in people]).reshape(len(people), joints, 2)
    boxes = np.array([person.box_xywh for person in people]).reshape(len(people), 4)
    corners = np.stack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1) @ to_px[:, :2].T + to_px[:, 2]
    box_px = np.concatenate([corners.min(axis=1), np.ptp(corners, axis=1)], axis=1)
    given = np.array([person.area for person in people]) * abs(np.linalg.det(to_px[:, :2]))
    area = np.where(np.isfinite(given), given, AREA_OF_BOX * box_px[:, 2] * box_px[:, 3])
    back = np.linalg.inv(to_px[:, :2])
    return Truth(
        people=people,
        xy_px=xy @ to_px[:, :2].T + to_px[:, 2],
        flags=np.array([person.flags for person in people], dtype=np.int8).reshape(len(people), joints),
        box_px=box_px,
        area_px2=area,
        ignored=np.array([bool(person.ignored) for person in people], dtype=bool),
        crowd=np.array([person.ignored == "crowd" for person in people], dtype=bool),
        size_wh=size_wh,
        to_file=np.column_stack([back, -back @ to_px[:, 2]]),
    )


def _same_shape(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether the sizes are equal, or one is the other resized."""
    return abs(one[0] * other[1] - one[1] * other[0]) <= _ROUNDING_PX * max(*one, *other)

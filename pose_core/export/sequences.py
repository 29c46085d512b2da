"""Landmarks and angles of people over time as rows and columns of rounded numbers.

Works for a `pose_core.tracking.recording.Recording` and for other sequences. Columns: docs/conventions.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.export.photos import COLUMNS
from pose_core.export.tables import DEFAULT_DIGITS, DIGITS
from pose_core.geometry.angles import ANGLE_NAMES, Angles, Space, sequence_angles, sequence_landmark_reasons
from pose_core.geometry.reasons import Codes
from pose_core.pose import PeopleOverTime, PoseSequence

__all__ = [
    "ANGLE_DIGITS",
    "KEYS",
    "RECORDING_COLUMNS",
    "Rows",
    "angle_rows",
    "landmark_blocks",
    "person_columns",
    "rounded_times_s",
]

#: Those of a photo, where positions are smoothed here, and the positions as the model gave them.
RECORDING_COLUMNS: Final[tuple[str, ...]] = (*COLUMNS[:-1], "x_raw_px", "y_raw_px", "reason")
KEYS: Final = ("frame", "time_s", "person", "landmark")
ANGLE_DIGITS: Final = 1
#: These follow from pixels, width and height; JSON leaves them out to stay small.
_NOT_IN_JSON: Final = ("x_norm", "y_norm")
#: Rows are in order of frames, so all people are laid out together: 10 seconds at a time, about 10 MB for five people.
_FRAMES_AT_ONCE: Final = 300


@dataclass(frozen=True, eq=False)
class Rows:
    """Numbers of people in frames, ordered by frame and then by person.

    Attributes
    ----------
    frame, person : ndarray of int, shape (N,)
        Number of the frame, from 0, and of the person, from 1.
    numbers : mapping of str to ndarray, shape (N, ...)
        By column; NaN where unknown.
    reasons : mapping of str to ndarray of uint8, shape (N, ...)
        By what they explain: places in `pose_core.geometry.reasons.REASONS`.
    """

    frame: NDArray[np.int64]
    person: NDArray[np.int64]
    numbers: Mapping[str, FloatArray]
    reasons: Mapping[str, Codes]

    @classmethod
    def together(cls, parts: list[Rows]) -> Rows:
        """Rows of several people, put in order; `parts` must not be empty."""
        frame, person = (
            np.concatenate([getattr(part, key) for part in parts]) for key in ("frame", "person")
        )
        order = np.lexsort((person, frame))
        numbers = {
            name: np.concatenate([part.numbers[name] for part in parts])[order] for name in parts[0].numbers
        }
        reasons = {
            name: np.concatenate([part.reasons[name] for part in parts])[order] for name in parts[0].reasons
        }
        return cls(frame[order], person[order], numbers, reasons)


def rounded_times_s(people: PeopleOverTime) -> FloatArray:
    """Time of every frame, shape (T,)."""
    return np.round(people.time_s, DIGITS["time_s"])


def landmark_blocks(people: PeopleOverTime) -> Iterator[Rows]:
    """Numbers (N, 33) by the names of `RECORDING_COLUMNS` after `KEYS`, a few hundred frames at a time.

    ``reasons["reason"]``, shape (N, 33), is why landmarks have no angles.
    """
    limit = people.settings.visibility_limit
    for start in range(0, people.time_s.size, _FRAMES_AT_ONCE):
        parts = []
        for person in people.people:
            frames = slice(start, start + _FRAMES_AT_ONCE)
            raw_xy_px = people.sequence(person, "raw", frames).image_xy_px
            smoothed = people.sequence(person, "smoothed", frames)
            found = np.flatnonzero(smoothed.found)
            numbers = dict(_numbers(smoothed, raw_xy_px, found))
            reasons = {"reason": sequence_landmark_reasons(smoothed, limit)[found]}
            parts.append(Rows(start + found, np.full(found.size, person), numbers, reasons))
        if parts:
            yield Rows.together(parts)


def _numbers(
    smoothed: PoseSequence, raw_xy_px: FloatArray, found: NDArray[np.int64]
) -> Iterator[tuple[str, FloatArray]]:
    """Name and rounded values (N, 33) of each column, in the order of `RECORDING_COLUMNS`, for the frames `found`."""
    xy_px, world_m = smoothed.image_xy_px, smoothed.world_xyz_m
    width, height = smoothed.size_wh
    columns = {
        "x_px": (xy_px[..., 0], 1),
        "y_px": (xy_px[..., 1], 1),
        "x_norm": (xy_px[..., 0], width),
        "y_norm": (xy_px[..., 1], height),
        "z": (smoothed.image_z_px, width),
        "world_x_m": (world_m[..., 0], 1),
        "world_y_m": (world_m[..., 1], 1),
        "world_z_m": (world_m[..., 2], 1),
        "visibility": (smoothed.visibility, 1),
        "presence": (smoothed.presence, 1),
        "x_raw_px": (raw_xy_px[..., 0], 1),
        "y_raw_px": (raw_xy_px[..., 1], 1),
    }
    for name in RECORDING_COLUMNS[len(KEYS) : -1]:
        values, unit = columns[name]
        yield name, np.round(values[found] / unit, DIGITS.get(name, DEFAULT_DIGITS))


def _angles(smoothed: PoseSequence, visibility_limit: float) -> dict[str, Angles]:
    """Rounded, shape (T, len(ANGLE_NAMES)), by space."""
    both = {space: sequence_angles(smoothed, space, visibility_limit) for space in get_args(Space)}
    return {
        space: Angles(np.round(angles.deg, ANGLE_DIGITS), angles.reasons) for space, angles in both.items()
    }


def angle_rows(people: PeopleOverTime) -> Rows:
    """Angles (N, len(ANGLE_NAMES)) by space, of all frames; N is 0 if nobody was found."""
    nobody = np.empty(0, dtype=np.int64)
    shape = (0, len(ANGLE_NAMES))
    numbers = {space: np.empty(shape) for space in get_args(Space)}
    reasons = {space: np.empty(shape, dtype=np.uint8) for space in get_args(Space)}
    parts = [Rows(nobody, nobody, numbers, reasons)]
    for person in people.people:
        smoothed = people.sequence(person, "smoothed")
        found = np.flatnonzero(smoothed.found)
        angles = _angles(smoothed, people.settings.visibility_limit)
        numbers = {space: values.deg[found] for space, values in angles.items()}
        reasons = {space: values.reasons[found] for space, values in angles.items()}
        parts.append(Rows(found, np.full(found.size, person), numbers, reasons))
    return Rows.together(parts)


def person_columns(people: PeopleOverTime, person: int) -> dict[str, Any]:
    """What JSON has of a person: numbers and arrays for the N frames that show the person, NaN where unknown.

    Returns
    -------
    dict
        ``person``; ``frame``, shape (N,); the columns of numbers, each of shape (N, 33); ``angles_deg``: by space and
        name, each of shape (N,); ``angle_reasons``: the same, places in `pose_core.geometry.reasons.REASONS`.
    """
    raw_xy_px = people.sequence(person, "raw").image_xy_px
    smoothed = people.sequence(person, "smoothed")
    found = np.flatnonzero(smoothed.found)
    numbers = {
        name: values for name, values in _numbers(smoothed, raw_xy_px, found) if name not in _NOT_IN_JSON
    }
    angles = _angles(smoothed, people.settings.visibility_limit)

    def by_name(values: FloatArray | Codes) -> dict[str, Any]:
        return dict(zip(ANGLE_NAMES, np.ascontiguousarray(values[found].T), strict=True))

    return {
        "person": person,
        "frame": found,
        **numbers,
        "angles_deg": {space: by_name(values.deg) for space, values in angles.items()},
        "angle_reasons": {space: by_name(values.reasons) for space, values in angles.items()},
    }

"""What a person corrects in a result: who is who, and left and right, from a moment on. Undo is the result before."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pose_core.pipeline.video import VideoResult
from pose_core.tracking.flips import OTHER_SIDE

__all__ = ["exchange_people", "exchange_sides"]


def _rows(result: VideoResult, from_s: float, to_s: float) -> NDArray[np.bool_]:
    """Which rows belong to frames from `from_s` to before `to_s`."""
    time_s = result.time_s[result.row_frame]
    return np.asarray((time_s >= from_s) & (time_s < to_s))


def exchange_people(
    result: VideoResult, one: int, other: int, from_s: float, to_s: float = math.inf
) -> VideoResult:
    """The result with two people's numbers exchanged from a moment on.

    Parameters
    ----------
    result : VideoResult
        Not changed.
    one, other : int
        Numbers of people; `other` may be new, which splits somebody in two.
    from_s, to_s : float
        Times as in `VideoResult.time_s`; the end is not included.
    """
    rows = _rows(result, from_s, to_s)
    person = result.row_person.copy()
    person[rows & (result.row_person == one)] = other
    person[rows & (result.row_person == other)] = one
    person.flags.writeable = False
    return replace(result, row_person=person)


def exchange_sides(result: VideoResult, person: int, from_s: float, to_s: float = math.inf) -> VideoResult:
    """The result with one person's left and right exchanged from a moment on, in the raw and the smoothed poses.

    Parameters as in `exchange_people`. Takes as much memory again as the landmarks.
    """
    rows = np.flatnonzero(_rows(result, from_s, to_s) & (result.row_person == person))
    values = result.values.copy()
    values[rows] = values[rows][:, :, OTHER_SIDE]
    values.flags.writeable = False
    return replace(result, values=values)

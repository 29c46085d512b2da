"""The moments of a film that are worth a look: extremes of an angle, stillest and fastest."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.geometry.angles import ANGLE_NAMES, Space, sequence_angles
from pose_core.geometry.body import body_size
from pose_core.pose import PoseSequence
from pose_core.skeleton import INDEX

__all__ = ["Mark", "Moment", "MomentKind", "key_moments", "marked", "speed_torsos_per_s"]

MomentKind = Literal["least", "greatest", "stillest", "fastest", "mark"]

#: Joints that tell how fast somebody moves; hands and face would only add noise.
_MOVING: Final = [
    INDEX[f"{side}_{joint}"]
    for side in ("left", "right")
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
]
#: Movement is averaged over this time.
_WINDOW_S: Final = 0.5
#: An extreme stands out from its surroundings by at least this.
_PROMINENCE_DEG: Final = 15.0


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of one person.

    Attributes
    ----------
    time_s : float
    frame : int
        Place in the sequence.
    kind : {"least", "greatest", "stillest", "fastest", "mark"}
        An extreme of the chosen angle, or of movement, or somebody's own mark.
    value : float
        Degrees, or torso lengths a second; NaN of a mark.
    text : str
        Of a mark.
    """

    time_s: float
    frame: int
    kind: MomentKind
    value: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment that a person marked.

    Attributes
    ----------
    time_s : float
    text : str
    """

    time_s: float
    text: str


def marked(time_s: FloatArray, marks: Sequence[Mark]) -> tuple[Moment, ...]:
    """The moments of somebody's own marks, in order of time: the frames nearest to them.

    Examples
    --------
    >>> [moment.frame for moment in marked(np.array([0.0, 0.5, 1.0]), [Mark(0.6, "heel down")])]
    [1]
    """
    if not len(time_s):
        return ()
    found = []
    for mark in sorted(marks, key=lambda mark: mark.time_s):
        frame = int(np.argmin(np.abs(time_s - mark.time_s)))
        found.append(Moment(float(time_s[frame]), frame, "mark", math.nan, mark.text))
    return tuple(found)


def speed_torsos_per_s(sequence: PoseSequence) -> FloatArray:
    """How fast the main joints move, on average, shape (T,); NaN where somebody is not found or next to such a frame.

    Relative to the torso, so that people near and far are alike.
    """
    if len(sequence) < 2:
        return np.full(len(sequence), np.nan)
    sizes = np.array([body_size(points) for points in sequence.image_xy_px])
    known = np.isfinite(sizes) & (sizes > 0)
    if not known.any():
        return np.full(len(sequence), np.nan)
    velocity = np.gradient(sequence.image_xy_px[:, _MOVING], sequence.time_s, axis=0)
    speed: FloatArray = np.linalg.norm(velocity, axis=-1).mean(axis=1) / np.median(sizes[known])
    return speed


def key_moments(
    sequence: PoseSequence,
    angle: str,
    *,
    space: Space = "image",
    visibility_limit: float = 0.5,
    most: int = 8,
    apart_s: float = 0.5,
) -> tuple[Moment, ...]:
    """The moments worth a look, in order of time.

    Parameters
    ----------
    sequence : PoseSequence
    angle : str
        One of `pose_core.geometry.angles.ANGLE_NAMES`.
    space : {"image", "world"}
    visibility_limit : float
    most : int
        How many at most; the stillest and the fastest first, then the extremes that stand out most.
    apart_s : float
        Least time between two moments.

    Returns
    -------
    tuple of Moment
        Empty if the person was never found.
    """
    degrees = sequence_angles(sequence, space, visibility_limit).deg[:, ANGLE_NAMES.index(angle)]
    chosen: list[Moment] = []
    for moment in (*_of_movement(sequence), *_extremes(sequence.time_s, degrees)):
        if len(chosen) < most and all(abs(moment.time_s - other.time_s) >= apart_s for other in chosen):
            chosen.append(moment)
    return tuple(sorted(chosen, key=lambda moment: moment.time_s))


def _of_movement(sequence: PoseSequence) -> Iterator[Moment]:
    speed = speed_torsos_per_s(sequence)
    known = np.isfinite(speed)
    if known.sum() < 2:
        return
    mean = _moving_mean(sequence.time_s, speed)
    pairs: tuple[tuple[MomentKind, int], ...] = (
        ("stillest", int(np.nanargmin(mean))),
        ("fastest", int(np.nanargmax(mean))),
    )
    for kind, frame in pairs:
        yield Moment(float(sequence.time_s[frame]), frame, kind, float(mean[frame]))


def _moving_mean(time_s: FloatArray, values: FloatArray) -> FloatArray:
    """Mean over a window around each time; NaN where the value itself is unknown."""
    known = np.isfinite(values)
    total = np.append(0.0, np.cumsum(np.where(known, values, 0.0)))
    count = np.append(0, np.cumsum(known))
    first = np.searchsorted(time_s, time_s - _WINDOW_S / 2)
    end = np.searchsorted(time_s, time_s + _WINDOW_S / 2, side="right")
    mean: FloatArray = (total[end] - total[first]) / np.maximum(count[end] - count[first], 1)
    return np.where(known, mean, np.nan)


def _extremes(time_s: FloatArray, degrees: FloatArray) -> list[Moment]:
    """Turning points of an angle, those that stand out most first."""
    known = np.flatnonzero(np.isfinite(degrees))
    found: list[tuple[float, Moment]] = []
    for kind, sign in (("greatest", 1.0), ("least", -1.0)):
        values = sign * degrees[known]
        for at, height in _peaks(values):
            frame = int(known[at])
            moment = Moment(float(time_s[frame]), frame, kind, float(degrees[frame]))  # type: ignore[arg-type]
            found.append((height, moment))
    found.sort(key=lambda entry: (-entry[0], entry[1].time_s))
    return [moment for height, moment in found if height >= _PROMINENCE_DEG]


def _peaks(values: NDArray[np.float64]) -> Iterator[tuple[int, float]]:
    """Each highest point between two valleys, and by how much it stands out: the lesser of the two drops beside it.

    At an end, only the drop on the other side counts.
    """
    if not len(values):
        return
    turns = [0]
    up: bool | None = None
    for at in range(1, len(values)):
        if values[at] != values[turns[-1]]:
            rising = bool(values[at] > values[turns[-1]])
            if up is None or rising == up:
                if up is None:
                    turns.append(at)
                else:
                    turns[-1] = at
                up = rising
            elif abs(values[at] - values[turns[-1]]) >= _PROMINENCE_DEG:
                turns.append(at)
                up = rising
    for place, at in enumerate(turns):
        beside = [
            values[at] - values[turns[near]] for near in (place - 1, place + 1) if 0 <= near < len(turns)
        ]
        if beside and min(beside) > 0:
            yield at, float(min(beside)) if math.isfinite(min(beside)) else 0.0

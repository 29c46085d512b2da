"""Effort: how far somebody is from the start posture (0) to the far end of a full repetition (1), from several signals.

The signals of an exercise are made alike, and the middle one counts: one that a view hides, or that the model invents,
does no harm beside two good ones.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pose_core.arrays import FloatArray
from pose_core.movement.body import index_of
from pose_core.movement.exercise import Exercise, Part, Signal

__all__ = ["EFFORT_RANGE", "SEEN", "SEEN_LIMIT", "BodyFrame", "EffortMeter", "Steady", "side_weights"]

#: Beyond these ends nothing is learnt, and a joint that jumps would stretch the range.
EFFORT_RANGE: Final = (-0.5, 2.0)
#: A side whose limb's visibility is better by this counts alone; in between, both count by how well they are seen.
_CLEARLY_BETTER: Final = 0.25
_SEEN_TIME_S: Final = 1.0

#: A part with a visibility below this is not seen.
SEEN_LIMIT: Final = 0.5

#: Columns of the visibility of each part, left and right.
SEEN: Final[dict[Part, tuple[int, int]]] = {
    "whole": (index_of("left_seen"), index_of("right_seen")),
    "arm": (index_of("left_arm_seen"), index_of("right_arm_seen")),
    "leg": (index_of("left_leg_seen"), index_of("right_leg_seen")),
}


def side_weights(seen: dict[Part, tuple[float, float]]) -> dict[Part, float]:
    """Weight of the left side, 0 to 1, for each part, from the visibility of left and right."""
    return {
        part: min(1.0, max(0.0, 0.5 + (left - right) / (2 * _CLEARLY_BETTER)))
        for part, (left, right) in seen.items()
    }


@dataclass(frozen=True, slots=True, eq=False)
class BodyFrame:
    """One person in one frame, measured.

    Attributes
    ----------
    time_s : float
    row : ndarray, shape (N_MEASURES,)
        From `pose_core.movement.body.Body`.
    values : list of float
        The same as plain numbers: one at a time, they are faster.
    weights : dict of str to float
        Weight of the left side for each part, 0 to 1.
    """

    time_s: float
    row: FloatArray
    values: list[float]
    weights: dict[Part, float]


class Steady:
    """The visibility of each part on both sides, evened out over a second, so that the sides do not take turns."""

    def __init__(self) -> None:
        self._time_s = math.nan
        self._seen: dict[Part, tuple[float, float]] = {}

    def frame(self, row: FloatArray, time_s: float) -> BodyFrame:
        """A row with the weights of the sides after it; see `side_weights`."""
        values = row.tolist()
        return BodyFrame(time_s, row, values, self._update(values, time_s))

    def _update(self, row: Sequence[float], time_s: float) -> dict[Part, float]:
        newest = {part: (row[left], row[right]) for part, (left, right) in SEEN.items()}
        if math.isnan(self._time_s):
            self._seen = newest
        else:
            share = 1 - math.exp(-max(0.0, time_s - self._time_s) / _SEEN_TIME_S)
            self._seen = {
                part: (
                    old[0] + share * (newest[part][0] - old[0]),
                    old[1] + share * (newest[part][1] - old[1]),
                )
                for part, old in self._seen.items()
            }
        self._time_s = time_s
        return side_weights(self._seen)


class _Reading:
    """A signal with the places of its measures looked up, for one frame after the other."""

    __slots__ = ("_left", "_most", "_part", "_rest", "_right", "_way")

    def __init__(self, signal: Signal) -> None:
        self._left, self._right = index_of(signal.measures[0]), index_of(signal.measures[-1])
        self._part = signal.part
        self._rest, self._way = signal.rest, signal.target - signal.rest
        self._most = signal.most

    def effort(self, row: Sequence[float], weights: dict[Part, float]) -> float:
        """Of the sides that are to be believed."""
        left, right, left_weight = row[self._left], row[self._right], weights[self._part]
        if self._most and 0 < left_weight < 1:
            value = max(left, right) if self._way > 0 else min(left, right)
        else:
            value = left_weight * left + (1 - left_weight) * right
        return (value - self._rest) / self._way


class EffortMeter:
    """Effort of one exercise, frame by frame: as measured, and evened out for decisions.

    Parameters
    ----------
    exercise : Exercise
        With at least one signal.

    Notes
    -----
    Evened out by the median of the last 0.2 s and then an exponential mean of 0.04 s, by time and not by frames. The
    lag (about 0.12 s) does not matter for the phases of a repetition, which are found afterwards from what was
    measured.
    """

    MEDIAN_S: Final = 0.2
    MEAN_S: Final = 0.04

    def __init__(self, exercise: Exercise) -> None:
        self._signals = [_Reading(signal) for signal in exercise.signals]
        self._recent: deque[tuple[float, float]] = deque()
        self._steady = math.nan
        self._time_s = math.nan

    def restart(self) -> None:
        """What follows does not continue what was before."""
        self._recent.clear()
        self._steady = math.nan

    def measured(self, row: Sequence[float], weights: dict[Part, float]) -> float:
        """The middle one of the signals' efforts, within `EFFORT_RANGE`; NaN if none is known."""
        efforts = [effort for signal in self._signals if (effort := signal.effort(row, weights)) == effort]
        if not efforts:  # each was NaN, which differs from itself
            return math.nan
        efforts.sort()
        half = len(efforts) // 2
        middle = efforts[half] if len(efforts) % 2 else (efforts[half - 1] + efforts[half]) / 2
        return min(EFFORT_RANGE[1], max(EFFORT_RANGE[0], middle))

    def update(self, effort: float, time_s: float) -> float:
        """Evened out after one more measured effort."""
        recent = self._recent
        recent.append((time_s, effort))
        while time_s - recent[0][0] > self.MEDIAN_S:
            recent.popleft()
        ordered = sorted([effort for _, effort in recent])
        half = len(ordered) // 2
        middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
        if math.isnan(self._steady):
            self._steady = middle
        else:
            share = 1 - math.exp(-max(0.0, time_s - self._time_s) / self.MEAN_S)
            self._steady += share * (middle - self._steady)
        self._time_s = time_s
        return self._steady

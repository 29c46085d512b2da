"""`Trace`: the frames of a movement, and whether they may be an exercise at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.movement.body import index_of
from pose_core.movement.effort import SEEN, SEEN_LIMIT, side_weights
from pose_core.movement.exercise import Gate, Part, Signal
from pose_core.movement.phases import Phases

__all__ = ["NEAR_EXTREME", "NEAR_REST", "Trace", "gates_open"]

#: Frames near the extreme, and near the start posture, as shares of the range.
NEAR_EXTREME: Final = 0.75
NEAR_REST: Final = 0.25
#: A gate is open if it is so in this share of the frames.
_GATE_SHARE: Final = 0.5
#: At each end, one frame and this share of them do not count for how far something spreads.
_SPARE: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The frames of a repetition.

    Attributes
    ----------
    time_s : ndarray, shape (T,)
        Increasing.
    effort : ndarray, shape (T,)
        As measured (`pose_core.movement.effort`).
    rows : ndarray, shape (T, N_MEASURES)
    """

    time_s: FloatArray
    effort: FloatArray
    rows: FloatArray

    def weights(self) -> dict[Part, float]:
        """Weights of the left side over the whole trace."""
        medians = np.median(self.rows[:, list(SEEN.values())], axis=0).tolist()
        return side_weights({part: (left, right) for part, (left, right) in zip(SEEN, medians, strict=True)})

    def sees(self, part: Part) -> bool:
        """Whether a part is visible on at least one side, for most of the time."""
        return bool(np.median(self.rows[:, list(SEEN[part])].max(axis=1)) >= SEEN_LIMIT)

    def values_of(self, signal: Signal, left_weight: float) -> FloatArray:
        """A signal in each frame, shape (T,)."""
        if signal.most and len(signal.measures) == 2 and 0 < left_weight < 1:
            both = self.rows[:, [index_of(name) for name in signal.measures]]
            values: FloatArray = both.max(axis=1) if signal.target > signal.rest else both.min(axis=1)
            return values
        return self.values(signal.measures, left_weight)

    def efforts(self, signal: Signal, left_weight: float) -> FloatArray:
        """A signal's effort in each frame, shape (T,)."""
        return (self.values_of(signal, left_weight) - signal.rest) / (signal.target - signal.rest)

    def values(self, measures: Sequence[str], left_weight: float) -> FloatArray:
        """A measure in each frame, shape (T,); of two sides as far as each is seen."""
        columns = [self.rows[:, index_of(name)] for name in measures]
        if len(columns) == 1:
            return columns[0]
        return left_weight * columns[0] + (1 - left_weight) * columns[1]


def _gate_values(gate: Gate, rows: FloatArray, weights: Mapping[Part, float]) -> FloatArray:
    """What a gate looks at, shape (T, alternatives)."""
    columns = rows[:, [index_of(name) for name in gate.measures]]
    if len(gate.measures) == 2 and gate.measures[0].startswith("left_"):
        left = weights[gate.part]
        columns = columns @ np.array([[left], [1 - left]])
    return columns


def _is_open(gate: Gate, values: FloatArray, share: FloatArray) -> bool:
    """Whether a gate is open over a movement; a gate without frames to look at is.

    Parameters
    ----------
    gate : Gate
    values : ndarray, shape (T, alternatives)
    share : ndarray, shape (T,)
        Where in the movement each frame is: 0 at the start posture, 1 at the far end.
    """
    if gate.when == "change":
        far, near = values[share >= NEAR_EXTREME], values[share <= NEAR_REST]
        if not (len(far) and len(near)):
            return True
        values = (np.median(far, axis=0) - np.median(near, axis=0))[None]
    elif gate.when == "spread":
        ordered = np.sort(values, axis=0)
        spare = min(1 + int(_SPARE * len(values)), (len(values) - 1) // 2)
        values = (ordered[-1 - spare] - ordered[spare])[None]
    elif gate.when == "extreme":
        values = values[share >= NEAR_EXTREME]
    elif gate.when == "rest":
        values = values[share <= NEAR_REST]
    if not len(values):
        return True
    inside = ((values >= gate.low) & (values <= gate.high)).any(axis=1)
    return bool(inside.mean() >= _GATE_SHARE)


def gates_open(
    gates: Sequence[Gate], trace: Trace, phases: Phases, *, in_one_piece: bool = True
) -> tuple[bool, bool]:
    """Whether a trace may be this exercise, and whether it may be a complete repetition of it.

    Across a cut (not `in_one_piece`) places in the picture say nothing, so gates on a spread are left out.
    """
    share = (trace.effort - phases.rest) / max(phases.peak - phases.rest, 1e-6)
    weights = trace.weights()
    possible = complete = True
    for gate in gates:
        if gate.when == "spread" and not in_one_piece:
            continue
        if gate.part != "whole" and not trace.sees(gate.part):
            continue
        opened = _is_open(gate, _gate_values(gate, trace.rows, weights), share)
        complete &= opened
        possible &= opened or gate.partial
    return possible, complete

"""One repetition of an exercise, measured: its phases, its range, what was wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.movement.body import index_of
from pose_core.movement.effort import SEEN, side_weights, value_of
from pose_core.movement.exercise import VIEWS, Exercise, Fault, Gate, Part, Signal
from pose_core.movement.phases import Phases, find_phases

__all__ = ["Judgement", "Repetition", "Trace", "measure_repetition"]

#: Frames near the extreme, and near the start posture, as shares of the range.
_NEAR_EXTREME: Final = 0.75
_NEAR_REST: Final = 0.25
#: A gate is open, and a view is taken, if it is so in this share of the frames.
_GATE_SHARE: Final = 0.5
#: A fault that lasts: 30 % of the repetition or 0.3 s, whichever is longer.
_FAULT_SHARE: Final = 0.3
_FAULT_S: Final = 0.3
#: How far a body may be turned beyond the limits of a view: the estimate is good to about ten degrees.
_VIEW_MARGIN_DEG: Final = 5.0

_SEEN_LIMIT: Final = 0.5

#: A way to the far end that is shorter is fast (the usual tempo is 2-0-2 seconds).
FAST_S: Final = 0.8

_YAW: Final = index_of("yaw_deg")


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
        return bool(np.median(self.rows[:, list(SEEN[part])].max(axis=1)) >= _SEEN_LIMIT)

    def values_of(self, signal: Signal, left_weight: float) -> FloatArray:
        """A signal in each frame, shape (T,)."""
        return np.array([value_of(signal, row, left_weight) for row in self.rows.tolist()])

    def efforts(self, signal: Signal, left_weight: float) -> FloatArray:
        """A signal's effort in each frame, shape (T,)."""
        return (self.values_of(signal, left_weight) - signal.rest) / (signal.target - signal.rest)

    def values(self, measures: Sequence[str], left_weight: float) -> FloatArray:
        """A measure in each frame, shape (T,); of two sides as far as each is seen."""
        columns = [self.rows[:, index_of(name)] for name in measures]
        if len(columns) == 1:
            return columns[0]
        return left_weight * columns[0] + (1 - left_weight) * columns[1]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found about form.

    Attributes
    ----------
    fault : str
        Name of the `Fault`.
    value : float
        What was measured, in the unit of the fault's measure.
    limit : float
    certain : bool
        False within the tolerance of the limit: "about", not "too".
    """

    fault: str
    value: float
    limit: float
    certain: bool


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition, complete or partial.

    Attributes
    ----------
    number : int
        From 1; complete and partial ones are numbered separately.
    full : bool
        Whether it counts; partial ones are only listed.
    whole : bool
        False if the film began, or the person was first seen, at the far end.
    start_s, bottom_s, end_s : float
        When the start posture was left, the middle of the time at the far end, and when it was reached again.
    counted_s : float
        Time of the frame with which it was counted.
    down_s, pause_s, up_s : float
        Seconds to the far end, there, and back.
    range_deg, depth_deg : float
        Of the primary signal in the picture: how far it moved, and its value at the far end.
    sides_deg : tuple of float
        The primary signal of the left and of the right side at the far end; NaN for both if one is hidden.
    speed : float
        Mean speed on the way back, in ranges of the exercise per second.
    yaw_deg : float
        How far the body was turned: 0 front or back, 90 side.
    faults : tuple of Judgement
        The heaviest first.
    unseen : tuple of str
        Names of faults that this view cannot show.
    """

    number: int
    full: bool
    whole: bool
    start_s: float
    bottom_s: float
    end_s: float
    counted_s: float
    down_s: float
    pause_s: float
    up_s: float
    range_deg: float
    depth_deg: float
    sides_deg: tuple[float, float]
    speed: float
    yaw_deg: float
    effort_range: float
    faults: tuple[Judgement, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def difference_deg(self) -> float:
        """Left minus right at the far end; NaN if one side is hidden."""
        left_deg, right_deg = self.sides_deg
        return left_deg - right_deg

    @property
    def fast(self) -> bool:
        """Whether the way to the far end took less than 0.8 s: for information, no fault."""
        return self.down_s < FAST_S


def gate_values(gate: Gate, rows: FloatArray, weights: Mapping[Part, float]) -> FloatArray:
    """What a gate looks at, shape (T, alternatives)."""
    columns = rows[:, [index_of(name) for name in gate.measures]]
    if len(gate.measures) == 2 and gate.measures[0].startswith("left_"):
        left = weights[gate.part]
        columns = columns @ np.array([[left], [1 - left]])
    return columns


def is_open(gate: Gate, values: FloatArray, share: FloatArray) -> bool:
    """Whether a gate is open over a movement; a gate without frames to look at is.

    Parameters
    ----------
    gate : Gate
    values : ndarray, shape (T, alternatives)
    share : ndarray, shape (T,)
        Where in the movement each frame is: 0 at the start posture, 1 at the far end.
    """
    if gate.when == "change":
        far, near = values[share >= _NEAR_EXTREME], values[share <= _NEAR_REST]
        if not (len(far) and len(near)):
            return True
        values = (np.median(far, axis=0) - np.median(near, axis=0))[None]
    elif gate.when == "spread":
        values = np.ptp(np.quantile(values, (0.05, 0.95), axis=0), axis=0)[None]
    elif gate.when == "extreme":
        values = values[share >= _NEAR_EXTREME]
    elif gate.when == "rest":
        values = values[share <= _NEAR_REST]
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
        opened = is_open(gate, gate_values(gate, trace.rows, weights), share)
        complete &= opened
        possible &= opened or gate.partial
    return possible, complete


def measure_repetition(
    exercise: Exercise, trace: Trace, number: int, full: bool, counted_s: float, *, whole: bool = True
) -> Repetition:
    """Find a repetition's phases, and measure it.

    Parameters
    ----------
    exercise : Exercise
    trace : Trace
        From about where the start posture was left to where it is reached again; at least two frames.
    number : int
    full, whole : bool
    counted_s : float

    Returns
    -------
    Repetition
    """
    weights = trace.weights()
    signals = np.column_stack([trace.efforts(signal, weights[signal.part]) for signal in exercise.signals])
    phases = find_phases(trace.time_s, trace.effort, signals)
    primary = exercise.signals[0]
    at_far_end = (trace.time_s >= phases.arrive_s) & (trace.time_s <= phases.leave_s)
    values = trace.values_of(primary, weights[primary.part])
    depth = float(np.median(values[at_far_end]))
    inside = (trace.time_s >= phases.start_s) & (trace.time_s <= phases.end_s)
    started = values[inside] if inside.any() else values
    bending = primary.target < primary.rest
    rest = float(np.quantile(started, 0.95 if bending else 0.05))
    yaw_deg = float(np.median(trace.rows[:, _YAW]))
    up_s = phases.end_s - phases.leave_s
    judged, unseen = _judge(exercise, trace, phases, weights, yaw_deg)
    return Repetition(
        number=number,
        full=full,
        whole=whole,
        start_s=phases.start_s,
        bottom_s=phases.bottom_s,
        end_s=phases.end_s,
        counted_s=counted_s,
        down_s=phases.arrive_s - phases.start_s,
        pause_s=phases.leave_s - phases.arrive_s,
        up_s=up_s,
        range_deg=abs(rest - depth),
        depth_deg=depth,
        sides_deg=_sides(primary, trace, at_far_end, weights[primary.part]),
        speed=(phases.peak - phases.rest) / up_s if up_s > 0 else 0.0,
        yaw_deg=yaw_deg,
        effort_range=phases.peak - phases.rest,
        faults=judged,
        unseen=unseen,
    )


def _sides(
    primary: Signal, trace: Trace, where: NDArray[np.bool_], left_weight: float
) -> tuple[float, float]:
    """Left and right at the far end, if both are seen."""
    if len(primary.measures) < 2 or not 0 < left_weight < 1:
        return float("nan"), float("nan")
    left, right = (float(np.median(trace.rows[where, index_of(name)])) for name in primary.measures)
    return left, right


def seen_from(view: str, yaw_deg: float) -> bool:
    """Whether a body turned by `yaw_deg` shows what can be seen from a view."""
    low, high = VIEWS[view]  # type: ignore[index]
    return low - _VIEW_MARGIN_DEG <= yaw_deg <= high + _VIEW_MARGIN_DEG


def judge(fault: Fault, value: float) -> Judgement | None:
    """What a measured value means; None: nothing wrong, or not known (NaN)."""
    beyond = value - fault.limit if fault.above else fault.limit - value
    return Judgement(fault.name, value, fault.limit, beyond > fault.tolerance) if beyond > 0 else None


def _judge(
    exercise: Exercise, trace: Trace, phases: Phases, weights: Mapping[Part, float], yaw_deg: float
) -> tuple[tuple[Judgement, ...], tuple[str, ...]]:
    found: list[tuple[int, Judgement]] = []
    unseen = []
    for fault in exercise.faults:
        if not seen_from(fault.view, yaw_deg):
            unseen.append(fault.name)
            continue
        judgement = judge(fault, _fault_value(fault, trace, phases, weights))
        if judgement is not None:
            found.append((fault.weight + judgement.certain * 10, judgement))
    found.sort(key=lambda item: -item[0])
    return tuple(judgement for _, judgement in found), tuple(unseen)


def _fault_value(fault: Fault, trace: Trace, phases: Phases, weights: Mapping[Part, float]) -> float:
    """What decides a fault: never a single frame."""
    if fault.when == "down":
        return phases.arrive_s - phases.start_s
    if fault.when == "up":
        return phases.end_s - phases.leave_s
    values = trace.values(fault.measures, weights[fault.part])
    inside = (trace.time_s >= phases.start_s) & (trace.time_s <= phases.end_s)
    if not inside.any():
        return float("nan")
    height = max(phases.peak - phases.rest, 1e-6)
    share = (trace.effort - phases.rest) / height
    far, near = values[inside & (share >= _NEAR_EXTREME)], values[inside & (share <= _NEAR_REST)]
    if fault.when == "all":
        lasting = max(_FAULT_SHARE, min(1.0, _FAULT_S / max(phases.end_s - phases.start_s, 1e-6)))
        return float(np.quantile(values[inside], 1 - lasting if fault.above else lasting))
    if not len(far) or (fault.when != "extreme" and not len(near)):
        return float("nan")
    if fault.when == "extreme":
        return float(np.median(far))
    if fault.when == "rest":
        return float(np.median(near))
    return float(np.median(far) - np.median(near))

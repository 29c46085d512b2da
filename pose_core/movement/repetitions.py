"""One repetition of an exercise, measured: its phases, its range, what was wrong with it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.movement.body import index_of
from pose_core.movement.exercise import VIEWS, Exercise, Fault, Part, Signal
from pose_core.movement.phases import Phases, find_phases
from pose_core.movement.trace import NEAR_EXTREME, NEAR_REST, Trace

__all__ = ["Judgement", "Repetition", "judged_again", "measure_repetition"]

#: A fault that lasts: 30 % of the repetition or 0.3 s, whichever is longer.
_FAULT_SHARE: Final = 0.3
_FAULT_S: Final = 0.3
#: How far a body may be turned beyond the limits of a view: the estimate is good to about ten degrees.
_VIEW_MARGIN_DEG: Final = 5.0

#: What a model shows is this late: MediaPipe evens out its landmarks, and 0.018 s is what the far ends of the performer
#: come late in the mean of 72 runs (0.000 s with the true landmarks).
_MODEL_LAG_S: Final = 0.02
#: A far end that is held longer is where most of it was; of a shorter one the turning point is found between frames,
#: from what was measured this long before and after it.
_HELD_S: Final = 0.4
_AROUND_S: Final = 0.12

#: A way to the far end that is shorter is fast (the usual tempo is 2-0-2 seconds).
FAST_S: Final = 0.8

_YAW: Final = index_of("yaw_deg")


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
    measured : tuple of (str, float)
        Of each fault that this view can show: its name and what was measured, in the unit of its measure.
    faults : tuple of Judgement
        Of these, what is beyond its limit: the heaviest first.
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
    measured: tuple[tuple[str, float], ...] = ()
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
    square = [signal.square for signal in exercise.signals]
    joints = [signal.joint for signal in exercise.signals]
    phases = find_phases(trace.time_s, trace.effort, signals, square, joints)
    primary = exercise.signals[0]
    values = trace.values_of(primary, weights[primary.part])
    depth = _far_end(values, primary, trace, phases)
    inside = (trace.time_s >= phases.start_s) & (trace.time_s <= phases.end_s)
    started = values[inside] if inside.any() else values
    bending = primary.target < primary.rest
    rest = float(np.quantile(started, 0.95 if bending else 0.05))
    yaw_deg = float(np.median(trace.rows[:, _YAW]))
    up_s = phases.end_s - phases.leave_s
    seen = [fault for fault in exercise.faults if seen_from(fault.view, yaw_deg)]
    measured = tuple((fault.name, _fault_value(fault, trace, phases, weights)) for fault in seen)
    return Repetition(
        number=number,
        full=full,
        whole=whole,
        start_s=max(float(trace.time_s[0]), phases.start_s - _MODEL_LAG_S),
        bottom_s=phases.bottom_s - _MODEL_LAG_S,
        end_s=phases.end_s - _MODEL_LAG_S,
        counted_s=counted_s,
        down_s=phases.arrive_s - phases.start_s,
        pause_s=phases.leave_s - phases.arrive_s,
        up_s=up_s,
        range_deg=abs(rest - depth),
        depth_deg=depth,
        sides_deg=_sides(primary, trace, phases, weights[primary.part]),
        speed=(phases.peak - phases.rest) / up_s if up_s > 0 else 0.0,
        yaw_deg=yaw_deg,
        effort_range=phases.peak - phases.rest,
        measured=measured,
        faults=_judged(measured, exercise),
        unseen=tuple(fault.name for fault in exercise.faults if fault not in seen),
    )


def _far_end(values: FloatArray, signal: Signal, trace: Trace, phases: Phases) -> float:
    """How far the values of a signal get: the turning point of a parabola, or the median of a far end that is held."""
    time_s = trace.time_s
    held = values[(time_s >= phases.arrive_s) & (time_s <= phases.leave_s)]
    around = (time_s >= phases.arrive_s - _AROUND_S) & (time_s <= phases.leave_s + _AROUND_S)
    known = np.isfinite(values[around]).all()
    if phases.leave_s - phases.arrive_s > _HELD_S or np.count_nonzero(around) < 4 or not known:
        return float(np.median(held))
    curve, slope, middle = np.polyfit(time_s[around] - phases.bottom_s, values[around], 2)
    # If it does not turn, the signal says little about this movement.
    if curve * (signal.target - signal.rest) >= 0:
        return float(np.median(held))
    most_s = (phases.leave_s - phases.arrive_s) / 2
    turn_s = min(most_s, max(-most_s, -slope / (2 * curve)))
    return float(middle + slope * turn_s + curve * turn_s**2)


def _sides(primary: Signal, trace: Trace, phases: Phases, left_weight: float) -> tuple[float, float]:
    """Left and right at the far end, if both are seen."""
    if len(primary.measures) < 2 or not 0 < left_weight < 1:
        return float("nan"), float("nan")
    left, right = (
        _far_end(trace.rows[:, index_of(name)], primary, trace, phases) for name in primary.measures
    )
    return left, right


def seen_from(view: str, yaw_deg: float) -> bool:
    """Whether a body turned by `yaw_deg` shows what can be seen from a view."""
    low, high = VIEWS[view]  # type: ignore[index]
    return low - _VIEW_MARGIN_DEG <= yaw_deg <= high + _VIEW_MARGIN_DEG


def judge(fault: Fault, value: float) -> Judgement | None:
    """What a measured value means; None: nothing wrong, or not known (NaN)."""
    beyond = value - fault.limit if fault.above else fault.limit - value
    return Judgement(fault.name, value, fault.limit, beyond > fault.tolerance) if beyond > 0 else None


def _judged(measured: Sequence[tuple[str, float]], exercise: Exercise) -> tuple[Judgement, ...]:
    values = dict(measured)
    found: list[tuple[int, Judgement]] = []
    for fault in exercise.faults:
        judgement = judge(fault, values.get(fault.name, math.nan))
        if judgement is not None:
            found.append((fault.weight + judgement.certain * 10, judgement))
    found.sort(key=lambda item: -item[0])
    return tuple(judgement for _, judgement in found)


def judged_again(repetition: Repetition, exercise: Exercise) -> Repetition:
    """The repetition with its form judged by the limits of another record of its exercise."""
    return replace(repetition, faults=_judged(repetition.measured, exercise))


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
    far, near = values[inside & (share >= NEAR_EXTREME)], values[inside & (share <= NEAR_REST)]
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

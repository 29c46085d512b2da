"""What the counter shows, as plain values: sent by `pose_ui.coach.feed`, drawn by `pose_ui.coach.counter`."""

from __future__ import annotations

import math
from typing import Any, Final

from pose_core.movement.catalogue import EXERCISES
from pose_core.movement.coach import CoachState
from pose_core.movement.exercise import Exercise
from pose_core.movement.repetitions import seen_from

__all__ = ["OBSTACLES", "coach_message"]

_VIEW_HINTS: Final = {"side": "turn_sideways", "front": "face_camera"}
#: What hides the repetitions themselves.
OBSTACLES: Final = ("step_back", "turn_to_count", "face_to_count")


def _rounded(value: float, digits: int = 0) -> float | None:
    return round(value, digits) if math.isfinite(value) else None


def _obstacle(state: CoachState, exercise: Exercise) -> str | None:
    """What somebody must do before anything can be counted: one of `OBSTACLES`."""
    low_deg, high_deg = exercise.counted_from
    if state.yaw_deg < low_deg:
        return "turn_to_count"
    if state.yaw_deg > high_deg:
        return "face_to_count"
    return "step_back" if state.hidden else None


def _hint(state: CoachState, exercise: Exercise) -> str | None:
    """How to turn, if this view cannot show what is asked about form, or else what the coach waits for."""
    if exercise.view in _VIEW_HINTS:
        yaw_deg = state.repetitions[-1].yaw_deg if state.repetitions else state.yaw_deg
        if math.isfinite(yaw_deg) and not seen_from(exercise.view, yaw_deg):
            return _VIEW_HINTS[exercise.view]
    return None


def coach_message(state: CoachState, at_ms: float) -> dict[str, Any]:
    """A state to show.

    Parameters
    ----------
    state : CoachState
    at_ms : float
        When its frame had been seen, in milliseconds of `time.time`.

    Returns
    -------
    dict
        Ready for JSON: ``at``, ``exercise``, ``count``, ``partial``, ``way``, ``progress`` (0 to 1), ``armed``,
        ``seen``, ``obstacle``, ``cue`` (name and certainty), ``hint``, ``left``, ``right``, ``depth`` in degrees,
        ``down`` and ``up`` in seconds of the last complete repetition, ``hold`` and ``held`` in seconds: of this hold,
        and of all.
    """
    exercise = EXERCISES.get(state.exercise or "")
    full = [one for one in state.repetitions if one.full]
    last = full[-1] if full else None
    left_deg, right_deg = last.sides_deg if last is not None else (math.nan, math.nan)
    hold_s = state.holds[-1].duration_s if state.holding and state.holds else math.nan
    return {
        "at": at_ms,
        "exercise": state.exercise,
        "count": state.count,
        "partial": state.partial,
        "way": state.way,
        "progress": round(state.progress, 2),
        "armed": state.armed,
        "seen": state.person is not None,
        "obstacle": None if exercise is None else _obstacle(state, exercise),
        "cue": None if state.cue is None else [state.cue.name, state.cue.certain],
        "hint": None if exercise is None else _hint(state, exercise),
        "left": _rounded(left_deg),
        "right": _rounded(right_deg),
        "depth": None if last is None else _rounded(last.depth_deg),
        "down": None if last is None else _rounded(last.down_s, 1),
        "up": None if last is None else _rounded(last.up_s, 1),
        "hold": _rounded(hold_s, 1),
        "held": _rounded(sum(hold.duration_s for hold in state.holds), 1),
    }

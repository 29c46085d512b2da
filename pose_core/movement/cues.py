"""Which one thing to say: the worst fault, not more often than every four seconds, and praise in between."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pose_core.movement.exercise import Exercise
from pose_core.movement.repetitions import Repetition

__all__ = ["Cue", "CueGiver"]

_APART_S: Final = 4.0
_SHOWN_S: Final = 4.0
_CLEAN_FOR_PRAISE: Final = 3


@dataclass(frozen=True, slots=True)
class Cue:
    """One thing to say.

    Attributes
    ----------
    name : str
        A fault, ``"well_done"``, ``"turn_sideways"`` or ``"face_camera"``.
    certain : bool
        False: "about", near the limit.
    value, limit : float or None
        What was measured and the limit, for a fault.
    time_s : float
        Since when.
    """

    name: str
    time_s: float
    certain: bool = True
    value: float | None = None
    limit: float | None = None


class CueGiver:
    """Decides after each repetition. Not for several threads at once."""

    def __init__(self) -> None:
        self._cue: Cue | None = None
        self._clean = 0
        self._view_said = False

    def restart(self) -> None:
        """Forget what was said."""
        self.__init__()  # type: ignore[misc]

    def cue(self, time_s: float) -> Cue | None:
        """What to say now; None: nothing."""
        if self._cue is None or time_s - self._cue.time_s > _SHOWN_S:
            return None
        return self._cue

    def add(self, repetition: Repetition, exercise: Exercise, time_s: float) -> None:
        """Hear of one more repetition, complete or partial."""
        self._clean = 0 if repetition.faults or not repetition.full else self._clean + 1
        if time_s - (self._cue.time_s if self._cue is not None else -math.inf) < _APART_S:
            return
        if repetition.faults:
            worst = repetition.faults[0]
            self._cue = Cue(worst.fault, time_s, worst.certain, worst.value, worst.limit)
        elif self._missed(repetition, exercise) and not self._view_said:
            self._view_said = True
            self._cue = Cue("turn_sideways" if exercise.view == "side" else "face_camera", time_s)
        elif self._clean and self._clean % _CLEAN_FOR_PRAISE == 0:
            self._cue = Cue("well_done", time_s)

    @staticmethod
    def _missed(repetition: Repetition, exercise: Exercise) -> bool:
        """Whether the view that the exercise is best seen from would show more."""
        return any(
            fault.name in repetition.unseen and fault.view == exercise.view for fault in exercise.faults
        )

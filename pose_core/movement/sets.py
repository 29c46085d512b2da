"""`ExerciseSet`: what is left of a set once it is over, with what a person corrected by hand, kept apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from pose_core.movement.catalogue import EXERCISES
from pose_core.movement.holds import Hold
from pose_core.movement.repetitions import Repetition, judged_again

__all__ = ["Correction", "ExerciseSet"]

#: One more, one less, this repetition was none.
CorrectionKind = Literal["plus_one", "minus_one", "was_none"]


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person said about the count. What was counted stays as it was.

    Attributes
    ----------
    kind : {"plus_one", "minus_one", "was_none"}
    number : int or None
        Of the complete repetition that was none.
    """

    kind: CorrectionKind
    number: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ExerciseSet:
    """One set of one exercise.

    Attributes
    ----------
    exercise : str
    source : str
        ``"camera"``, ``"performer"`` or ``"film"``.
    started_at : datetime
    repetitions : tuple of Repetition
        As measured, complete and partial.
    holds : tuple of Hold
    corrections : tuple of Correction
        In the order in which they were made.
    arming : bool
        Whether the start posture had to be held first.
    limits : mapping of str to float
        Limits of form that differ from the standard, by fault: what the repetitions are judged by.
    """

    exercise: str
    source: str
    started_at: datetime
    repetitions: tuple[Repetition, ...] = ()
    holds: tuple[Hold, ...] = ()
    corrections: tuple[Correction, ...] = ()
    arming: bool = True
    limits: Mapping[str, float] = field(default_factory=dict)

    def with_limits(self, limits: Mapping[str, float]) -> ExerciseSet:
        """The set with its repetitions judged by other limits, by fault; holds keep what was said of them.

        Raises
        ------
        SettingsError
            If the exercise has no such fault, or a limit is outside its range.
        """
        exercise = EXERCISES[self.exercise].with_limits(limits)
        judged = tuple(judged_again(one, exercise) for one in self.repetitions)
        return replace(self, repetitions=judged, limits=dict(limits))

    def since(self, time_s: float) -> ExerciseSet:
        """The set with its times counted from `time_s`, as from the start of a stream."""
        names = ("start_s", "bottom_s", "end_s", "counted_s")
        return replace(
            self,
            repetitions=tuple(
                replace(one, **{name: getattr(one, name) - time_s for name in names})
                for one in self.repetitions
            ),
            holds=tuple(
                replace(one, start_s=one.start_s - time_s, end_s=one.end_s - time_s) for one in self.holds
            ),
        )

    @property
    def counted(self) -> int:
        """Complete repetitions as measured."""
        return sum(repetition.full for repetition in self.repetitions)

    @property
    def partial(self) -> int:
        """Partial ones as measured."""
        return len(self.repetitions) - self.counted

    @property
    def corrected(self) -> int:
        """The count with the corrections; never below 0."""
        change = sum(1 if one.kind == "plus_one" else -1 for one in self.corrections)
        return max(0, self.counted + change)

    @property
    def held_s(self) -> float:
        """Seconds of all holds."""
        return sum(hold.duration_s for hold in self.holds)

    def with_correction(self, correction: Correction) -> ExerciseSet:
        """The set with one more correction; the same set if that would change nothing."""
        if correction in self.corrections and correction.kind == "was_none":
            return self
        if correction.kind != "plus_one" and self.corrected == 0:
            return self
        return replace(self, corrections=(*self.corrections, correction))

    def without_last_correction(self) -> ExerciseSet:
        """The set before its last correction."""
        return replace(self, corrections=self.corrections[:-1])

    def was_none(self, repetition: Repetition) -> bool:
        """Whether a person said that this complete repetition was none."""
        return repetition.full and Correction("was_none", repetition.number) in self.corrections

    def speed_loss(self, repetition: Repetition) -> float:
        """Share by which a complete repetition's way back is slower than the set's fastest, 0 to 1; NaN otherwise."""
        best = max((one.speed for one in self.repetitions if one.full), default=0.0)
        return 1 - repetition.speed / best if repetition.full and best > 0 else math.nan

    def best_and_worst(self) -> tuple[Repetition, Repetition] | None:
        """Of at least two complete repetitions: fewest certain faults and largest range; and the opposite."""
        ranked = sorted(
            (one for one in self.repetitions if one.full and not self.was_none(one)),
            key=lambda one: (
                sum(fault.certain for fault in one.faults),
                len(one.faults),
                -one.effort_range,
            ),
        )
        return (ranked[0], ranked[-1]) if len(ranked) > 1 else None

"""`Coach`: the watcher that counts an exercise, times holds, notices faults of form and says one thing at a time."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pose_core.errors import SettingsError
from pose_core.movement.catalogue import EXERCISES
from pose_core.movement.counter import CounterSettings, Way
from pose_core.movement.cues import Cue, CueGiver
from pose_core.movement.exercise import Exercise
from pose_core.movement.followed import FollowedExercise
from pose_core.movement.holds import Hold
from pose_core.movement.outlook import Outlook
from pose_core.movement.reader import BodyReader
from pose_core.movement.repetitions import Repetition
from pose_core.watching import Event, WatchedFrame

__all__ = ["AUTO", "Coach", "CoachState", "check_exercise"]

#: In place of an exercise: recognise it.
AUTO: Final = "auto"
#: An exercise is proposed after this many repetitions, of which the last is under way.
_PROPOSED_AFTER: Final = 1.5


@dataclass(frozen=True, slots=True)
class CoachState:
    """What a page shows. Replaced as a whole with every frame, so any thread may read one.

    Attributes
    ----------
    time_s : float
        Time of the newest frame; 0 before the first.
    person : int or None
        Whom the coach follows.
    exercise : str or None
        The one that is counted; None while none is chosen.
    proposed : str or None
        The one that it looks like, if that is another one.
    armed : bool
        Whether repetitions count now.
    count, partial : int
    way : {"rest", "down", "bottom", "up"}
        Which part of a repetition it is.
    progress : float
        How far from the start posture to the far end, 0 to 1.
    cue : Cue or None
        What to say now.
    repetitions : tuple of Repetition
        Complete and partial ones, in order of time.
    holds : tuple of Hold
        Including the one that goes on, up to now.
    holding : bool
    yaw_deg : float
        How far the person is turned: 0 front or back, 90 side; NaN if unknown.
    hidden : bool
        Whether the limbs that the exercise is measured at have not been seen for a second.
    """

    time_s: float = 0.0
    person: int | None = None
    exercise: str | None = None
    proposed: str | None = None
    armed: bool = False
    count: int = 0
    partial: int = 0
    way: Way = "rest"
    progress: float = 0.0
    cue: Cue | None = None
    repetitions: tuple[Repetition, ...] = ()
    holds: tuple[Hold, ...] = ()
    holding: bool = False
    yaw_deg: float = float("nan")
    hidden: bool = False


def check_exercise(name: str, exercises: Mapping[str, Exercise] = EXERCISES) -> None:
    """Raise an error for what is neither an exercise nor ``"auto"``.

    Raises
    ------
    SettingsError
    """
    if name not in exercises and name != AUTO:
        raise SettingsError(
            "exercise_unknown",
            "The exercise must be one of {known}; got {name!r}.",
            known=", ".join((*exercises, AUTO)),
            name=name,
        )


class Coach:
    """Counts one exercise of the most prominent person; a `pose_core.watching.Watcher`.

    `add`, `restart` and `finish` are called by one thread; everything else may be called by any.

    Parameters
    ----------
    exercise : str
        One of the exercises, or ``"auto"``: nothing counts until `choose`, but what is seen is kept until then, and
        `CoachState.proposed` says what it looks like.
    arming : bool
        Whether the start posture must be held still first, as in front of a camera.
    limits : mapping of str to float, optional
        Limits of the exercise's faults that differ from the standard, by name.
    exercises : mapping of str to Exercise, optional
        All there are.
    settings : CounterSettings, optional

    Raises
    ------
    SettingsError
        If there is no such exercise, or no such fault.

    Notes
    -----
    Events: ``"repetition"`` (its `value` is the count) and ``"partial_repetition"``, phase ``"end"``, at the frame with
    which it is counted; ``"form"``, named after the fault, with what was measured; ``"hold"`` with phases ``"start"``
    and ``"end"`` (its `value` is the seconds); ``"exercise"``, named after the exercise that is proposed.

    Examples
    --------
    >>> coach = Coach("squat", arming=False)
    >>> coach.state.count, coach.state.exercise
    (0, 'squat')
    """

    def __init__(
        self,
        exercise: str = AUTO,
        *,
        arming: bool = True,
        limits: Mapping[str, float] | None = None,
        exercises: Mapping[str, Exercise] = EXERCISES,
        settings: CounterSettings | None = None,
    ) -> None:
        check_exercise(exercise, exercises)
        self._lock = threading.Lock()
        self._exercises = dict(exercises)
        if exercise != AUTO and limits:
            self._exercises[exercise] = exercises[exercise].with_limits(limits)
        counting = settings or CounterSettings()
        self._followed = {
            name: FollowedExercise(record, arming, counting) for name, record in self._exercises.items()
        }
        self._reader = BodyReader()
        self._cues = CueGiver()
        self._chosen = None if exercise == AUTO else exercise
        self._holding = False
        self._proposed: str | None = None
        self._outlook = Outlook()
        self._state = CoachState(exercise=self._chosen)

    # ------------------------------------------------------------------ what a page uses
    @property
    def state(self) -> CoachState:
        """The newest state."""
        return self._state

    def choose(self, exercise: str | None) -> None:
        """Count this exercise from now on, with what was seen of it already; None: recognise.

        Raises
        ------
        SettingsError
            If there is no such exercise.
        """
        if exercise is not None:
            check_exercise(exercise, self._exercises)
        with self._lock:
            self._chosen = None if exercise == AUTO else exercise
            self._cues.restart()
            self._state = self._shown(self._state.time_s, self._state.person)

    def adjust(self, exercises: Mapping[str, Exercise]) -> None:
        """Judge form by the limits of these records from now on, and what is there already, too; counts stay.

        Parameters
        ----------
        exercises : mapping of str to Exercise
            As in the constructor, with other limits; see `pose_core.movement.limits.exercises_with`.
        """
        with self._lock:
            self._exercises |= exercises
            for name, one in self._followed.items():
                if name in exercises:
                    one.adjust(exercises[name])
            self._state = self._shown(self._state.time_s, self._state.person)

    def likeliest(self) -> str | None:
        """The exercise that explains most of the time; None if none was seen. The first of those alike."""
        with self._lock:
            return self._likeliest()

    # ------------------------------------------------------------------ the watcher
    def add(self, frame: WatchedFrame) -> Sequence[Event]:
        """See the next frame."""
        with self._lock:
            reading = self._reader.read(frame)
            if reading.new_scene:
                for one in self._followed.values():
                    one.new_scene()
            events: list[Event] = []
            if reading.frame is not None:
                self._outlook.add(reading.frame)
                for name, one in self._followed.items():
                    done = one.add(reading.frame)
                    if name == self._chosen:
                        events += self._reported(done, frame.time_s, reading.person)
                events += self._hold_begun(reading.person)
                events += self._proposal(frame.time_s, reading.person)
            self._state = self._shown(frame.time_s, reading.person)
        return events

    def restart(self, time_s: float) -> Sequence[Event]:
        """A cut: what follows does not continue what was before, but the count goes on."""
        with self._lock:
            self._reader.restart(time_s)
        return ()

    def finish(self) -> Sequence[Event]:
        """The end: a hold that goes on ends."""
        with self._lock:
            events: list[Event] = []
            for name, one in self._followed.items():
                done = one.finish()
                if name == self._chosen:
                    events += self._reported(done, self._state.time_s, self._state.person)
            self._state = self._shown(self._state.time_s, self._state.person)
        return events

    # ------------------------------------------------------------------ under the lock
    def _reported(self, done: Repetition | Hold | None, time_s: float, person: int | None) -> list[Event]:
        if done is None or self._chosen is None:
            return []
        if isinstance(done, Hold):
            self._holding = False
            return [Event(done.end_s, person, "hold", self._chosen, "end", done.duration_s)]
        self._cues.add(done, self._exercises[self._chosen], time_s)
        kind = "repetition" if done.full else "partial_repetition"
        counted = Event(time_s, person, kind, self._chosen, "end", done.number)
        found = [
            Event(time_s, person, "form", fault.fault, "once", fault.value, 1.0 if fault.certain else 0.5)
            for fault in done.faults
        ]
        return [counted, *found]

    def _hold_begun(self, person: int | None) -> list[Event]:
        if self._chosen is None or self._holding:
            return []
        timer = self._followed[self._chosen].timer
        running = timer.running if timer is not None else None
        if running is None:
            return []
        self._holding = True
        return [Event(running.start_s, person, "hold", self._chosen, "start")]

    def _likeliest(self) -> str | None:
        best = max(self._followed, key=lambda name: self._followed[name].covered_s())
        return best if self._followed[best].covered_s() > 0 else None

    def _proposal(self, time_s: float, person: int | None) -> list[Event]:
        likeliest = self._likeliest()
        if (
            likeliest is None
            or self._followed[likeliest].seen() < _PROPOSED_AFTER
            or likeliest == self._proposed
        ):
            return []
        self._proposed = likeliest
        return [Event(time_s, person, "exercise", likeliest, "once")] if likeliest != self._chosen else []

    def _shown(self, time_s: float, person: int | None) -> CoachState:
        base = CoachState(
            time_s=time_s,
            person=person,
            exercise=self._chosen,
            proposed=self._proposed if self._proposed != self._chosen else None,
            yaw_deg=self._outlook.yaw_deg,
        )
        if self._chosen is None:
            return base
        one = self._followed[self._chosen]
        signals = one.exercise.signals
        base = replace(base, hidden=self._outlook.hides(signals[0].part if signals else "whole"))
        cue = self._cues.cue(time_s)
        if one.timer is not None:
            running = one.timer.running
            return replace(base, armed=True, cue=cue, holds=one.holds, holding=running is not None)
        assert one.counter is not None
        counter = one.counter
        return replace(
            base,
            armed=one.armed,
            count=counter.count,
            partial=counter.partial,
            way=counter.way if one.armed else "rest",
            progress=min(1.0, max(0.0, counter.effort)) if counter.effort == counter.effort else 0.0,
            cue=cue,
            repetitions=one.repetitions,
        )

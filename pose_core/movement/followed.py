"""`FollowedExercise`: one exercise of one person, followed all the time, chosen or not."""

from __future__ import annotations

from pose_core.movement.arming import Arming
from pose_core.movement.counter import CounterSettings, RepetitionCounter
from pose_core.movement.effort import BodyFrame
from pose_core.movement.exercise import Exercise
from pose_core.movement.holds import Hold, HoldTimer
from pose_core.movement.repetitions import Repetition

__all__ = ["FollowedExercise"]


class FollowedExercise:
    """Counts or times one exercise: so that it can be proposed, and nothing is lost when it is chosen."""

    def __init__(self, exercise: Exercise, arming: bool, settings: CounterSettings) -> None:
        self.exercise = exercise
        self.counter = None if exercise.hold else RepetitionCounter(exercise, settings)
        self.timer = HoldTimer(exercise) if exercise.hold else None
        self.arming = Arming(exercise) if arming and not exercise.hold else None
        self._added_up: tuple[Repetition, ...] = ()
        self._covered_s = 0.0

    def adjust(self, exercise: Exercise) -> None:
        """Judge form by another record of the exercise: repetitions that are there as well, holds from the next on."""
        self.exercise = exercise
        if self.timer is not None:
            self.timer.exercise = exercise
        if self.counter is not None:
            self.counter.adjust(exercise)

    @property
    def armed(self) -> bool:
        """Whether it counts now."""
        return self.arming is None or self.arming.armed

    def add(self, frame: BodyFrame) -> Repetition | Hold | None:
        """See the next frame; what it completes."""
        if self.timer is not None:
            return self.timer.add(frame)
        assert self.counter is not None
        if self.arming is not None:
            was_armed = self.arming.armed
            if not self.arming.add(frame, self.counter.effort_of(frame)):
                if was_armed:
                    self.counter.drop()
                return None
        return self.counter.add(frame)

    def new_scene(self) -> None:
        """What follows does not continue what was before."""
        if self.counter is not None:
            self.counter.restart()
            if self.arming is not None:
                self.arming.disarm()
                self.counter.drop()

    def finish(self) -> Repetition | Hold | None:
        """The end; what it completes."""
        if self.timer is not None:
            return self.timer.finish()
        return self.counter.finish() if self.counter is not None else None

    @property
    def repetitions(self) -> tuple[Repetition, ...]:
        """Complete and partial ones, in order of time."""
        return self.counter.repetitions if self.counter is not None else ()

    @property
    def holds(self) -> tuple[Hold, ...]:
        """Including the one that goes on."""
        if self.timer is None:
            return ()
        running = self.timer.running
        return (*self.timer.holds, running) if running is not None else tuple(self.timer.holds)

    def covered_s(self) -> float:
        """Seconds that this exercise explains."""
        if self.counter is None:
            return sum(hold.duration_s for hold in self.holds)
        repetitions = self.counter.repetitions
        if repetitions is not self._added_up:  # asked for with every frame, and seldom other ones
            self._added_up = repetitions
            self._covered_s = sum(one.end_s - one.start_s for one in repetitions if one.full and one.whole)
        return self._covered_s

    def seen(self) -> float:
        """How many repetitions were seen; a hold that goes on is as good as two."""
        if self.counter is None:
            return 2.0 * bool(self.holds)
        under_way = self.armed and self.counter.effort >= self.exercise.full
        return self.counter.count + 0.5 * under_way

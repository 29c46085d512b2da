"""`RepetitionCounter`: turning points with hysteresis, and what makes a turn a repetition."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.movement.effort import BodyFrame, EffortMeter
from pose_core.movement.exercise import Exercise
from pose_core.movement.phases import find_phases
from pose_core.movement.repetitions import Repetition, judged_again, measure_repetition
from pose_core.movement.rests import joined
from pose_core.movement.trace import Trace, gates_open
from pose_core.settings import check_range

__all__ = ["CounterSettings", "RepetitionCounter", "Way"]

#: Where somebody is: at the start posture, on the way to the far end, there, on the way back.
Way = Literal["rest", "down", "bottom", "up"]

#: Frames kept before a movement begins: a slow start is found in them.
_BEFORE_S: Final = 4.0
#: The smoothed effort is late by about this: where it is lowest, the movement has begun by then.
_LAG_S: Final = 0.15
#: As low as the lowest effort, and for how long that is looked at.
_VALLEY: Final = 0.1
_VALLEY_S: Final = 1.0
#: What was measured this short a time ago may not have got through yet.
_LATE_S: Final = 0.2
#: More frames than this of one repetition are thinned out.
_MOST_FRAMES: Final = 2400
#: The last ranges that tell a person's own.
_OWN: Final = 9


@dataclass(frozen=True, slots=True)
class CounterSettings:
    """Limits of counting, in efforts (1 is the way from the start posture to the exercise's target).

    Attributes
    ----------
    begin : float
        A movement begins this far above the lowest effort since the last one (hysteresis).
    back : float
        It ends when this share of its range has been gone back.
    partial : float
        A smaller range is no repetition at all.
    reach : float
        Share of the exercise's full range by which the far end must be beyond 0: from a start posture below it, a small
        movement may have the range.
    own : float
        After two repetitions: share of the person's own range that counts as complete, if that is more.
    shortest_s, longest_s : float
    held_s : float
        How long the far end must be seen if a film begins there, for the way back to count as a repetition.
    bridge_s : float
        After a cut, or if the person is covered for a while: how long a repetition waits for its way back.
    """

    begin: float = 0.3
    back: float = 0.65
    partial: float = 0.35
    reach: float = 0.75
    own: float = 0.5
    shortest_s: float = 0.4
    longest_s: float = 30.0
    held_s: float = 0.3
    bridge_s: float = 3.0

    def __post_init__(self) -> None:
        for name in ("begin", "back", "partial", "reach", "own"):
            check_range(name, getattr(self, name), 0.05, 0.95)
        for name in ("shortest_s", "longest_s", "held_s", "bridge_s"):
            check_range(name, getattr(self, name), 0, 120, unit="s")


class RepetitionCounter:
    """Counts one exercise of one person. Not for several threads at once.

    Parameters
    ----------
    exercise : Exercise
    settings : CounterSettings, optional
    """

    def __init__(self, exercise: Exercise, settings: CounterSettings | None = None) -> None:
        self.exercise = exercise
        self.settings = settings or CounterSettings()
        self._measured: list[Repetition] = []
        self._joined: tuple[Repetition, ...] | None = ()
        self._meter = EffortMeter(exercise)
        self._frames: deque[tuple[float, float, FloatArray]] = deque()
        self._moving: bool | None = None  # None: it is not known yet where the movement is
        self._low = math.inf
        self._low_s = -math.inf
        self._peak = -math.inf
        self._begun_s = math.nan
        self._seen_s = -math.inf
        self._held_from_s = math.nan
        self._held_s = 0.0
        self._effort = math.nan
        self._cut_at_far_end = False
        self._cut_s = -math.inf
        self._open_from_s: float | None = None  # start of the frames of the last repetition

    # ------------------------------------------------------------------ what a page reads
    @property
    def repetitions(self) -> tuple[Repetition, ...]:
        """Complete and partial ones, in order of time.

        The last one's end is measured again until the next one begins.
        """
        if self._joined is None:
            self._joined = joined(self._measured, self.exercise, self._seen_s)
        return self._joined

    @property
    def count(self) -> int:
        """Complete repetitions."""
        return sum(repetition.full for repetition in self._measured)

    @property
    def partial(self) -> int:
        """Partial repetitions."""
        return len(self._measured) - self.count

    @property
    def effort(self) -> float:
        """How far the person is now, evened out: 0 at the start posture, 1 at the target; NaN at first."""
        return self._effort

    @property
    def way(self) -> Way:
        """Which part of a repetition it is now."""
        if not self._moving:
            return "rest"
        if self._effort >= self._peak - 0.1 * max(self._peak - self._base, 1e-6):
            return "bottom" if self._peak >= self.exercise.full else "down"
        return "up" if self._effort < self._peak - 0.15 else "down"

    @property
    def own_range(self) -> float:
        """The person's median range of the last complete repetitions, in efforts; NaN before the first."""
        ranges = [repetition.effort_range for repetition in self._measured if repetition.full][-_OWN:]
        return median(ranges) if ranges else math.nan

    # ------------------------------------------------------------------ frames
    @property
    def _base(self) -> float:
        return self._low if math.isfinite(self._low) else 0.0

    def adjust(self, exercise: Exercise) -> None:
        """Judge form by another record of the exercise, that of repetitions that are there as well."""
        self.exercise = exercise
        self._measured = [judged_again(one, exercise) for one in self._measured]
        self._joined = None

    def restart(self) -> None:
        """What follows does not continue what was before, as after a cut: a repetition under way waits for its end."""
        self._meter.restart()
        if not self._moving:
            self._moving, self._low = None, math.inf
        elif self._far_end_seen():
            self._cut_at_far_end = True
        self._cut_s = self._seen_s

    def effort_of(self, frame: BodyFrame) -> float:
        """How far the exercise is in a frame, as measured, without following it; NaN if that is not known."""
        return self._meter.measured(frame.values, frame.weights)

    def drop(self) -> None:
        """Give up a repetition under way, as when somebody walks off; what was counted stays."""
        self._close()
        self._frames.clear()
        self._meter.restart()
        self._moving, self._low, self._cut_at_far_end = None, math.inf, False

    def add(self, frame: BodyFrame) -> Repetition | None:
        """See the next frame in which the person was found.

        Parameters
        ----------
        frame : BodyFrame
            Later than the last.

        Returns
        -------
        Repetition or None
            What this frame completes.
        """
        time_s = frame.time_s
        measured = self._meter.measured(frame.values, frame.weights)
        if math.isnan(measured):
            return None
        bridged = self._forget() if time_s - self._seen_s > self.settings.bridge_s else None
        self._seen_s = time_s
        self._frames.append((time_s, measured, frame.row))
        self._effort = self._meter.update(measured, time_s)
        if self._moving is None:
            self._find_place(time_s)
        if self._moving:
            return self._follow(time_s) or bridged
        self._wait(time_s)
        return bridged

    def finish(self) -> Repetition | None:
        """The end. A repetition without its way back is listed as partial; if a cut took the way back, it counts.

        Returns
        -------
        Repetition or None
            What the end completes.
        """
        self._close()
        repetition = None
        if self._moving and self._far_end_seen():
            repetition = self._complete(self._seen_s, unfinished=not self._cut_at_far_end)
        self._moving, self._cut_at_far_end, self._open_from_s = None, False, None
        return repetition

    def _far_end_seen(self) -> bool:
        """Whether a repetition that began in the start posture has got to its far end, as far as was measured."""
        if math.isnan(self._begun_s):
            return False
        # What is evened out is late: of the newest efforts all but the highest one count, too.
        newest = sorted(effort for time_s, effort, _ in self._frames if self._seen_s - time_s <= _LATE_S)
        return max(self._peak, *newest[-2:-1], -math.inf) >= self.exercise.full

    def _forget(self) -> Repetition | None:
        """After a long absence nothing continues."""
        repetition = self.finish()
        self.drop()
        return repetition

    def _find_place(self, time_s: float) -> None:
        """At the start: near the start posture, or already under way."""
        self._low, self._low_s = math.inf, time_s
        if self._effort <= self.settings.begin:
            self._moving = False
        else:
            self._moving = True
            self._peak, self._begun_s = -math.inf, math.nan
            self._held_from_s, self._held_s = time_s, 0.0

    def _wait(self, time_s: float) -> None:
        if self._effort < self._low:
            self._low, self._low_s = self._effort, time_s
        if self._effort > self._low + self.settings.begin:
            self._close()
            self._moving = True
            self._peak, self._begun_s = self._effort, self._low_s
        elif self._open_from_s is None:
            while time_s - self._frames[0][0] > _BEFORE_S:
                self._frames.popleft()
        elif time_s - self._open_from_s > self.settings.longest_s:
            self._close()

    def _follow(self, time_s: float) -> Repetition | None:
        if len(self._frames) > _MOST_FRAMES:
            kept = list(self._frames)
            self._frames = deque(kept[: len(kept) // 2 : 2] + kept[len(kept) // 2 :])
        if self._effort > self._peak:
            self._peak = self._effort
        if self._effort >= self.exercise.full and math.isnan(self._begun_s):
            self._held_s = time_s - self._held_from_s
        if self._effort > self._peak - self.settings.back * (self._peak - self._base):
            return None
        repetition = self._complete(time_s)
        self._moving, self._cut_at_far_end = False, False
        self._low, self._low_s = self._effort, time_s
        self._peak = -math.inf
        return repetition

    def _complete(self, time_s: float, *, unfinished: bool = False) -> Repetition | None:
        """The way back has been gone, or cannot be seen any more: is it a repetition?"""
        trace = self._trace()
        if trace is None:
            return None
        phases = find_phases(trace.time_s, trace.effort)
        late = math.isnan(self._begun_s)
        reached, limits = phases.peak - (0.0 if late else phases.rest), self.settings
        own = self.own_range if self.count >= 2 else math.nan
        needed = max(self.exercise.full, 0.0 if math.isnan(own) else limits.own * own)
        shortest_s = limits.shortest_s / (2 if self._cut_at_far_end else 1)
        long_enough = late or (
            shortest_s <= time_s - phases.start_s and phases.end_s - phases.start_s <= limits.longest_s
        )
        if reached < limits.partial or not (long_enough and trace.sees(self.exercise.signals[0].part)):
            return None
        in_one_piece = self._cut_s < trace.time_s[0]
        possible, complete = gates_open(self.exercise.gates, trace, phases, in_one_piece=in_one_piece)
        if not possible:
            return None
        full = (
            complete
            and not unfinished
            and reached >= needed
            and phases.peak >= limits.reach * self.exercise.full
        )
        if not (full or in_one_piece):
            return None
        if late and not (full and self._held_s >= limits.held_s):
            return None
        number = (self.count if full else self.partial) + 1
        repetition = measure_repetition(self.exercise, trace, number, full, time_s, whole=not late)
        self._measured.append(repetition)
        self._joined = None
        self._open_from_s = float(trace.time_s[0])
        return repetition

    def _trace(self, until_s: float = math.inf) -> Trace | None:
        frames = [frame for frame in self._frames if frame[0] <= until_s]
        if len(frames) < 2:
            return None
        times, efforts, rows = zip(*frames, strict=True)
        return Trace(np.array(times), np.array(efforts), np.array(rows))

    def _close(self) -> None:
        """Measure the last repetition again, now that its end is known, and let its frames go."""
        first_s = self._valley_from_s()
        if self._open_from_s is None:
            self._drop_before(first_s)
            return
        self._open_from_s = None
        last = self._measured[-1]
        # A fast one's next far end may be near by now.
        lows = [time_s for time_s, effort, _ in self._frames if effort <= self._low + _VALLEY]
        trace = self._trace(max(lows[-1], self._low_s) if lows else math.inf)
        if trace is not None:
            self._measured[-1] = measure_repetition(
                self.exercise, trace, last.number, last.full, last.counted_s, whole=last.whole
            )
            self._joined = None
        self._drop_before(first_s)

    def _valley_from_s(self) -> float:
        """From when on the lowest effort was about as low: a slow movement begins before it can be told from noise."""
        first_s = self._low_s - _LAG_S
        for time_s, effort, _ in reversed(self._frames):
            if time_s > first_s:
                continue
            if effort > self._low + _VALLEY or self._low_s - time_s > _VALLEY_S:
                break
            first_s = time_s
        return first_s

    def _drop_before(self, time_s: float) -> None:
        while self._frames and self._frames[0][0] < time_s:
            self._frames.popleft()

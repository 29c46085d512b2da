"""`HoldTimer`: how long a posture, such as the plank, is held."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from pose_core.movement.body import index_of
from pose_core.movement.effort import BodyFrame
from pose_core.movement.exercise import Exercise, Gate
from pose_core.movement.repetitions import Judgement, judge, seen_from

__all__ = ["Hold", "HoldSettings", "HoldTimer", "gate_open"]

_HIP_BEND: Final = index_of("hip_sag_deg")
_YAW: Final = index_of("yaw_deg")
_STILL: Final = (index_of("shoulder_height_m"), index_of("hip_height_m"))


@dataclass(frozen=True, slots=True)
class HoldSettings:
    """Limits of holding.

    Attributes
    ----------
    grace_s : float
        A posture lost for less than this goes on.
    shortest_s : float
        A shorter hold is not listed.
    drift_deg : float
        The hips end the hold when their bend differs by more than this from its mean in the reference time.
    reference_s : tuple of float
        From when to when that mean is taken, in seconds of the hold.
    still_m : float
        Shoulders and hips move by less than this in a second, or it is an exercise in this posture.
    """

    grace_s: float = 0.5
    shortest_s: float = 2.0
    drift_deg: float = 25.0
    reference_s: tuple[float, float] = (3.0, 15.0)
    still_m: float = 0.12


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold: from when to when, and what was wrong in most of it."""

    start_s: float
    end_s: float
    faults: tuple[Judgement, ...] = ()

    @property
    def duration_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


def gate_open(gate: Gate, frame: BodyFrame) -> bool:
    """Whether a gate is open in a single frame."""
    values = [frame.values[index_of(name)] for name in gate.measures]
    if len(values) == 2 and gate.measures[0].startswith("left_"):
        left = frame.weights[gate.part]
        values = [left * values[0] + (1 - left) * values[1]]
    return any(gate.low <= value <= gate.high for value in values)


class HoldTimer:
    """Times one posture of one person. Not for several threads at once.

    Parameters
    ----------
    exercise : Exercise
        Its gates are the posture.
    settings : HoldSettings, optional

    Attributes
    ----------
    holds : list of Hold
        Those that have ended.
    """

    def __init__(self, exercise: Exercise, settings: HoldSettings | None = None) -> None:
        self.exercise = exercise
        self.settings = settings or HoldSettings()
        self.holds: list[Hold] = []
        self._start_s = math.nan
        self._good_s = -math.inf
        self._bend_sum, self._bend_count = 0.0, 0
        #: Of each fault: how many frames could show it, how many did, and the sum of what was measured in these.
        self._shares: dict[str, tuple[int, int, float]] = {}
        self._recent: deque[tuple[float, tuple[float, ...]]] = deque()

    @property
    def running(self) -> Hold | None:
        """The hold that goes on, once it is long enough to be listed."""
        hold = Hold(self._start_s, self._good_s, self._judged())
        return hold if hold.duration_s >= self.settings.shortest_s else None

    def add(self, frame: BodyFrame) -> Hold | None:
        """See the next frame; the hold that it ends, if any."""
        time_s = frame.time_s
        if time_s - self._good_s > self.settings.grace_s and not math.isnan(self._start_s):
            ended = self.finish()
        else:
            ended = None
        if self._held(frame):
            if math.isnan(self._start_s):
                self._start_s, self._bend_sum, self._bend_count = time_s, 0.0, 0
                self._shares = {}
            self._good_s = time_s
            self._note(frame)
            low_s, high_s = self.settings.reference_s
            if low_s <= time_s - self._start_s <= high_s:
                self._bend_sum += frame.values[_HIP_BEND]
                self._bend_count += 1
        return ended

    def _note(self, frame: BodyFrame) -> None:
        for fault in self.exercise.faults:
            if not seen_from(fault.view, frame.values[_YAW]):
                continue
            value = frame.values[index_of(fault.measures[0])]
            frames, faulty, total = self._shares.get(fault.name, (0, 0, 0.0))
            wrong = judge(fault, value) is not None
            self._shares[fault.name] = (frames + 1, faulty + wrong, total + wrong * value)

    def _judged(self) -> tuple[Judgement, ...]:
        found = []
        for fault in self.exercise.faults:
            frames, faulty, total = self._shares.get(fault.name, (0, 0, 0.0))
            if faulty > frames / 2:
                judgement = judge(fault, total / faulty)
                found += [judgement] if judgement is not None else []
        return tuple(found)

    def _held(self, frame: BodyFrame) -> bool:
        self._recent.append((frame.time_s, tuple(frame.values[place] for place in _STILL)))
        while frame.time_s - self._recent[0][0] > 1.0:
            self._recent.popleft()
        for column in zip(*(values for _, values in self._recent), strict=True):
            ordered = sorted(column)
            spare = len(ordered) // 10
            if ordered[-1 - spare] - ordered[spare] > self.settings.still_m:
                return False
        if self._bend_count:
            bend = self._bend_sum / self._bend_count
            if abs(frame.values[_HIP_BEND] - bend) > self.settings.drift_deg:
                return False
        return all(gate_open(gate, frame) for gate in self.exercise.gates)

    def finish(self) -> Hold | None:
        """End the hold that goes on; it, if it was long enough."""
        hold = self.running
        self._start_s, self._good_s = math.nan, -math.inf
        if hold is not None:
            self.holds.append(hold)
        return hold

"""Arming: an exercise counts only after its start posture was held still, so that other movements do not count."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from pose_core.movement.body import index_of
from pose_core.movement.effort import BodyFrame
from pose_core.movement.exercise import Exercise
from pose_core.movement.holds import gate_open

__all__ = ["Arming"]

#: The start posture is held this long, with hips and wrists slower than 0.15 body heights a second.
_STILL_S: Final = 0.7
_STILL_M: Final = 0.15 * 1.6 * _STILL_S
#: Efforts that belong to the start posture.
_NEAR_START: Final = 0.35
#: What was planted on the floor has moved: half a leg, for a moment.
_MOVED_M: Final = 0.4
_MOVED_S: Final = 0.3
#: How long the posture may be broken, or the person out of sight.
_BROKEN_S: Final = 1.0
_LOST_S: Final = 0.5

_WATCHED: Final = tuple(index_of(f"{joint}_{axis}_m") for joint in ("hip", "wrist") for axis in ("x", "y"))


class Arming:
    """Whether one exercise is armed. Not for several threads at once.

    Parameters
    ----------
    exercise : Exercise
    """

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._planted = tuple(index_of(f"{exercise.planted}_{axis}_m") for axis in ("x", "y"))
        self._lasting = tuple(gate for gate in exercise.gates if gate.when == "all")
        self._recent: deque[tuple[float, list[float]]] = deque()
        self._still_from_s = math.nan
        self._place: tuple[float, ...] | None = None
        self._good_s = self._near_s = self._seen_s = -math.inf

    @property
    def armed(self) -> bool:
        """Whether repetitions count now."""
        return self._place is not None

    def disarm(self) -> None:
        """Expect the start posture again, as after a cut."""
        self._place = None
        self._still_from_s = math.nan
        self._recent.clear()

    def add(self, frame: BodyFrame, effort: float) -> bool:
        """See the next frame, and how far the exercise is in it; whether it is armed."""
        time_s = frame.time_s
        if time_s - self._seen_s > _LOST_S:
            self.disarm()
        self._seen_s = time_s
        if self._place is None:
            self._wait(frame, effort)
        else:
            self._watch(frame, self._place)
        return self.armed

    def _wait(self, frame: BodyFrame, effort: float) -> None:
        time_s = frame.time_s
        if effort > _NEAR_START or not all(gate_open(gate, frame) for gate in self._exercise.posture):
            self._recent.clear()
            return
        self._recent.append((time_s, [frame.values[place] for place in _WATCHED]))
        while time_s - self._recent[0][0] > _STILL_S:
            self._recent.popleft()
        for column in zip(*(values for _, values in self._recent), strict=True):
            if max(column) - min(column) > _STILL_M:
                self._recent.popleft()
                return
        if time_s - self._recent[0][0] >= 0.9 * _STILL_S:
            self._place = tuple(frame.values[place] for place in self._planted)
            self._good_s = self._near_s = time_s

    def _watch(self, frame: BodyFrame, place: tuple[float, ...]) -> None:
        time_s = frame.time_s
        if all(gate_open(gate, frame) for gate in self._lasting):
            self._good_s = time_s
        if math.dist(place, [frame.values[at] for at in self._planted]) <= _MOVED_M:
            self._near_s = time_s
        if time_s - self._good_s > _BROKEN_S or time_s - self._near_s > _MOVED_S:
            self.disarm()

"""`BodyReader`: from the frames that a watcher gets to one person's measures, through cuts, gaps and other people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pose_core.geometry.body import body_size
from pose_core.movement.body import Body
from pose_core.movement.continuity import Continuity
from pose_core.movement.effort import BodyFrame, Steady
from pose_core.pose import TrackedPerson
from pose_core.watching import WatchedFrame

__all__ = ["BodyReader", "Reading", "most_prominent"]

#: How long the person who is followed may be out of sight before another one is followed.
_GONE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What one frame says about the person who is followed.

    Attributes
    ----------
    person : int or None
        Number of the person; None if nobody has been there for a second.
    frame : BodyFrame or None
        Measures; None if the person is not there or cannot be believed yet.
    new_scene : bool
        Whether it does not continue what was before.
    """

    person: int | None
    frame: BodyFrame | None
    new_scene: bool


def most_prominent(frame: WatchedFrame) -> TrackedPerson | None:
    """Who is large and close to the middle of the picture; None if nobody is there."""
    if not frame.people:
        return None
    width, _ = frame.size_wh

    def prominence(person: TrackedPerson) -> float:
        xy = person.raw.image_xy_px
        aside = abs(float(xy[:, 0].mean()) / width - 0.5)
        size = body_size(xy)
        return size * (1 - aside) if math.isfinite(size) else 0.0

    return max(frame.people, key=prominence)


class BodyReader:
    """Follows one person. Not for several threads at once."""

    def __init__(self) -> None:
        self._body = Body()
        self._steady = Steady()
        self._continuity = Continuity()
        self._person: int | None = None
        self._seen_s = -math.inf
        self._cut = False

    def restart(self, time_s: float) -> None:
        """Expect another scene; the most prominent person in it is followed."""
        self._person = None
        self._continuity.suspect(time_s)

    def read(self, frame: WatchedFrame) -> Reading:
        """What the next frame says."""
        person = self._find(frame)
        if person is None:
            gone = frame.time_s - self._seen_s >= _GONE_S
            return Reading(None if gone else self._person, None, False)
        self._seen_s = frame.time_s
        step = self._continuity.add(person.raw, frame.time_s)
        new_scene = self._cut or step == "new_scene"
        self._cut = False
        if new_scene:
            self._body.restart()
        row = self._body.measure(person.raw, frame.time_s)
        measured = self._steady.frame(row, frame.time_s) if step == "goes_on" else None
        return Reading(person.number, measured, new_scene)

    def _find(self, frame: WatchedFrame) -> TrackedPerson | None:
        for person in frame.people:
            if person.number == self._person:
                return person
        if self._person is not None and frame.time_s - self._seen_s < _GONE_S:
            return None
        person_now = most_prominent(frame)
        if person_now is not None:
            if self._person is not None:
                self._continuity.cut(frame.time_s)
                self._cut = True
            self._person = person_now.number
        return person_now

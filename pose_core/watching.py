"""The interface for everything that watches people: a `Watcher` gets each frame's people and returns events.

A live stream, a video and a recording feed the same watchers, so that a counter, a recorder or a chart's history is
written once. The drawn pictures leave by a second interface, `FrameSink`. All events end up in one `EventLog`.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.pose import TrackedPerson

__all__ = ["MAX_EVENTS", "Event", "EventLog", "FrameSink", "Phase", "WatchedFrame", "Watcher"]

#: A few minutes of a busy stream; an event takes at most half a kilobyte.
MAX_EVENTS: Final = 1000

#: Of something that lasts: its start, a change in it, or its end; "once" for all of it in one event.
Phase = Literal["start", "change", "end", "once"]


@dataclass(frozen=True, slots=True, eq=False)
class WatchedFrame:
    """What a watcher gets for each frame.

    Attributes
    ----------
    time_s : float
        Seconds on the stream's own clock, increasing from frame to frame until a restart.
    people : tuple of TrackedPerson
        Who was found, by number; empty if nobody was.
    size_wh : tuple of int
        Width and height in pixels of the frame that the model saw.
    mirrored : bool
        Whether the frame is shown as in a mirror. Landmarks are always those of the unmirrored picture.
    angles_deg : ndarray, shape (len(people), A)
        One row per person, in the order of `people`: the smoothed pose's angles in the picture, named by
        `pose_core.geometry.angles.ANGLE_NAMES`. NaN where a landmark is not visible or outside the picture.
    angle_reasons : ndarray of uint8, shape (len(people), A)
        Why angles are missing or uncertain: places in `pose_core.geometry.reasons.REASONS`, 0 where there is nothing to
        say. All 0 unless given.

    Notes
    -----
    The arrays are stored as read-only copies.

    Raises
    ------
    ValueError
        If the time is not finite, the size is not positive, or there is not exactly one row of angles per person.
    """

    time_s: float
    people: tuple[TrackedPerson, ...]
    size_wh: tuple[int, int]
    mirrored: bool
    angles_deg: FloatArray
    angle_reasons: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, dtype=np.uint8))

    def __post_init__(self) -> None:
        _check_time(self.time_s)
        if min(self.size_wh) < 1:
            raise ValueError(f"size_wh must be positive; got {self.size_wh}.")
        angles_deg = np.array(self.angles_deg, dtype=np.float64)
        if angles_deg.ndim != 2 or len(angles_deg) != len(self.people):
            raise ValueError(
                f"angles_deg must have one row for each of {len(self.people)} people; got shape {angles_deg.shape}."
            )
        angles_deg.flags.writeable = False
        object.__setattr__(self, "angles_deg", angles_deg)
        given = self.angle_reasons if np.size(self.angle_reasons) else 0
        angle_reasons = np.empty(angles_deg.shape, dtype=np.uint8)
        angle_reasons[...] = given
        angle_reasons.flags.writeable = False
        object.__setattr__(self, "angle_reasons", angle_reasons)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a watcher noticed. Its `dataclasses.asdict` is ready for JSON.

    Attributes
    ----------
    time_s : float
        When it happened, on the clock of the frames.
    person : int or None
        Number of the person, from 1; None if it is about nobody in particular.
    kind : str
        What happened, such as ``"repetition"`` or ``"fall"``.
    name : str
        Which one of that kind, such as ``"squat"``.
    phase : {"start", "change", "end", "once"}
    value : float or None
        What was counted or measured, in the unit of its kind; None if there is nothing to report.
    confidence : float or None
        How certain it is, 0 to 1; None if unknown.

    Raises
    ------
    ValueError
        If a value is outside its range, a number is not finite, or a text is empty.

    Examples
    --------
    >>> Event(1.5, 1, "repetition", "squat", "end", value=3)
    Event(time_s=1.5, person=1, kind='repetition', name='squat', phase='end', value=3.0, confidence=None)
    """

    time_s: float
    person: int | None
    kind: str
    name: str
    phase: Phase = "once"
    value: float | None = None
    confidence: float | None = None

    def __post_init__(self) -> None:
        _check_time(self.time_s)
        if self.person is not None and self.person < 1:
            raise ValueError(f"person must be 1 or more, or None; got {self.person}.")
        for text in ("kind", "name"):
            if not getattr(self, text):
                raise ValueError(f"{text} must not be empty.")
        if self.phase not in get_args(Phase):
            raise ValueError(f"phase must be one of {', '.join(get_args(Phase))}; got {self.phase!r}.")
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"value must be finite, or None; got {self.value}.")
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise ValueError(f"confidence must be 0 to 1, or None; got {self.confidence}.")
        # JSON encoders do not take NumPy's numbers.
        for name, kind in (("time_s", float), ("person", int), ("value", float), ("confidence", float)):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, kind(given))


def _check_time(time_s: float) -> None:
    if not math.isfinite(time_s):
        raise ValueError(f"time_s must be finite; got {time_s}.")


class Watcher(Protocol):
    """Sees people, frame by frame, and reports what it notices. Its limits are arguments of its constructor.

    These three methods are called one after the other, never two at a time. Whatever else it offers for a page to
    read must be safe to call from any thread.
    """

    def add(self, frame: WatchedFrame) -> Sequence[Event]:
        """See the next frame, which may show nobody."""

    def restart(self, time_s: float) -> Sequence[Event]:
        """Expect a cut, a seek or another source: frames from `time_s` on do not continue those before."""

    def finish(self) -> Sequence[Event]:
        """Report what is still open, such as the last repetition or a hold. Nothing is added afterwards."""


class FrameSink(Protocol):
    """Takes a stream's drawn pictures, for example to encode a clip. Called like a `Watcher`, one call at a time."""

    def add(self, time_s: float, drawn_rgb: FrameRGB) -> None:
        """Take the next picture, uint8 (H, W, 3), of any size. The array is reused: copy what you keep."""

    def finish(self) -> object:
        """Complete the result; the sink keeps it."""


class EventLog:
    """The newest events of a stream, in the order in which they were noticed. Any thread may add or read.

    Each reader keeps its own place, so that page, timeline and export all read the same events.

    Parameters
    ----------
    most : int
        How many are kept; older ones are dropped.

    Examples
    --------
    >>> log = EventLog()
    >>> log.add([Event(1.0, 1, "gesture", "wave")])
    >>> events, place = log.read()
    >>> [event.name for event in events], log.read(place)
    (['wave'], ((), 1))
    """

    def __init__(self, most: int = MAX_EVENTS) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Event] = deque(maxlen=most)
        self._added = 0

    def add(self, events: Iterable[Event]) -> None:
        """Append events."""
        with self._lock:
            for event in events:
                self._kept.append(event)
                self._added += 1

    def read(self, place: int = 0) -> tuple[tuple[Event, ...], int]:
        """What was added since `place`, and the place for the next call.

        Parameters
        ----------
        place : int
            What the last call returned; 0 for all events that are kept.

        Returns
        -------
        events : tuple of Event
        place : int
            Grows by the number of events added: by more than `events` has if a slow reader missed some.
        """
        with self._lock:
            new = min(self._added - place, len(self._kept))
            return tuple(self._kept)[len(self._kept) - new :], self._added

"""`ToldStream`: a live stream whose people are found elsewhere, in the visitor's own browser, and only told.

It feeds the same watchers as `LiveStream`, so that recordings, charts and the Coach need not know the difference. What
it is told is a visitor's input: how much of it, and how fast, is limited here; its form, where it is decoded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pose_core.geometry.angles import image_angles
from pose_core.pipeline.live.settings import LiveSettings
from pose_core.pipeline.watchers import Watchers
from pose_core.pose import Pose, TrackedPerson
from pose_core.tracking.smoothing import PoseSmoother
from pose_core.watching import WatchedFrame, Watcher

__all__ = ["ToldFrame", "ToldStream"]

#: Frames a second on average, after a first handful: a fast browser finds people in 60.
_MOST_HZ: Final = 60.0
_HANDFUL: Final = 120
#: A frame that seems to lie so far ahead of this machine's clock, or behind it: the sender's clock was set, or slept.
_AHEAD_S: Final = 1.0
_BEHIND_S: Final = 5.0
#: Smallest time from frame to frame after such a jump.
_MIN_STEP_S: Final = 1e-3
#: Without news for so long, nobody is there.
_STALE_S: Final = 2.0
_SAME_SHAPE: Final = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class ToldFrame:
    """What was found in one frame.

    Attributes
    ----------
    time_s : float
        On any clock of the sender, increasing.
    size_wh : tuple of int
        Width and height in pixels of the picture that the model saw.
    people : tuple of (int, Pose)
        By number, from 1: poses as the model gave them, in pixels of `size_wh`.
    """

    time_s: float
    size_wh: tuple[int, int]
    people: tuple[tuple[int, Pose], ...]


class ToldStream:
    """Takes frames as they are told, and shows them to watchers.

    Any thread may call any method.

    Parameters
    ----------
    settings : LiveSettings
        Visibility limit, smoothing and mirror; may be replaced at any time, effective from the next frame.
    watchers : iterable of Watcher, optional
    clock : callable
        Returns seconds that never go back; the stream's own clock.

    Attributes
    ----------
    watchers : Watchers
    closed : bool
        Whether `close` was called.
    """

    def __init__(
        self,
        settings: LiveSettings | None = None,
        watchers: Iterable[Watcher] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings or LiveSettings()
        self.watchers = Watchers(watchers)
        self.closed = False
        self._clock = clock
        self._lock = threading.Lock()
        self._due_s = -float("inf")
        self._offset_s: float | None = None  # from the sender's clock to this one
        self._last: WatchedFrame | None = None
        self._smoothers: dict[int, PoseSmoother] = {}

    @property
    def wanted(self) -> bool:
        """Whether anybody watches, so that frames should be told."""
        return not self.closed and self.watchers.wanted

    @property
    def people(self) -> tuple[TrackedPerson, ...]:
        """Who is in the newest frame; nobody if that is long ago."""
        last = self._last
        return () if last is None or self._clock() - last.time_s > _STALE_S else last.people

    def snapshot(self) -> None:
        """There are no pictures."""

    def tell(self, frames: Sequence[ToldFrame]) -> bool:
        """Take the next frames. Those that are not later than the last one are left out.

        Parameters
        ----------
        frames : sequence of ToldFrame
            In the order of their times.

        Returns
        -------
        bool
            False if there were too many in too short a time, or nobody wants them: nothing was taken then.
        """
        with self._lock:
            if not frames or not self.wanted:
                return False
            now_s = self._clock()
            due_s = max(self._due_s, now_s - _HANDFUL / _MOST_HZ) + len(frames) / _MOST_HZ
            if due_s > now_s:
                return False
            self._due_s = due_s
            self._set_clock(frames[-1].time_s, now_s)
            for frame in frames:
                self._show(frame)
            return True

    def _set_clock(self, newest_s: float, now_s: float) -> None:
        """Keep to the sender's clock, which is more even than the arrival of its messages, unless it has jumped."""
        offset_s = self._offset_s
        if offset_s is not None and -_BEHIND_S <= newest_s + offset_s - now_s <= _AHEAD_S:
            return
        if self._last is not None:
            now_s = max(now_s, self._last.time_s + _MIN_STEP_S)
            self._restart(now_s)
        self._offset_s = now_s - newest_s

    def _restart(self, time_s: float) -> None:
        self._smoothers.clear()
        self.watchers.restart(time_s)

    def _show(self, frame: ToldFrame) -> None:
        assert self._offset_s is not None
        settings, last = self.settings, self._last
        time_s = frame.time_s + self._offset_s
        if last is not None:
            if time_s <= last.time_s:
                return
            one, other = frame.size_wh[0] * last.size_wh[1], last.size_wh[0] * frame.size_wh[1]
            if abs(one - other) > _SAME_SHAPE * max(one, other):
                self._restart(time_s)
        people = tuple(
            self._person(number, pose, time_s) for number, pose in sorted(frame.people, key=_number)
        )
        angles = image_angles([person.pose for person in people], settings.pose.visibility_limit)
        self._last = WatchedFrame(time_s, people, frame.size_wh, settings.mirror, angles.deg, angles.reasons)
        self.watchers.show(self._last, None)

    def _person(self, number: int, pose: Pose, time_s: float) -> TrackedPerson:
        """Smoothed as in the browser: a smoother starts again by itself after a gap."""
        smoothing = self.settings.smoothing
        if smoothing is None:
            return TrackedPerson(number, pose, pose)
        smoother = self._smoothers.setdefault(number, PoseSmoother(smoothing))
        smoother.settings = smoothing
        return TrackedPerson(number, pose, smoother.smooth(pose, time_s))

    def close(self, wait_s: float = 0.0) -> None:
        """End it and finish the watchers; a second call does nothing. There is nothing to wait for."""
        self.closed = True
        self.watchers.finish()


def _number(person: tuple[int, Pose]) -> int:
    return person[0]

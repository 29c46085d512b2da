"""The last seconds of a stream, for charts and for the jitter figure."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.geometry.body import jitter_px
from pose_core.pose import Pose
from pose_core.watching import Event, WatchedFrame

__all__ = ["HISTORY_S", "History"]

HISTORY_S: Final = 10.0
_JITTER_S: Final = 3.0
#: At 30 frames a second some 300; a bound for sources that run wild.
_MOST: Final = 1200


@dataclass(frozen=True, slots=True)
class _Moment:
    time_s: float
    number: int
    raw: Pose
    pose: Pose
    angles_deg: FloatArray


class History:
    """A watcher that keeps what was found during the last seconds; any thread may call any method.

    Parameters
    ----------
    kept_s : float
        How many seconds.
    """

    def __init__(self, kept_s: float = HISTORY_S) -> None:
        self._kept_s = kept_s
        self._lock = threading.Lock()
        self._moments: deque[tuple[float, tuple[_Moment, ...]]] = deque(maxlen=_MOST)

    def add(self, frame: WatchedFrame) -> Sequence[Event]:
        """Keep a frame, also one without anybody."""
        moments = tuple(
            _Moment(frame.time_s, person.number, person.raw, person.pose, angles)
            for person, angles in zip(frame.people, frame.angles_deg, strict=True)
        )
        with self._lock:
            self._moments.append((frame.time_s, moments))
            while self._moments[0][0] < frame.time_s - self._kept_s:
                self._moments.popleft()
        return ()

    def restart(self, time_s: float) -> Sequence[Event]:
        """Forget what was before: it cannot be compared with what follows."""
        with self._lock:
            self._moments.clear()
        return ()

    def finish(self) -> Sequence[Event]:
        """What is kept can still be read."""
        return ()

    def _of(self, number: int) -> list[tuple[float, _Moment | None]]:
        with self._lock:
            frames = list(self._moments)
        return [
            (time_s, next((one for one in moments if one.number == number), None))
            for time_s, moments in frames
        ]

    def angles(self, number: int) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Times (T,) and, by angle name, degrees (T,) of one person; NaN where not visible or not there."""
        frames = self._of(number)
        unknown = np.full(len(ANGLE_NAMES), np.nan)
        values = np.array([unknown if one is None else one.angles_deg for _, one in frames])
        values = values.reshape(-1, len(ANGLE_NAMES))
        times_s = np.array([time_s for time_s, _ in frames])
        return times_s, dict(zip(ANGLE_NAMES, values.T, strict=True))

    def visibility(self, number: int) -> FloatArray | None:
        """Mean visibility (33,) of one person over the time; None if they were not there."""
        seen = [one.pose.visibility for _, one in self._of(number) if one is not None]
        return np.mean(seen, axis=0) if seen else None

    def jitter_px(self, number: int | None = None) -> tuple[float, float]:
        """Jitter of the model's landmarks and of the smoothed ones, over the last seconds; NaN while unknown.

        Parameters
        ----------
        number : int, optional
            Whose; the lowest number in the last frame unless given.
        """
        nothing = (float("nan"), float("nan"))
        with self._lock:
            frames = list(self._moments)
        if not frames or (number is None and not frames[-1][1]):
            return nothing
        if number is None:
            number = min(one.number for one in frames[-1][1])
        since_s = frames[-1][0] - _JITTER_S
        seen = [one for at_s, ones in frames if at_s >= since_s for one in ones if one.number == number]
        # Pixels of another size, after a step of the quality, cannot be compared.
        seen = [one for one in seen if one.pose.size_wh == seen[-1].pose.size_wh]
        if not seen:
            return nothing
        times_s = np.array([one.time_s for one in seen])
        return (
            jitter_px(np.array([one.raw.image_xy_px for one in seen]), times_s),
            jitter_px(np.array([one.pose.image_xy_px for one in seen]), times_s),
        )

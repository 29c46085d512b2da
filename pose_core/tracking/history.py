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
from pose_core.geometry.reasons import REASONS, Codes, Reason
from pose_core.pose import Pose
from pose_core.watching import Event, WatchedFrame

__all__ = ["HISTORY_S", "History"]

HISTORY_S: Final = 10.0
_JITTER_S: Final = 3.0
#: 30 frames a second give about 300; a limit for sources that deliver far too many.
_MAX_FRAMES: Final = 1200


@dataclass(frozen=True, slots=True)
class _Moment:
    time_s: float
    number: int
    raw: Pose
    pose: Pose
    angles_deg: FloatArray
    angle_reasons: Codes


class History:
    """A watcher that keeps what was found in the last seconds; any thread may call any method.

    Parameters
    ----------
    kept_s : float
        How many seconds to keep.
    """

    def __init__(self, kept_s: float = HISTORY_S) -> None:
        self._kept_s = kept_s
        self._lock = threading.Lock()
        self._moments: deque[tuple[float, tuple[_Moment, ...]]] = deque(maxlen=_MAX_FRAMES)

    def add(self, frame: WatchedFrame) -> Sequence[Event]:
        """Keep a frame, even if it shows nobody."""
        moments = tuple(
            _Moment(frame.time_s, person.number, person.raw, person.pose, angles, reasons)
            for person, angles, reasons in zip(
                frame.people, frame.angles_deg, frame.angle_reasons, strict=True
            )
        )
        with self._lock:
            self._moments.append((frame.time_s, moments))
            while self._moments[0][0] < frame.time_s - self._kept_s:
                self._moments.popleft()
        return ()

    def restart(self, time_s: float) -> Sequence[Event]:
        """Forget everything: it cannot be compared with what follows."""
        with self._lock:
            self._moments.clear()
        return ()

    def finish(self) -> Sequence[Event]:
        """Do nothing; what is kept can still be read."""
        return ()

    def _moments_of(self, number: int) -> list[tuple[float, _Moment | None]]:
        with self._lock:
            frames = list(self._moments)
        return [
            (time_s, next((moment for moment in moments if moment.number == number), None))
            for time_s, moments in frames
        ]

    def angles(self, number: int) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Times (T,) and, by angle name, degrees (T,) of one person; NaN where not visible or not found."""
        frames = self._moments_of(number)
        unknown = np.full(len(ANGLE_NAMES), np.nan)
        values = np.array([unknown if moment is None else moment.angles_deg for _, moment in frames])
        values = values.reshape(-1, len(ANGLE_NAMES))
        times_s = np.array([time_s for time_s, _ in frames])
        return times_s, dict(zip(ANGLE_NAMES, values.T, strict=True))

    def angle_reasons(self, number: int) -> dict[str, Reason]:
        """Why angles of one person are missing or uncertain in the last frame, by name; empty if not found there."""
        frames = self._moments_of(number)
        moment = frames[-1][1] if frames else None
        codes = [] if moment is None else moment.angle_reasons.tolist()
        return {name: REASONS[code] for name, code in zip(ANGLE_NAMES, codes, strict=False)}

    def visibility(self, number: int) -> FloatArray | None:
        """Mean visibility (33,) of one person over the time kept; None if they were not found."""
        seen = [moment.pose.visibility for _, moment in self._moments_of(number) if moment is not None]
        return np.mean(seen, axis=0) if seen else None

    def jitter_px(self, number: int | None = None) -> tuple[float, float]:
        """Jitter of the model's landmarks and of the smoothed ones, over the last seconds; NaN while unknown.

        Parameters
        ----------
        number : int, optional
            Number of the person; the lowest in the last frame unless given.
        """
        unknown = (float("nan"), float("nan"))
        with self._lock:
            frames = list(self._moments)
        if not frames or (number is None and not frames[-1][1]):
            return unknown
        if number is None:
            number = min(moment.number for moment in frames[-1][1])
        since_s = frames[-1][0] - _JITTER_S
        recent = [moment for at_s, moments in frames if at_s >= since_s for moment in moments]
        seen = [moment for moment in recent if moment.number == number]
        # Pixels of another picture size, after a change of quality, cannot be compared.
        seen = [moment for moment in seen if moment.pose.size_wh == seen[-1].pose.size_wh]
        if not seen:
            return unknown
        times_s = np.array([moment.time_s for moment in seen])
        return (
            jitter_px(np.array([moment.raw.image_xy_px for moment in seen]), times_s),
            jitter_px(np.array([moment.pose.image_xy_px for moment in seen]), times_s),
        )

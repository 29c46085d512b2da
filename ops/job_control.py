"""How far a job is, and whether it should go on: what its work tells and asks."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from pose_core.errors import PoseCoreError

__all__ = ["OVER", "JobControl", "JobState", "JobStatus"]

#: In this order; "failed" and "cancelled" end a job as well.
JobState = Literal["waiting", "reading", "analysing", "writing", "done", "failed", "cancelled"]
OVER: Final = ("done", "failed", "cancelled")

#: Speed is that of the last seconds; nothing is said about the time left before these have passed.
_WINDOW_S: Final = 10.0
_SILENT_S: Final = 2.0
#: Beside live viewers a job works for this share of the time, in turns no longer than this.
_SHARE_BESIDE_OTHERS: Final = 0.3
_LONGEST_PAUSE_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job at one moment.

    Attributes
    ----------
    id : str
    state : {"waiting", "reading", "analysing", "writing", "done", "failed", "cancelled"}
    done, total : float
        How far the present state is, in its own unit (seconds of a film); the total is NaN if unknown.
    left_s : float or None
        Seconds until the present state ends, from the speed of the last ten seconds; None if that is not known yet.
    ahead : int
        Jobs that come before a waiting one.
    error : PoseCoreError or None
        Why it failed.
    has_result : bool
    partial : object
        What the work has published so far.
    """

    id: str
    state: JobState
    done: float
    total: float
    left_s: float | None
    ahead: int
    error: PoseCoreError | None
    has_result: bool
    partial: object

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in OVER

    @property
    def share(self) -> float:
        """How much of the present state is done, 0 to 1; 0 if unknown."""
        if self.state == "done":
            return 1.0
        return min(1.0, self.done / self.total) if self.total > 0 else 0.0


class JobControl:
    """What the work of a job gets, to say how far it is and to ask whether to go on. For the job's threads."""

    def __init__(self, others: Callable[[], bool]) -> None:
        self._others = others
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._state: JobState = "waiting"
        self._done, self._total = 0.0, float("nan")
        self._samples: deque[tuple[float, float]] = deque()
        self._began_s = 0.0
        self._turn_s = time.monotonic()
        self._partial: object = None

    def enter(self, state: JobState, total: float = float("nan")) -> None:
        """Begin the next part of the work, of which `total` is to be done."""
        with self._lock:
            self._state, self._done, self._total = state, 0.0, total
            self._began_s = time.monotonic()
            self._samples = deque([(self._began_s, 0.0)])

    def tell(self, done: float, total: float | None = None) -> None:
        """Say how much of the present part is done."""
        now_s = time.monotonic()
        with self._lock:
            self._done = done
            if total is not None:
                self._total = total
            self._samples.append((now_s, done))
            while len(self._samples) > 2 and now_s - self._samples[1][0] > _WINDOW_S:
                self._samples.popleft()

    def publish(self, partial: object) -> None:
        """Show what there is so far; must not be changed afterwards."""
        with self._lock:
            self._partial = partial

    def cancelled(self) -> bool:
        """Whether to stop with what there is. Waits a little while others need the cores more."""
        now_s = time.monotonic()
        if self._others():
            worked_s = now_s - self._turn_s
            pause_s = worked_s * (1 - _SHARE_BESIDE_OTHERS) / _SHARE_BESIDE_OTHERS
            self._stop.wait(min(pause_s, _LONGEST_PAUSE_S))
        self._turn_s = time.monotonic()
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask the work to stop."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop; unlike `cancelled`, never waits."""
        return self._stop.is_set()

    def status(self, job_id: str, ahead: int, error: PoseCoreError | None, has_result: bool) -> JobStatus:
        """How the work stands, with what the job knows."""
        with self._lock:
            return JobStatus(
                id=job_id,
                state=self._state,
                done=self._done,
                total=self._total,
                left_s=self._left_s() if self._state not in OVER else None,
                ahead=ahead,
                error=error,
                has_result=has_result,
                partial=self._partial,
            )

    def _left_s(self) -> float | None:
        """Called under the lock."""
        now_s = time.monotonic()
        if not self._total > 0 or now_s - self._began_s < _SILENT_S:
            return None
        (first_s, first), (last_s, last) = self._samples[0], self._samples[-1]
        if last <= first:
            return None
        return max(0.0, (self._total - last) * (last_s - first_s) / (last - first) - (now_s - last_s))

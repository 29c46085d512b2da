"""Validations in the background: a few at a time, one for each visitor; each can be watched and stopped.

Threads
-------
`ValidationRun` works on a thread of its own. `status` and `result` can be called from any thread; what threads share is
replaced as a whole under a lock.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from pose_core.errors import BusyError, PoseCoreError
from pose_core.evaluation.dataset import Dataset
from pose_core.evaluation.detecting import Cancelled, Progress
from pose_core.evaluation.settings import ValidationSettings
from pose_core.evaluation.validate import ValidationResult, validate
from pose_core.models.pool import PosePool

__all__ = [
    "MAX_RUNS",
    "MAX_RUN_S",
    "Phase",
    "RunStatus",
    "ValidationRun",
    "ValidationRunner",
    "ending_in_time",
]

_log = logging.getLogger("posedeck")

#: How many may be under way in the whole process: each keeps all cores busy.
MAX_RUNS: Final = 2
#: A server's validation ends by then, whatever its models do: heavy looks at 1000 pictures in a tenth of it.
MAX_RUN_S: Final = 3600.0
Phase = Literal["running", "done", "stopped", "failed"]
_END_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class RunStatus:
    """Status of a run.

    Attributes
    ----------
    phase : {"running", "done", "stopped", "failed"}
    share : float
        Share of the pictures that the models have looked at, 0 to 1.
    left_s : float
        Estimated seconds to go; NaN while unknown.
    error : PoseCoreError or None
        Why it failed.
    """

    phase: Phase
    share: float
    left_s: float
    error: PoseCoreError | None


def ending_in_time(cancelled: Callable[[], bool], limit_s: float = MAX_RUN_S) -> Callable[[], bool]:
    """The same question, which fails once the time is over; the clock starts now.

    Raises
    ------
    BusyError
        When asked later than that.
    """
    start_s = time.monotonic()

    def ask() -> bool:
        if time.monotonic() - start_s > limit_s:
            raise BusyError(
                "validation_too_long",
                "A validation must end within {minutes:.0f} minutes; this one does not. Take fewer pictures or a "
                "faster model, or use the command python -m pose_core validate.",
                minutes=limit_s / 60,
            )
        return cancelled()

    return ask


class ValidationRun:
    """One validation on a thread of its own, started by `ValidationRunner.start`."""

    def __init__(self, dataset: Dataset, settings: ValidationSettings, pool: PosePool) -> None:
        self.dataset, self.settings = dataset, settings
        self._pool = pool
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._status = RunStatus("running", 0.0, math.nan, None)
        self._result: ValidationResult | None = None
        self._thread = threading.Thread(target=self._run, name="posedeck-validation", daemon=True)

    def start(self) -> None:
        """Start its thread."""
        self._thread.start()

    def stop(self, wait_s: float = 0.0) -> None:
        """Ask it to end at the next picture, and wait up to `wait_s` seconds for that."""
        self._stop.set()
        self.wait(wait_s)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, at most `seconds`; whether it is over."""
        self._thread.join(seconds)
        return not self.running

    @property
    def running(self) -> bool:
        """Whether it is still under way."""
        return self.status().phase == "running"

    def status(self) -> RunStatus:
        """The status now."""
        with self._lock:
            return self._status

    def result(self) -> ValidationResult | None:
        """The result; None before the end, or if it was stopped or failed."""
        with self._lock:
            return self._result

    def _tell(self, progress: Progress) -> None:
        with self._lock:
            share = progress.done / max(1, progress.total)
            self._status = RunStatus("running", share, progress.left_s, None)

    def _run(self) -> None:
        phase: Phase = "failed"
        error: PoseCoreError | None = None
        result: ValidationResult | None = None
        try:
            ask = ending_in_time(self._stop.is_set)
            result = validate(self.dataset, self.settings, self._pool, self._tell, ask)
            phase = "done"
        except Cancelled:
            phase = "stopped"
        except PoseCoreError as problem:
            error = problem
        except Exception as problem:  # noqa: BLE001 - whatever it is, the page must learn that the run is over
            _log.error("a validation failed with %s", type(problem).__name__)
            error = PoseCoreError(
                "validation_failed",
                "The validation ended with an internal error ({kind}). Run it again, or leave out what you added last.",
                kind=type(problem).__name__,
            )
        with self._lock:
            self._result = result
            self._status = RunStatus(phase, 1.0 if phase == "done" else self._status.share, 0.0, error)


class ValidationRunner:
    """Starts validations, at most `MAX_RUNS` at a time; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: list[ValidationRun] = []

    @property
    def free(self) -> bool:
        """Whether another one may start."""
        with self._lock:
            return sum(run.running for run in self._runs) < MAX_RUNS

    def start(self, dataset: Dataset, settings: ValidationSettings, pool: PosePool) -> ValidationRun:
        """Start one.

        Raises
        ------
        BusyError
            If `MAX_RUNS` are under way.
        """
        with self._lock:
            self._runs = [run for run in self._runs if run.running]
            if len(self._runs) >= MAX_RUNS:
                raise BusyError(
                    "validation_busy",
                    "At most {limit} validations can run at a time, and that many do. Try again in a minute.",
                    limit=MAX_RUNS,
                )
            run = ValidationRun(dataset, settings, pool)
            self._runs.append(run)
            run.start()
        return run

    def close(self) -> None:
        """Stop what is under way, and wait for it."""
        with self._lock:
            runs, self._runs = self._runs, []
        for run in runs:
            run.stop()
        for run in runs:
            run.wait(_END_S)

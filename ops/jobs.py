"""Work that takes minutes and outlives the page or request that started it.

A job belongs to an owner and has an id that cannot be guessed. One runs at a time for every two cores, each owner has
at most one that is not over, and only a few may wait. A job is removed by its owner, or some minutes after anybody last
looked at it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from ops.log import log_unexpected
from pose_core.errors import BusyError, PoseCoreError
from pose_core.machine import usable_cores

__all__ = ["KEPT_S", "MAX_WAITING", "Job", "JobControl", "JobState", "JobStatus", "Jobs", "NoSuchJobError"]

#: In this order; "failed" and "cancelled" end a job as well.
JobState = Literal["waiting", "reading", "analysing", "writing", "done", "failed", "cancelled"]
OVER: Final = ("done", "failed", "cancelled")

#: Results are kept so long after somebody last asked for them.
KEPT_S: Final = 600.0
#: Jobs that may wait for a place.
MAX_WAITING: Final = 4
#: Speed is that of the last seconds; nothing is said about the time left before these have passed.
_WINDOW_S: Final = 10.0
_SILENT_S: Final = 2.0
#: Beside live viewers a job works for this share of the time, in turns no longer than this.
_SHARE_BESIDE_OTHERS: Final = 0.3
_LONGEST_PAUSE_S: Final = 0.25
_SWEEP_S: Final = 15.0


class NoSuchJobError(PoseCoreError):
    """There is no job with this id, or it is somebody else's; which of the two is nobody's business."""


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

    def _stopped(self) -> bool:
        return self._stop.is_set()

    def _left_s(self) -> float | None:
        """Called under the lock."""
        now_s = time.monotonic()
        if not self._total > 0 or now_s - self._began_s < _SILENT_S:
            return None
        (first_s, first), (last_s, last) = self._samples[0], self._samples[-1]
        if last <= first:
            return None
        return max(0.0, (self._total - last) * (last_s - first_s) / (last - first) - (now_s - last_s))


class Job:
    """One piece of work; made by `Jobs.start`."""

    def __init__(
        self, owner: str, work: Callable[[JobControl], object], control: JobControl, bytes_kept: int
    ) -> None:
        self.id = secrets.token_urlsafe(24)
        self.owner = owner
        self._work = work
        self._control = control
        self.bytes_kept = bytes_kept
        self._result: Any = None
        self._error: PoseCoreError | None = None
        self.looked_at_s = time.monotonic()
        self.over = threading.Event()

    @property
    def result(self) -> Any:
        """What the work returned; None before."""
        return self._result

    def run(self) -> None:
        """On the worker's thread."""
        state: JobState = "failed"
        try:
            if not self._control._stopped():
                self._result = self._work(self._control)
            state = "cancelled" if self._control._stopped() else "done"
        except PoseCoreError as error:
            self._error = error
        except MemoryError:
            self._error = BusyError(
                "job_out_of_memory",
                "The server must have memory for this job; none is left. Try again later, or with less.",
            )
        except Exception as error:  # noqa: BLE001 - nothing above this thread would catch it
            log_unexpected(error)
            self._error = PoseCoreError(
                "job_failed",
                "Something unexpected went wrong. Report it with the line about it in the server's log.",
            )
        finally:
            self._work = _nothing  # and what it held
            self._control.enter(state)
            self.looked_at_s = time.monotonic()
            self.over.set()

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._control._stop.set()

    def status(self, ahead: int = 0) -> JobStatus:
        """How it stands."""
        control = self._control
        with control._lock:
            return JobStatus(
                id=self.id,
                state=control._state,
                done=control._done,
                total=control._total,
                left_s=control._left_s() if control._state not in OVER else None,
                ahead=ahead,
                error=self._error,
                has_result=self._result is not None,
                partial=control._partial,
            )


def _nothing(_: JobControl) -> None:
    return None


class Jobs:
    """All jobs of the process. Any thread may call any method.

    Parameters
    ----------
    others_wait : callable
        Whether live viewers need the cores: jobs then work for 30 % of the time.
    workers : int, optional
        Jobs that run at a time; one for every two usable cores unless given.
    kept_s : float
        How long results are kept.
    on_removed : callable, optional
        Told about each job that is removed, to free what it held.
    """

    def __init__(
        self,
        others_wait: Callable[[], bool] = lambda: False,
        *,
        workers: int | None = None,
        kept_s: float = KEPT_S,
        on_removed: Callable[[Job], None] | None = None,
    ) -> None:
        self._others_wait = others_wait
        self._most = workers if workers is not None else max(1, usable_cores() // 2)
        self._kept_s = kept_s
        self._on_removed = on_removed or (lambda _: None)
        self._changed = threading.Condition()
        # Guarded by `_changed`.
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[Job] = deque()
        self._running = 0
        self._threads: list[threading.Thread] = []
        self._closed = False

    def start(self, owner: str, work: Callable[[JobControl], object], bytes_kept: int = 0) -> Job:
        """Add a job, which runs as soon as there is a place.

        Parameters
        ----------
        owner : str
            Whose it is.
        work : callable
            Does it, on a thread of its own; its exceptions that are a PoseCoreError are shown to the owner.
        bytes_kept : int
            What it holds until it is removed; only for `Job.bytes_kept`.

        Raises
        ------
        BusyError
            If the owner has a job that is not over, too many wait, or the server is shutting down.
        """
        job = Job(owner, work, JobControl(self._others_wait), bytes_kept)
        with self._changed:
            if self._closed:
                raise BusyError("pool_closed", "PoseDeck is shutting down. Start it again to continue.")
            if any(other.owner == owner and not other.over.is_set() for other in self._jobs.values()):
                raise BusyError(
                    "job_running",
                    "A visitor may have one job at a time; yours is not done. Wait for it, or cancel it.",
                )
            if len(self._waiting) >= MAX_WAITING and self._running >= self._most:
                raise BusyError(
                    "jobs_full",
                    "At most {limit} jobs may wait; {limit} do. Try again in a few minutes.",
                    limit=MAX_WAITING,
                )
            self._jobs[job.id] = job
            self._waiting.append(job)
            if len(self._threads) < self._most:
                thread = threading.Thread(target=self._work, name="posedeck-job", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()
        return job

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or bool(self._waiting), timeout=_SWEEP_S)
                if self._closed:
                    return
                job = self._waiting.popleft() if self._waiting else None
                self._running += job is not None
            if job is not None:
                try:
                    job.run()
                finally:
                    with self._changed:
                        self._running -= 1
                del job
            self.sweep()

    def get(self, job_id: str, owner: str | None = None) -> Job:
        """A job, which is then kept for longer.

        Parameters
        ----------
        job_id : str
        owner : str, optional
            Whoever asks; None for programs that prove with the id alone that it is theirs.

        Raises
        ------
        NoSuchJobError
        """
        with self._changed:
            job = self._jobs.get(job_id)
        if job is None or (owner is not None and job.owner != owner):
            raise NoSuchJobError(
                "job_gone",
                "The job must be there still; this one is not, or its time is over. Start it again.",
            )
        job.looked_at_s = time.monotonic()
        return job

    def status(self, job_id: str, owner: str | None = None) -> JobStatus:
        """How a job stands; errors as `get`."""
        job = self.get(job_id, owner)
        with self._changed:
            ahead = self._waiting.index(job) + self._running if job in self._waiting else 0
        return job.status(ahead)

    def of(self, owner: str) -> tuple[Job, ...]:
        """All jobs of an owner, the oldest first."""
        with self._changed:
            return tuple(job for job in self._jobs.values() if job.owner == owner)

    def cancel(self, job_id: str, owner: str | None = None) -> None:
        """Stop a job; what there is becomes its result. One that waits is over at once; errors as `get`."""
        job = self.get(job_id, owner)
        job.cancel()
        with self._changed:
            waited = job in self._waiting
            if waited:
                self._waiting.remove(job)
        if waited:
            job.run()  # which sees that it must not

    def remove(self, job_id: str, owner: str | None = None) -> None:
        """Stop and forget a job and its result; errors as `get`."""
        job = self.get(job_id, owner)
        self.cancel(job_id, owner)
        self._forget(job)

    def _forget(self, job: Job) -> None:
        with self._changed:
            known = self._jobs.pop(job.id, None)
        if known is not None:
            self._on_removed(job)

    def sweep(self) -> None:
        """Forget jobs that are over and that nobody has looked at for long; called every 15 s by the workers."""
        now_s = time.monotonic()
        with self._changed:
            old = [
                job
                for job in self._jobs.values()
                if job.over.is_set() and now_s - job.looked_at_s > self._kept_s
            ]
        for job in old:
            self._forget(job)

    def close(self) -> None:
        """Cancel everything, and wait for what runs."""
        with self._changed:
            self._closed = True
            jobs, threads = list(self._jobs.values()), list(self._threads)
            self._waiting.clear()
            self._changed.notify_all()
        for job in jobs:
            job.cancel()
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join()

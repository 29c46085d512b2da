"""Work that takes minutes and outlives the page or request that started it.

A job belongs to an owner and has an id that cannot be guessed. One runs at a time for every two cores, each owner has
at most one under way, and only a few may wait. A job is removed by its owner, or some minutes after anybody last looked
at it. Jobs about another one, such as the making of its files, are removed with it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from ops.job_control import JobControl, JobState, JobStatus
from ops.log import log_unexpected
from ops.memory import give_memory_back
from pose_core.errors import BusyError, PoseCoreError
from pose_core.machine import usable_cores

__all__ = ["KEPT_S", "MAX_WAITING", "Job", "JobControl", "JobState", "JobStatus", "Jobs", "NoSuchJobError"]

#: Results are kept so long after somebody last asked for them.
KEPT_S: Final = 600.0
#: Jobs that may wait for a place.
MAX_WAITING: Final = 4
_SWEEP_S: Final = 15.0


class NoSuchJobError(PoseCoreError):
    """There is no job with this id, or it is somebody else's; which of the two is nobody's business."""


class Job:
    """One piece of work; made by `Jobs.start`."""

    def __init__(
        self,
        owner: str,
        work: Callable[[JobControl], object],
        control: JobControl,
        bytes_kept: int,
        about: str,
    ) -> None:
        self.id = secrets.token_urlsafe(24)
        self.owner = owner
        self.about = about
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
            if not self._control.stopped:
                self._result = self._work(self._control)
            state = "cancelled" if self._control.stopped else "done"
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
        self._control.stop()

    @property
    def under_way(self) -> bool:
        """Whether it is neither over nor about to stop."""
        return not (self.over.is_set() or self._control.stopped)

    def status(self, ahead: int = 0) -> JobStatus:
        """How it stands."""
        return self._control.status(self.id, ahead, self._error, self._result is not None)


def _nothing(_: JobControl) -> None:
    return None


def _gone() -> NoSuchJobError:
    return NoSuchJobError(
        "job_gone", "The job must be there still; this one is not, or its time is over. Start it again."
    )


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

    def start(
        self, owner: str, work: Callable[[JobControl], object], bytes_kept: int = 0, *, about: str = ""
    ) -> Job:
        """Add a job, which runs as soon as there is a place.

        Parameters
        ----------
        owner : str
            Whose it is.
        work : callable
            Does it, on a thread of its own; its exceptions that are a PoseCoreError are shown to the owner.
        bytes_kept : int
            What it holds until it is removed; only for `Job.bytes_kept`.
        about : str
            Id of the job that it belongs to: it is kept as long as that one, and removed with it.

        Raises
        ------
        BusyError
            If the owner has a job under way, too many wait, or the server is shutting down.
        NoSuchJobError
            If the job that it is about is gone.
        """
        job = Job(owner, work, JobControl(self._others_wait), bytes_kept, about)
        with self._changed:
            if self._closed:
                raise BusyError("pool_closed", "PoseDeck is shutting down. Start it again to continue.")
            if about and about not in self._jobs:
                raise _gone()
            if any(other.owner == owner and other.under_way for other in self._jobs.values()):
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
                give_memory_back()
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
            raise _gone()
        now_s = time.monotonic()
        for one in (job, *self._about(job.id)):
            one.looked_at_s = now_s
        return job

    def _about(self, job_id: str) -> tuple[Job, ...]:
        with self._changed:
            return tuple(job for job in self._jobs.values() if job.about == job_id)

    def status(self, job_id: str, owner: str | None = None) -> JobStatus:
        """How a job stands; errors as `get`."""
        job = self.get(job_id, owner)
        with self._changed:
            ahead = self._waiting.index(job) + self._running if job in self._waiting else 0
        return job.status(ahead)

    def of(self, owner: str, about: str = "") -> tuple[Job, ...]:
        """Jobs of an owner, the oldest first: those about nothing else, or those about one of them."""
        with self._changed:
            return tuple(job for job in self._jobs.values() if job.owner == owner and job.about == about)

    def every(self) -> tuple[Job, ...]:
        """All jobs."""
        with self._changed:
            return tuple(self._jobs.values())

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
        """Stop and forget a job, its result, and all jobs about it; errors as `get`."""
        job = self.get(job_id, owner)
        self.cancel(job_id, owner)
        self._forget(job)

    def _forget(self, job: Job) -> None:
        with self._changed:
            known = self._jobs.pop(job.id, None)
        for other in self._about(job.id):
            with suppress(NoSuchJobError):
                self.remove(other.id)
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

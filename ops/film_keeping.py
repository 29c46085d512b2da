"""What people do with the result of a film: correct it, mark moments, have files made."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ops.film_results import FilmOutcome, Made, Version
from ops.jobs import Job, JobControl, Jobs, NoSuchJobError
from pose_core.movement.moments import Mark
from pose_core.pipeline.video import VideoResult

__all__ = ["MAX_MARKS", "MAX_UNDO", "ResultKeeper"]

#: Corrections of one result that can be undone; each takes at most as much memory as the landmarks.
MAX_UNDO: Final = 10
#: Own marks in one film.
MAX_MARKS: Final = 50


class ResultKeeper:
    """Corrections, marks and files of results, each as long as its job. Any thread may call any method.

    Parameters
    ----------
    jobs : Jobs
        Whoever removes a job must call `forget_kept`.
    """

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self._keeping = threading.Lock()
        # By job: number of the version, and results; marks; by the job that makes it: a file.
        self._corrected: dict[str, tuple[int, list[VideoResult]]] = {}
        self._marks: dict[str, list[Mark]] = {}
        self._made: dict[str, Made] = {}

    def forget_kept(self, job_id: str) -> None:
        """Forget everything about a job that is gone."""
        with self._keeping:
            for kept in (self._corrected, self._marks, self._made):
                kept.pop(job_id, None)

    def _known(self) -> set[str]:
        return {job.id for job in self.jobs.every()}

    # ------------------------------------------------------------------ corrections
    def version(self, job_id: str, owner: str) -> Version | None:
        """The result of a job as corrected; None if there is none yet.

        Raises
        ------
        NoSuchJobError
        """
        outcome: FilmOutcome | None = self.jobs.get(job_id, owner).result
        if outcome is None:
            return None
        with self._keeping:
            number, results = self._corrected.get(job_id, (0, []))
        return Version(number, results[-1] if results else outcome.result, len(results))

    def correct(self, job_id: str, owner: str, change: Callable[[VideoResult], VideoResult]) -> None:
        """Keep a changed result; the oldest of more than `MAX_UNDO` corrections can no longer be undone.

        Raises
        ------
        NoSuchJobError
        """
        version = self.version(job_id, owner)
        if version is None:
            return
        changed = change(version.result)
        with self._keeping:
            if job_id in self._known():
                number, results = self._corrected.get(job_id, (0, []))
                self._corrected[job_id] = (number + 1, [*results, changed][-MAX_UNDO:])

    def undo(self, job_id: str, owner: str) -> None:
        """Take the newest correction back, if there is one.

        Raises
        ------
        NoSuchJobError
        """
        self.jobs.get(job_id, owner)
        with self._keeping:
            number, results = self._corrected.get(job_id, (0, []))
            if results:
                self._corrected[job_id] = (number + 1, results[:-1])

    # ------------------------------------------------------------------ files
    def make(
        self, job_id: str, owner: str, kind: str, key: object, maker: Callable[[JobControl], bytes]
    ) -> None:
        """Start to make a file of a result, as a job; one of the same kind that was made before is forgotten.

        Parameters
        ----------
        job_id : str
            Of the analysis.
        owner : str
        kind : str
            Which file.
        key : object
            What it is made of: tells whether it is still the right one.
        maker : callable
            Makes it; should stop early once it is cancelled.

        Raises
        ------
        BusyError
            As `ops.jobs.Jobs.start`.
        NoSuchJobError
        """
        self.jobs.get(job_id, owner)
        self.forget_made(job_id, owner, kind)
        with self._keeping:
            job = self.jobs.start(owner, maker, about=job_id)
            self._made[job.id] = Made(kind, key, job)

    def made(self, job_id: str, owner: str, kind: str, key: object) -> Job | None:
        """The job that makes or has made a file; None if there is none, or it is of something else."""
        for made in self._made_of(job_id, owner, kind):
            if made.key == key:
                return made.job
        return None

    def forget_made(self, job_id: str, owner: str, kind: str) -> None:
        """Stop and forget what is made of one kind."""
        for made in self._made_of(job_id, owner, kind):
            with suppress(NoSuchJobError):
                self.jobs.remove(made.job.id, owner)

    def _made_of(self, job_id: str, owner: str, kind: str) -> tuple[Made, ...]:
        there = {job.id for job in self.jobs.of(owner, about=job_id)}
        with self._keeping:
            return tuple(made for made in self._made.values() if made.job.id in there and made.kind == kind)

    # ------------------------------------------------------------------ marks
    def marks(self, job_id: str, owner: str) -> tuple[Mark, ...]:
        """What a person marked in a result, in order of time.

        Raises
        ------
        NoSuchJobError
        """
        self.jobs.get(job_id, owner)
        with self._keeping:
            return tuple(sorted(self._marks.get(job_id, ()), key=lambda mark: mark.time_s))

    def mark(self, job_id: str, owner: str, mark: Mark) -> None:
        """Add a mark, or change the text of the one at this time; with an empty text that is removed.

        More than `MAX_MARKS` are not kept.

        Raises
        ------
        NoSuchJobError
        """
        others = [one for one in self.marks(job_id, owner) if one.time_s != mark.time_s]
        with self._keeping:
            if job_id in self._known():
                self._marks[job_id] = [*others, mark][:MAX_MARKS] if mark.text else others

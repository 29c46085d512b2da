"""Validations for programs: files in memory, and the jobs that measure models on them.

A request's stated size is counted against `ALL_UPLOADS_MB` before its first byte, until the job that it became is gone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from ops.jobs import KEPT_S, Job, JobControl, Jobs
from pose_core.errors import BusyError, DatasetError
from pose_core.evaluation.detecting import Cancelled
from pose_core.evaluation.own.checking import OwnModelChecks
from pose_core.evaluation.running import ending_in_time
from pose_core.evaluation.settings import Model, ValidationSettings, own
from pose_core.evaluation.uploads import read_uploads
from pose_core.evaluation.validate import ValidationResult, validate
from pose_core.models.pool import PosePool

__all__ = ["ALL_UPLOADS_MB", "MAX_UPLOAD_MB", "Room", "ValidationStudio"]

_MB: Final = 1024 * 1024
#: As much as a visitor of the page may have, and twice that for all programs together.
MAX_UPLOAD_MB: Final = 200
ALL_UPLOADS_MB: Final = 400


class Room:
    """Memory for the files of one request; given back with its ``with`` block unless a job has it by then."""

    def __init__(self, owner: str, size: int) -> None:
        self.owner, self.size = owner, size
        self.job_id = ""


class ValidationStudio:
    """Takes files in, measures models on them as jobs, keeps results. Any thread may call any method.

    Parameters
    ----------
    pool : callable
        Returns the one pool of the process.
    others_wait : callable
        Whether live viewers need the cores.
    checks : callable
        Returns what checks models of one's own.
    budget_mb : int
        All files together.
    kept_s : float
        How long results are kept after somebody last looked.

    Attributes
    ----------
    jobs : Jobs
        States, cancelling and removing; each `Job.result` is a `ValidationResult`.
    """

    def __init__(
        self,
        pool: Callable[[], PosePool],
        others_wait: Callable[[], bool] = lambda: False,
        *,
        checks: Callable[[], OwnModelChecks] = OwnModelChecks,
        budget_mb: int = ALL_UPLOADS_MB,
        kept_s: float = KEPT_S,
    ) -> None:
        self._pool = pool
        self._checks = checks
        self._budget = budget_mb * _MB
        self._lock = threading.Lock()
        self._rooms: set[Room] = set()
        self.jobs = Jobs(others_wait, workers=1, kept_s=kept_s, on_removed=self._job_removed)

    @property
    def bytes_kept(self) -> int:
        """Bytes counted against the budget: of files that are here or on their way."""
        with self._lock:
            return sum(room.size for room in self._rooms)

    @contextmanager
    def room(self, owner: str, size: int) -> Iterator[Room]:
        """Room for the files of a request, before its first byte.

        Parameters
        ----------
        owner : str
        size : int
            Bytes, as the request states.

        Raises
        ------
        DatasetError
            If they have more than `MAX_UPLOAD_MB`.
        BusyError
            If all files together would have more than the budget.
        """
        if size > MAX_UPLOAD_MB * _MB:
            raise DatasetError(
                "validation_upload_too_large",
                "Annotations, pictures and models may have {limit} MB together; these have {megabytes:.0f} MB. Send a "
                "part of the pictures, or use the command python -m pose_core validate.",
                limit=MAX_UPLOAD_MB,
                megabytes=size / _MB,
            )
        self.jobs.sweep()
        room = Room(owner, size)
        with self._lock:
            if sum(other.size for other in self._rooms) + size > self._budget:
                raise BusyError(
                    "validation_uploads_full",
                    "The files of all validations may have {limit} MB at a time; with these they would have more. Try "
                    "again in a few minutes.",
                    limit=self._budget // _MB,
                )
            self._rooms.add(room)
        try:
            yield room
        finally:
            if not room.job_id:
                self._free(room)

    def start(
        self, room: Room, files: Mapping[str, bytes], settings: ValidationSettings, mine: Mapping[str, bytes]
    ) -> Job:
        """Start a validation.

        Parameters
        ----------
        room : Room
            Which the job keeps until it is removed.
        files : mapping of str to bytes
            Annotations and pictures, or ZIPs with them, by name.
        settings : ValidationSettings
        mine : mapping of str to bytes
            Files of a model of one's own, which is measured beside those of `settings`; may be empty.

        Raises
        ------
        BusyError
            As `Jobs.start`.
        """

        def work(control: JobControl) -> ValidationResult | None:
            control.enter("reading")
            dataset = read_uploads(files)
            models: tuple[Model, ...] = settings.models
            if mine:
                models = (*models, own(self._checks().check(mine)))
            control.enter("analysing", float(len(dataset.pictures) * len(models)))
            chosen = replace(settings, models=models)
            try:
                return validate(
                    dataset,
                    chosen,
                    self._pool(),
                    lambda progress: control.tell(progress.done, progress.total),
                    ending_in_time(control.cancelled),
                )
            except Cancelled:
                return None

        job = self.jobs.start(room.owner, work, room.size)
        room.job_id = job.id
        return job

    def _job_removed(self, job: Job) -> None:
        with self._lock:
            rooms = [room for room in self._rooms if room.job_id == job.id]
        for room in rooms:
            self._free(room)

    def _free(self, room: Room) -> None:
        with self._lock:
            self._rooms.discard(room)

    def close(self) -> None:
        """Cancel everything, and wait for what runs."""
        self.jobs.close()

"""Films in memory and the jobs that analyse them, for pages and programs alike.

A film arrives piece by piece in one buffer, never on disk. Its stated size is counted against `ALL_FILMS_MB` before its
first byte, and so is what its result may take.
"""

from __future__ import annotations

import io
import secrets
import threading
import time
from collections.abc import Callable
from typing import Final

from ops.film_keeping import MAX_MARKS, MAX_UNDO, ResultKeeper
from ops.film_results import MAX_THUMBNAILS, FilmOutcome, FilmSoFar, Teller, Version, size_made
from ops.jobs import KEPT_S, Job, JobControl, Jobs
from pose_core.errors import BusyError, ClipError
from pose_core.media.films import MAX_FILM_MB, plays_in_browsers
from pose_core.models.landmarker import StreamLandmarker
from pose_core.pipeline.video import LandmarkerFactory, VideoSettings, analyse_video
from pose_core.pipeline.video_film import FilmCopy, annotate_video
from pose_core.settings import DrawSettings
from pose_core.watching import Watcher

__all__ = [
    "ALL_FILMS_MB",
    "MAX_MARKS",
    "MAX_THUMBNAILS",
    "MAX_UNDO",
    "Arrival",
    "FilmOutcome",
    "FilmSoFar",
    "FilmStudio",
    "Version",
]

_MB: Final = 1024 * 1024
#: All films in memory together, those on their way included: two of the largest.
ALL_FILMS_MB: Final = 600


class Arrival:
    """A film on its way; made by `FilmStudio.arrive`. Use it in a ``with`` block, which frees it unless it is kept."""

    def __init__(self, studio: FilmStudio, owner: str, name: str, size: int) -> None:
        self.id = secrets.token_urlsafe(24)
        self.owner = owner
        self.name = name
        self.size = size
        self.data = b""
        self.arrived_s = time.monotonic()
        self._studio = studio
        self._buffer: io.BytesIO | None = io.BytesIO()

    def add(self, piece: bytes) -> None:
        """The next bytes.

        Raises
        ------
        ClipError
            If there are more than were stated.
        """
        assert self._buffer is not None
        if self._buffer.tell() + len(piece) > self.size:
            raise ClipError(
                "film_larger_than_stated",
                "A video must have the size that its request states; this one has more. Send it again.",
            )
        self._buffer.write(piece)

    def finish(self) -> None:
        """Keep it: all bytes are there.

        Raises
        ------
        ClipError
            If bytes are missing.
        """
        assert self._buffer is not None
        self.data = self._buffer.getvalue()  # the buffer's own bytes, not a copy
        self._buffer = None
        if len(self.data) < self.size:
            raise ClipError(
                "film_cut_off", "The whole video must arrive; the end of this one is missing. Send it again."
            )

    def __enter__(self) -> Arrival:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._buffer = None
        if kind is not None or not self.data:
            self._studio.discard(self)


class FilmStudio(ResultKeeper):
    """Takes films in, analyses them as jobs, keeps results. Any thread may call any method.

    Parameters
    ----------
    others_wait : callable
        Whether live viewers need the cores.
    landmarkers : callable
        Makes the model for a film.
    budget_mb : int
        All films together.
    kept_s : float
        How long films and results are kept after somebody last looked.
    workers : int, optional
        As in `ops.jobs.Jobs`.

    Attributes
    ----------
    jobs : Jobs
        States, cancelling and removing; each `Job.result` is a `FilmOutcome`.
    """

    def __init__(
        self,
        others_wait: Callable[[], bool] = lambda: False,
        *,
        landmarkers: LandmarkerFactory = StreamLandmarker,
        budget_mb: int = ALL_FILMS_MB,
        kept_s: float = KEPT_S,
        workers: int | None = None,
    ) -> None:
        self._landmarkers = landmarkers
        self._budget = budget_mb * _MB
        self._kept_s = kept_s
        super().__init__(Jobs(others_wait, workers=workers, kept_s=kept_s, on_removed=self._job_removed))
        self._lock = threading.Lock()
        self._films: dict[str, Arrival] = {}
        self._job_films: dict[str, str] = {}

    @property
    def bytes_kept(self) -> int:
        """Bytes counted against the budget: of films that are here or on their way, and of what was made of them."""
        made = self._bytes_made()
        with self._lock:
            return made + sum(film.size for film in self._films.values())

    def _bytes_made(self) -> int:
        return sum(size_made(job.result) for job in self.jobs.every())

    def arrive(self, owner: str, name: str, size: int) -> Arrival:
        """Room for a film, before its first byte. A film of the same owner that no job uses makes room for it.

        Parameters
        ----------
        owner : str
        name : str
            The file's name; only for people to read.
        size : int
            Bytes, as the request states.

        Raises
        ------
        ClipError
            If it is empty or has more than `MAX_FILM_MB`.
        BusyError
            If all films together would have more than the budget.
        """
        if size <= 0:
            raise ClipError(
                "clip_empty", "The file must contain a video; this one is empty. Choose another file."
            )
        if size > MAX_FILM_MB * _MB:
            raise ClipError(
                "file_too_large",
                "Files must be at most {limit} MB; this one is {megabytes:.0f} MB. Save a smaller copy and try that.",
                limit=MAX_FILM_MB,
                megabytes=size / _MB,
            )
        self.jobs.sweep()
        made = self._bytes_made()
        film = Arrival(self, owner, name, size)
        with self._lock:
            used = set(self._job_films.values())
            now_s = time.monotonic()
            for other in list(self._films.values()):
                old = now_s - other.arrived_s > self._kept_s
                if other.data and other.id not in used and (other.owner == owner or old):
                    del self._films[other.id]
            if made + sum(other.size for other in self._films.values()) + size > self._budget:
                raise BusyError(
                    "films_full",
                    "The videos of all visitors may have {limit} MB at a time; with this one they would have more. "
                    "Try again in a few minutes.",
                    limit=self._budget // _MB,
                )
            self._films[film.id] = film
        return film

    def discard(self, film: Arrival) -> None:
        """Forget a film."""
        with self._lock:
            self._films.pop(film.id, None)

    def film(self, film_id: str, owner: str) -> Arrival | None:
        """A film that has arrived; None if it is gone or somebody else's."""
        with self._lock:
            film = self._films.get(film_id)
        return film if film is not None and film.owner == owner and film.data else None

    def newest_film(self, owner: str) -> Arrival | None:
        """The film of an owner that arrived last; None if there is none."""
        with self._lock:
            films = [film for film in self._films.values() if film.owner == owner and film.data]
        return max(films, key=lambda film: film.arrived_s, default=None)

    def film_of(self, job_id: str, owner: str) -> Arrival | None:
        """The film that a job is about; None if it is gone or somebody else's."""
        with self._lock:
            film_id = self._job_films.get(job_id, "")
        return self.film(film_id, owner)

    def analyse(
        self,
        film: Arrival,
        settings: VideoSettings,
        *,
        with_film: bool = False,
        with_copy: bool = False,
        draw: DrawSettings | None = None,
        watchers: Callable[[], tuple[Watcher, ...]] = tuple,
    ) -> Job:
        """Start the analysis of a film that has arrived.

        Parameters
        ----------
        film : Arrival
        settings : VideoSettings
        with_film : bool
            Whether to write the annotated film as well.
        with_copy : bool
            Whether to write `FilmOutcome.copy_mp4`, if browsers cannot play the film.
        draw : DrawSettings, optional
            For that film.
        watchers : callable
            Makes those who watch, when the job begins.

        Raises
        ------
        BusyError
            As `Jobs.start`.
        """

        def work(control: JobControl) -> FilmOutcome:
            control.enter("reading")
            copy = FilmCopy(film.data) if with_copy and not plays_in_browsers(film.data) else None
            result = analyse_video(
                film.data,
                settings,
                self._landmarkers,
                watchers=watchers(),
                on_progress=Teller(control),
                cancelled=control.cancelled,
                also=copy.wish if copy is not None else None,
            )
            copy_mp4 = copy.finish() if copy is not None else b""
            annotated = b""
            if with_film and result.ended_by != "cancelled":
                control.enter("writing", 1.0)
                annotated = annotate_video(
                    film.data, result, draw, on_progress=control.tell, cancelled=control.cancelled
                )
            return FilmOutcome(film.name, film.data, result, annotated, copy_mp4)

        return self.work_on(film, work)

    def work_on(self, film: Arrival, work: Callable[[JobControl], object], *, owner: str = "") -> Job:
        """Start any work on a film that has arrived; the film counts until the job is removed.

        Parameters
        ----------
        film : Arrival
        work : callable
            As in `Jobs.start`.
        owner : str, optional
            Whose job it is; the film's owner unless given.

        Raises
        ------
        BusyError
            As `Jobs.start`.
        """
        job = self.jobs.start(owner or film.owner, work, film.size)
        with self._lock:
            self._job_films[job.id] = film.id
        return job

    def forget_job(self, job_id: str, owner: str) -> None:
        """Remove a job and its result, and keep its film as if it had just arrived.

        Raises
        ------
        NoSuchJobError
        """
        self.jobs.get(job_id, owner)
        with self._lock:
            film = self._films.get(self._job_films.pop(job_id, ""))
            if film is not None:
                film.arrived_s = time.monotonic()
        self.jobs.remove(job_id, owner)

    def _job_removed(self, job: Job) -> None:
        self.forget_kept(job.id)
        with self._lock:
            film_id = self._job_films.pop(job.id, None)
            if film_id is not None and film_id not in self._job_films.values():
                self._films.pop(film_id, None)

    def close(self) -> None:
        """Cancel everything, and wait for what runs."""
        self.jobs.close()

"""Films in memory and the jobs that analyse them, for pages and programs alike.

A film arrives piece by piece in one buffer, never on disk. Its stated size is counted against `ALL_FILMS_MB` before its
first byte, and so is what its result may take.
"""

from __future__ import annotations

import io
import math
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ops.jobs import KEPT_S, Job, JobControl, Jobs
from pose_core.arrays import FrameRGB
from pose_core.errors import BusyError, ClipError
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.media.films import MAX_FILM_MB, plays_in_browsers
from pose_core.models.landmarker import StreamLandmarker
from pose_core.pipeline.video import (
    LandmarkerFactory,
    VideoProgress,
    VideoResult,
    VideoSettings,
    analyse_video,
)
from pose_core.pipeline.video_film import annotate_video, clean_copy
from pose_core.settings import DrawSettings
from pose_core.watching import Watcher

__all__ = [
    "ALL_FILMS_MB",
    "MAX_THUMBNAILS",
    "MAX_UNDO",
    "Arrival",
    "FilmOutcome",
    "FilmSoFar",
    "FilmStudio",
    "Version",
]

_MB: Final = 1024 * 1024
_KNEES: Final = [ANGLE_NAMES.index(name) for name in ("left_knee", "right_knee")]
#: All films in memory together, those on their way included: two of the largest.
ALL_FILMS_MB: Final = 600
#: How often a page may look at what there is so far: a thumbnail, and the people of the newest frame.
_PUBLISH_EVERY_S: Final = 0.5
#: Thumbnails have at most so many columns and rows.
_THUMBNAIL_PX: Final = 160
#: Shown while a film is analysed, one for each such part of it.
MAX_THUMBNAILS: Final = 8
#: Corrections of one result that can be undone; each takes at most as much memory as the landmarks.
MAX_UNDO: Final = 10


@dataclass(frozen=True, eq=False)
class FilmSoFar:
    """What a running analysis has published.

    Attributes
    ----------
    time_s : float
        Of the newest frame.
    frames : int
    people : int
        In the newest frame.
    thumbnail_rgb : ndarray of uint8, shape (H, W, 3)
        Of the newest frame, small.
    thumbnails_rgb : tuple of ndarray
        Such pictures from all over the film, in order of time; at most `MAX_THUMBNAILS`.
    curve : tuple of (float, float, float)
        Time, and degrees of the left and the right knee of the first person, twice a second; NaN where unknown.
    """

    time_s: float
    frames: int
    people: int
    thumbnail_rgb: FrameRGB = field(repr=False)
    thumbnails_rgb: tuple[FrameRGB, ...] = field(default=(), repr=False)
    curve: tuple[tuple[float, float, float], ...] = field(default=(), repr=False)


@dataclass(frozen=True, eq=False)
class FilmOutcome:
    """The result of a job.

    Attributes
    ----------
    name : str
        Of the film's file.
    data : bytes
        The film.
    result : VideoResult
    annotated_mp4 : bytes
        Empty if it was not asked for.
    copy_mp4 : bytes
        The analysed part as H.264 without drawing, for a film that browsers cannot play, unless the job was
        cancelled; else empty. It begins at 0.
    """

    name: str
    data: bytes = field(repr=False)
    result: VideoResult = field(repr=False)
    annotated_mp4: bytes = field(default=b"", repr=False)
    copy_mp4: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, eq=False)
class Version:
    """A result with all that a person corrected in it so far.

    Attributes
    ----------
    number : int
        Another one after every correction and every undo.
    result : VideoResult
    undoable : int
        How many corrections can be undone.
    """

    number: int
    result: VideoResult = field(repr=False)
    undoable: int = 0


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
                "A film must have the size that its request states; this one has more. Send it again.",
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
                "film_cut_off", "The whole film must arrive; the end of this one is missing. Send it again."
            )

    def __enter__(self) -> Arrival:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._buffer = None
        if kind is not None or not self.data:
            self._studio.discard(self)


class FilmStudio:
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
        self._lock = threading.Lock()
        self._films: dict[str, Arrival] = {}
        self._job_films: dict[str, str] = {}
        self._corrected: dict[
            str, tuple[int, list[VideoResult]]
        ] = {}  # by job: number of the version, results
        self.jobs = Jobs(others_wait, workers=workers, kept_s=kept_s, on_removed=self._job_removed)

    @property
    def bytes_kept(self) -> int:
        """Bytes counted against the budget: of films that are here or on their way."""
        with self._lock:
            return sum(film.size for film in self._films.values())

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
        film = Arrival(self, owner, name, size)
        with self._lock:
            used = set(self._job_films.values())
            now_s = time.monotonic()
            for other in list(self._films.values()):
                old = now_s - other.arrived_s > self._kept_s
                if other.data and other.id not in used and (other.owner == owner or old):
                    del self._films[other.id]
            if sum(other.size for other in self._films.values()) + size > self._budget:
                raise BusyError(
                    "films_full",
                    "The films of all visitors may have {limit} MB at a time; with this one they would have more. "
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
        with self._lock:
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
        with self._lock:
            if job_id in self._job_films:
                number, results = self._corrected.get(job_id, (0, []))
                self._corrected[job_id] = (number + 1, [*results, changed][-MAX_UNDO:])

    def undo(self, job_id: str, owner: str) -> None:
        """Take the newest correction back, if there is one.

        Raises
        ------
        NoSuchJobError
        """
        self.jobs.get(job_id, owner)
        with self._lock:
            number, results = self._corrected.get(job_id, (0, []))
            if results:
                self._corrected[job_id] = (number + 1, results[:-1])

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
            result = analyse_video(
                film.data,
                settings,
                self._landmarkers,
                watchers=watchers(),
                on_progress=_Teller(control),
                cancelled=control.cancelled,
            )
            annotated = b""
            if with_film and result.ended_by != "cancelled":
                control.enter("writing", 1.0)
                annotated = annotate_video(
                    film.data, result, draw, on_progress=control.tell, cancelled=control.cancelled
                )
            copy = b""
            if with_copy and not control.cancelled() and not plays_in_browsers(film.data):
                control.enter("writing", 1.0)
                copy = clean_copy(film.data, result, on_progress=control.tell, cancelled=control.cancelled)
                copy = b"" if control.cancelled() else copy
            return FilmOutcome(film.name, film.data, result, annotated, copy)

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
            self._corrected.pop(job_id, None)
        self.jobs.remove(job_id, owner)

    def _job_removed(self, job: Job) -> None:
        with self._lock:
            self._corrected.pop(job.id, None)
            film_id = self._job_films.pop(job.id, None)
            if film_id is not None and film_id not in self._job_films.values():
                self._films.pop(film_id, None)

    def close(self) -> None:
        """Cancel everything, and wait for what runs."""
        self.jobs.close()


class _Teller:
    """Passes on how far an analysis is, and now and then what there is to see."""

    def __init__(self, control: JobControl) -> None:
        self._control = control
        self._begun = False
        self._published_s = 0.0
        self._first_s = 0.0
        self._thumbnails: list[FrameRGB] = []
        self._curve: list[tuple[float, float, float]] = []

    def __call__(self, progress: VideoProgress) -> None:
        if not self._begun:
            self._begun, self._first_s = True, progress.done_s
            self._control.enter("analysing")
        self._control.tell(progress.done_s - self._first_s, progress.total_s - self._first_s)
        now_s = time.monotonic()
        if now_s - self._published_s >= _PUBLISH_EVERY_S:
            self._published_s = now_s
            self._publish(progress)

    def _publish(self, progress: VideoProgress) -> None:
        step = max(1, -(-max(progress.frame_rgb.shape[:2]) // _THUMBNAIL_PX))
        small_rgb = np.ascontiguousarray(progress.frame_rgb[::step, ::step])
        length_s = progress.total_s - self._first_s
        share = (progress.done_s - self._first_s) / length_s if length_s > 0 else 0.0
        if len(self._thumbnails) < MAX_THUMBNAILS and share * MAX_THUMBNAILS >= len(self._thumbnails):
            self._thumbnails.append(small_rgb)
        watched = progress.watched
        knees = watched.angles_deg[0, _KNEES].tolist() if watched.people else [math.nan, math.nan]
        self._curve.append((watched.time_s, knees[0], knees[1]))
        self._control.publish(
            FilmSoFar(
                watched.time_s,
                progress.frames,
                len(watched.people),
                small_rgb,
                tuple(self._thumbnails),
                tuple(self._curve),
            )
        )

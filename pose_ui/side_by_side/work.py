"""Comparisons as jobs, beside films: what each does, what it leaves, and where results are found again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from ops.films import Arrival, FilmStudio
from ops.jobs import Job, JobControl
from pose_core.errors import ClipError
from pose_core.evaluation.side_by_side.comparing import Comparison, compare
from pose_core.evaluation.side_by_side.film_part import part_as_mp4
from pose_core.evaluation.side_by_side.looking import Looked, Progress, look_at_film, look_at_pictures
from pose_core.evaluation.side_by_side.settings import SideBySideSettings
from pose_core.media.films import plays_in_browsers
from pose_core.media.images import encode_jpeg, fit_within
from pose_core.performer.samples import SAMPLES, sample_bytes, sample_clip
from pose_ui.shell.resources import film_studio, performer_comparisons

__all__ = ["SOURCES", "Outcome", "Source", "find_outcome", "known_outcome", "owner_of_sides", "start_job"]

Source = Literal["performer", "samples", "pictures", "film", "live"]
SOURCES: Final[tuple[Source, ...]] = get_args(Source)
_THUMBNAIL_PX: Final = 160
#: How often a page may see the newest frame.
_PUBLISH_EVERY_S: Final = 0.5

Pictures = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, eq=False)
class Outcome:
    """A finished comparison.

    Attributes
    ----------
    source : {"performer", "samples", "pictures", "film"}
    name : str
        Of the film; empty for pictures.
    comparison : Comparison
    film : bytes
        The film, empty for pictures.
    copy_mp4 : bytes
        The part that was looked at, if browsers cannot play the film; else empty.
    pictures : tuple of (str, bytes)
        Names and files.
    thumbnails : tuple of bytes
        A JPEG file for each of `Looked.seen`.
    id : str
        Cannot be guessed.
    """

    source: Source
    name: str
    comparison: Comparison
    film: bytes = field(default=b"", repr=False)
    copy_mp4: bytes = field(default=b"", repr=False)
    pictures: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    thumbnails: tuple[bytes, ...] = field(default=(), repr=False)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))


def owner_of_sides(film_owner: str) -> str:
    """Whose comparisons they are, apart from the same visitor's films: one of each may run."""
    return f"sides {film_owner}"


def known_outcome(settings: SideBySideSettings) -> Outcome | None:
    """What somebody has found with these settings on the performer; never with a model of one's own."""
    return performer_comparisons().get(settings) if _shipped(settings) else None


def _shipped(settings: SideBySideSettings) -> bool:
    return all(setting.model.bundle is None for setting in settings.pair)


def find_outcome(outcome_id: str, film_owner: str) -> Outcome | None:
    """An outcome of this owner, or one that all share; None if it is gone."""
    jobs = film_studio().jobs.of(owner_of_sides(film_owner))
    known = (*(job.result for job in jobs), *performer_comparisons().values())
    return next((one for one in known if isinstance(one, Outcome) and one.id == outcome_id), None)


def start_job(
    studio: FilmStudio,
    film_owner: str,
    source: Source,
    settings: SideBySideSettings,
    pictures: Pictures = (),
    film: Arrival | None = None,
) -> Job:
    """Start a comparison.

    Raises
    ------
    BusyError
        As `ops.jobs.Jobs.start`.
    """
    owner = owner_of_sides(film_owner)
    if source == "film" and film is not None:
        return studio.work_on(film, _film_work(source, film.name, film.data, settings), owner=owner)
    if source == "performer":
        work = _film_work(source, "performer.mp4", sample_clip(), settings)
        return studio.jobs.start(owner, _remembering(work, settings))
    if source == "samples":
        pictures = [(sample.file, sample_bytes(sample.id)) for sample in SAMPLES]
    return studio.jobs.start(
        owner, _pictures_work(source, pictures, settings), sum(len(data) for _, data in pictures)
    )


def _remembering(
    work: Callable[[JobControl], Outcome | None], settings: SideBySideSettings
) -> Callable[[JobControl], Outcome | None]:
    def both(control: JobControl) -> Outcome | None:
        outcome = work(control)
        if (
            outcome is not None
            and _shipped(settings)
            and outcome.comparison.looked.ended_by in ("end", "frames")
        ):
            performer_comparisons().put(settings, outcome)
        return outcome

    return both


class _Teller:
    """Passes on how far it is, and keeps a small picture of each frame."""

    def __init__(self, control: JobControl) -> None:
        self._control = control
        self._published_s = 0.0
        self.thumbnails: list[bytes] = []

    def __call__(self, progress: Progress) -> None:
        if not self.thumbnails:
            self._control.enter("analysing", progress.total)
        self._control.tell(progress.done, progress.total)
        self.thumbnails.append(encode_jpeg(fit_within(progress.frame_rgb, _THUMBNAIL_PX), 75))
        now_s = time.monotonic()
        if now_s - self._published_s >= _PUBLISH_EVERY_S:
            self._published_s = now_s
            self._control.publish(self.thumbnails[-1])


def _film_work(
    source: Source, name: str, data: bytes, settings: SideBySideSettings
) -> Callable[[JobControl], Outcome | None]:
    def work(control: JobControl) -> Outcome | None:
        control.enter("reading")
        tell = _Teller(control)
        looked = look_at_film(data, settings, tell, control.cancelled)
        if not looked.seen:
            if looked.ended_by == "cancelled":
                return None
            raise ClipError(
                "sides_nothing_there",
                "The video must have a frame at {start_s:g} s or later; it has none. Choose an earlier beginning.",
                start_s=settings.start_s,
            )
        copy = b"" if plays_in_browsers(data) else _copy(data, looked, control)
        return Outcome(source, name, compare(looked, settings), data, copy, thumbnails=tuple(tell.thumbnails))

    return work


def _copy(data: bytes, looked: Looked, control: JobControl) -> bytes:
    control.enter("writing", 1.0)
    stopped = looked.ended_by == "cancelled"  # what is kept must be seen all the same
    return part_as_mp4(data, looked, control.tell, (lambda: False) if stopped else control.cancelled)


def _pictures_work(
    source: Source, pictures: Pictures, settings: SideBySideSettings
) -> Callable[[JobControl], Outcome | None]:
    def work(control: JobControl) -> Outcome | None:
        control.enter("reading")
        tell = _Teller(control)
        looked = look_at_pictures(pictures, settings, tell, control.cancelled)
        if not looked.seen:
            if looked.unreadable:
                raise looked.unreadable[0][1]
            return None
        files: dict[str, Any] = dict(pictures)
        kept = tuple((seen.name, files[seen.name]) for seen in looked.seen)
        return Outcome(
            source, "", compare(looked, settings), pictures=kept, thumbnails=tuple(tell.thumbnails)
        )

    return work

"""One visitor's comparisons: own pictures, what is shown, where it stands. Lives in ``st.session_state``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import streamlit as st

from ops.films import Arrival, FilmStudio
from ops.jobs import Job, NoSuchJobError
from pose_core.errors import BusyError, PoseCoreError
from pose_core.evaluation.side_by_side.settings import MAX_PICTURES, SideBySideSettings
from pose_core.media.films import FilmReader, read_film
from pose_core.media.images import decode_picture, encode_jpeg, fit_within
from pose_ui.shell.film_upload import film_owner
from pose_ui.shell.state import SIDES
from pose_ui.shell.streamlit_bindings import this_session_id
from pose_ui.side_by_side.work import Outcome, Source, known_outcome, owner_of_sides, start_job

__all__ = ["MAX_TOTAL_MB", "SidesSession", "sides_session"]

#: What one visitor's pictures may take in memory while they are kept.
MAX_TOTAL_MB: Final = 100
_MB: Final = 1024 * 1024
_SHOWN_PX: Final = 1280


@dataclass
class SidesSession:
    """State of the Side by side page.

    Attributes
    ----------
    pictures : dict of str to bytes
        The visitor's own.
    too_many : bool
        Whether the last pictures were refused for their number or size.
    refusal : object
        What the browser told about a film that was refused; None after another one.
    another : bool
        Whether the visitor wants to bring another film.
    problem : PoseCoreError or None
        Why the last comparison did not start.
    began : bool
        Whether this visitor has started any: the first begins by itself.
    at : int
        Which frame or picture is shown.
    seek : int
        Grows with each wish to show another frame.
    """

    pictures: dict[str, bytes] = field(default_factory=dict)
    too_many: bool = False
    refusal: object = None
    another: bool = False
    problem: PoseCoreError | None = None
    began: bool = False
    at: int = 0
    seek: int = 0
    _shared: Outcome | None = None
    _shown: str = ""
    _picture: tuple[str, int, bytes] | None = None
    _read: tuple[str, FilmReader | PoseCoreError] | None = None

    @property
    def film_owner(self) -> str:
        """Whose films are his: the same as on the Video page."""
        return film_owner(this_session_id())

    @property
    def kept_bytes(self) -> int:
        """How much memory the pictures take."""
        return sum(map(len, self.pictures.values()))

    # ------------------------------------------------------------------ what to compare on
    def add(self, files: Mapping[str, bytes]) -> None:
        """Add pictures."""
        both = {**self.pictures, **files}
        too_large = sum(map(len, both.values())) > MAX_TOTAL_MB * _MB
        self.too_many = too_large or len(both) > MAX_PICTURES
        if not self.too_many:
            self.pictures = both

    def remove(self) -> None:
        """Forget the pictures."""
        self.pictures, self.too_many = {}, False

    def ask_for_another(self) -> None:
        """Show the field for films again."""
        self.another = True

    def film(self, studio: FilmStudio) -> Arrival | None:
        """The visitor's newest film, from here or from the Video page."""
        return studio.newest_film(self.film_owner)

    def facts(self, film: Arrival) -> FilmReader:
        """What the film says about itself, read once.

        Raises
        ------
        PoseCoreError
            If it cannot be read.
        """
        if self._read is None or self._read[0] != film.id:
            try:
                self._read = film.id, read_film(film.data)
            except BusyError:  # not the film's fault, and over at the next run
                raise
            except PoseCoreError as error:
                self._read = film.id, error
        found = self._read[1]
        if isinstance(found, PoseCoreError):
            raise found
        return found

    # ------------------------------------------------------------------ the comparison
    def job(self, studio: FilmStudio) -> Job | None:
        """The visitor's newest, found again after a reload."""
        jobs = studio.jobs.of(owner_of_sides(self.film_owner))
        return jobs[-1] if jobs else None

    def start(self, studio: FilmStudio, source: Source, settings: SideBySideSettings) -> None:
        """Start a comparison, or show the one on the performer that is known; a problem is kept for the page."""
        self.problem, self.began = None, True
        old = self.job(studio)
        if old is not None and not old.over.is_set():
            return
        known = known_outcome(settings) if source == "performer" else None
        if known is None:
            try:
                start_job(
                    studio,
                    self.film_owner,
                    source,
                    settings,
                    tuple(self.pictures.items()),
                    self.film(studio) if source == "film" else None,
                )
            except PoseCoreError as error:
                self.problem = error
                return
        self._shared = known
        if old is not None:
            with suppress(NoSuchJobError):
                studio.jobs.remove(old.id, old.owner)

    def stop(self, studio: FilmStudio) -> None:
        """Stop the comparison under way; what there is becomes its result."""
        job = self.job(studio)
        if job is not None:
            with suppress(NoSuchJobError):
                studio.jobs.cancel(job.id, job.owner)

    def outcome(self, studio: FilmStudio) -> Outcome | None:
        """What there is to show."""
        found = self._shared
        job = self.job(studio)
        if job is not None:
            with suppress(NoSuchJobError):
                studio.jobs.get(job.id, job.owner)  # somebody looks at it: it is kept for longer
            found = job.result
        if isinstance(found, Outcome) and found.id != self._shown:
            self._shown, self.at, self.seek, self._picture = found.id, 0, 0, None
        return found if isinstance(found, Outcome) else None

    def show(self, at: int) -> None:
        """Show a frame or picture."""
        self.at = at
        self.seek += 1

    def picture(self, outcome: Outcome, at: int) -> bytes:
        """A picture of an outcome as a JPEG file for the screen; only the newest is kept.

        Raises
        ------
        PoseCoreError
            If there is no room to decode it now.
        """
        if self._picture is None or self._picture[:2] != (outcome.id, at):
            frame_rgb = decode_picture(outcome.pictures[at][1]).frame_rgb
            self._picture = outcome.id, at, encode_jpeg(fit_within(frame_rgb, _SHOWN_PX))
        return self._picture[2]


def sides_session() -> SidesSession:
    """The visitor's `SidesSession`."""
    session: SidesSession = st.session_state.setdefault(SIDES, SidesSession())
    return session

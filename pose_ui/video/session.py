"""One visitor's film: what is chosen and made. The film, its job and corrections live in the `FilmStudio`."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import streamlit as st

from ops.films import Arrival, FilmStudio
from ops.jobs import Job, NoSuchJobError
from pose_core.arrays import FrameRGB
from pose_core.errors import BusyError, PoseCoreError
from pose_core.geometry.scale import FloorSlope
from pose_core.media.films import FilmReader, read_film
from pose_core.media.images import encode_jpeg
from pose_core.movement.holds import Hold
from pose_core.movement.moments import Moment
from pose_core.movement.repetitions import Repetition
from pose_core.pipeline.video import VideoSettings
from pose_core.settings import PoseSettings
from pose_ui.shell.film_upload import film_owner
from pose_ui.shell.state import VIDEO, VIDEO_DEFAULTS, video_key
from pose_ui.shell.streamlit_bindings import this_session_id

__all__ = ["Counted", "Seek", "VideoSession", "range_s", "video_session"]

#: The last frame before a time begins at most so long before it, or two frames.
_LOOK_BACK_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Seek:
    """Where the player should go, and whose curves it should show: a wish is granted once."""

    id: int
    frame: int
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """Repetitions in one version of a result.

    Attributes
    ----------
    of : tuple
        In what they were counted: job, version, exercise that was chosen, people.
    exercise : str or None
        None if none was recognised, or none was to be counted.
    found : tuple of Repetition or Hold
    """

    of: tuple[object, ...]
    exercise: str | None
    found: tuple[Repetition | Hold, ...]


@dataclass
class VideoSession:
    """State of the Video page.

    Attributes
    ----------
    refusal : object
        What the browser told about an upload that was refused; None after another one.
    problem : PoseCoreError or None
        Why the last film or analysis did not start.
    seek : Seek or None
        For the player.
    plays : bool
        Whether the result begins to play by itself: a demonstration does.
    pictures : dict
        Stills of moments by their frame: a small drawn JPEG and a large plain one; only of `pictures_of`.
    pictures_of : object
        What they were made of.
    portraits : dict
        By job, version and person: the frame in which they are seen best, and a small JPEG; None if there is none.
    found : tuple or None
        Key moments and marks, after what they were found in.
    floor : tuple or None
        The slope of the floor, after what it was found from.
    counted : Counted or None
        The repetitions that were counted last.
    """

    refusal: object = None
    problem: PoseCoreError | None = None
    seek: Seek | None = None
    plays: bool = False
    pictures: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    pictures_of: object = None
    portraits: dict[tuple[str, int, int], tuple[int, bytes] | None] = field(default_factory=dict)
    found: tuple[object, tuple[Moment, ...]] | None = None
    floor: tuple[object, FloorSlope | None] | None = None
    counted: Counted | None = None
    _read: tuple[str, FilmReader | PoseCoreError] | None = None
    _first: tuple[str, tuple[float, bool], bytes | None] = ("", (0.0, False), None)
    _last: tuple[str, tuple[float, bool], bytes | None] = ("", (0.0, False), None)

    @property
    def owner(self) -> str:
        """Whose the film is."""
        return film_owner(this_session_id())

    def job(self, studio: FilmStudio) -> Job | None:
        """The visitor's newest job, found again after a reload."""
        jobs = studio.jobs.of(self.owner)
        return jobs[-1] if jobs else None

    def facts(self, film: Arrival) -> FilmReader:
        """What the file says about itself, read once.

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
            for name, default in VIDEO_DEFAULTS.items():
                if name not in ("height", "floor", "angle"):
                    st.session_state[video_key(name)] = default
        found = self._read[1]
        if isinstance(found, PoseCoreError):
            raise found
        return found

    def first_picture(self, film: Arrival, part: tuple[float, bool] | None = None) -> bytes | None:
        """The first picture of a part, as a JPEG file, as it will be analysed; None if there is none.

        `part` is where it begins, in seconds, and whether the film is mirrored; unless given, what it was last.
        """
        film_id, last, jpeg = self._first
        if film_id == film.id and part in (None, last):
            return jpeg
        start_s, mirrored = part or (0.0, False)
        try:
            frame_rgb = next((frame for _, frame in self.facts(film).frames(start_s)), None)
        except PoseCoreError:
            frame_rgb = None
        jpeg = _as_analysed(frame_rgb, mirrored)
        self._first = film.id, (start_s, mirrored), jpeg
        return jpeg

    def last_picture(self, film: Arrival, end_s: float, mirrored: bool) -> bytes | None:
        """The last picture before a time, as `first_picture`; None if there is none."""
        key = film.id, (end_s, mirrored)
        if self._last[:2] != key:
            frame_rgb = None
            with suppress(PoseCoreError):
                facts = self.facts(film)
                for _, newest_rgb in facts.frames(max(0.0, end_s - max(_LOOK_BACK_S, 2 / facts.fps)), end_s):
                    frame_rgb = newest_rgb
            self._last = *key, _as_analysed(frame_rgb, mirrored)
        return self._last[2]

    def try_performer(self, studio: FilmStudio, settings: PoseSettings, data: bytes) -> None:
        """Take the shipped clip and analyse it at once."""
        self.refusal = None
        try:
            with studio.arrive(self.owner, "performer.mp4", len(data)) as film:
                film.add(data)
                film.finish()
        except PoseCoreError as error:
            self.problem = error
        else:
            self.analyse(studio, film, VideoSettings(settings))
            self.plays = True

    def take(self, studio: FilmStudio, film_id: str) -> None:
        """A film has arrived: whatever another tab of the same visitor did before makes way for it."""
        self.refusal = self.problem = None
        for job in studio.jobs.of(self.owner):
            film = studio.film_of(job.id, self.owner)
            if film is None or film.id != film_id:
                studio.jobs.remove(job.id, self.owner)

    def analyse(self, studio: FilmStudio, film: Arrival, settings: VideoSettings) -> None:
        """Start a job for a film; the one before is forgotten."""
        self.problem = None
        old = self.job(studio)
        if old is not None and not old.over.is_set():
            return
        try:
            studio.analyse(film, settings, with_copy=True)
        except PoseCoreError as error:
            self.problem = error
            return
        self.seek, self.plays = None, False
        self._forget_pictures()
        if old is not None:
            studio.jobs.remove(old.id, self.owner)

    def back_to_choices(self, studio: FilmStudio, job_id: str) -> None:
        """Forget a job and keep its film, to analyse it in another way."""
        with suppress(NoSuchJobError):
            studio.forget_job(job_id, self.owner)
        self.seek = None
        self._forget_pictures()

    def forget(self, studio: FilmStudio) -> None:
        """Remove the film and all that was made of it."""
        for job in studio.jobs.of(self.owner):
            studio.jobs.remove(job.id, self.owner)
        while (film := studio.newest_film(self.owner)) is not None:
            studio.discard(film)
        self.problem = self.refusal = self.seek = self._read = None
        self._forget_pictures()

    def _forget_pictures(self) -> None:
        self.pictures.clear()
        self.portraits.clear()

    def go_to(self, frame: int, person: int | None = None) -> None:
        """Have the player show a frame, and the curves of a person if one is given."""
        self.seek = Seek(self.seek.id + 1 if self.seek else 1, frame, person)


def _as_analysed(frame_rgb: FrameRGB | None, mirrored: bool) -> bytes | None:
    """A JPEG file of a frame as the analysis will see it; None without a frame."""
    if frame_rgb is None:
        return None
    return encode_jpeg(np.ascontiguousarray(frame_rgb[:, ::-1]) if mirrored else frame_rgb)


def range_s(chosen: tuple[float, float], length_s: float) -> tuple[float, float]:
    """The chosen part of a film; up to its very end where the slider is at its end."""
    start_s, end_s = chosen
    return start_s, math.inf if end_s >= length_s - 0.05 else end_s


def video_session() -> VideoSession:
    """The visitor's `VideoSession`."""
    session: VideoSession = st.session_state.setdefault(VIDEO, VideoSession())
    for name, default in VIDEO_DEFAULTS.items():
        st.session_state.setdefault(video_key(name), default)
    return session

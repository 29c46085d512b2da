"""A visitor's state on the Coach page, kept in ``st.session_state``: who watches, a film under way, the last set."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import streamlit as st

from ops.films import FilmOutcome
from ops.jobs import Job, NoSuchJobError
from pose_core.arrays import FrameRGB
from pose_core.errors import PoseCoreError
from pose_core.media.films import read_film
from pose_core.media.images import encode_jpeg, fit_within
from pose_core.movement.catalogue import EXERCISE_NAMES, EXERCISES
from pose_core.movement.coach import AUTO, Coach, CoachState
from pose_core.movement.exercise import Exercise
from pose_core.movement.limits import Limits, exercises_with
from pose_core.movement.repetitions import Repetition
from pose_core.movement.sets import Correction, ExerciseSet
from pose_core.pipeline.live import LiveStream, ToldStream
from pose_core.pipeline.video import VideoSettings
from pose_core.settings import PoseSettings
from pose_core.watching import Event, WatchedFrame
from pose_ui.shell.film_upload import film_owner
from pose_ui.shell.resources import film_studio
from pose_ui.shell.state import COACH
from pose_ui.shell.streamlit_bindings import this_session_id

__all__ = ["CHOICES", "CoachSession", "LiveCoach", "coach_session"]

#: What can be chosen: an exercise, or to have it recognised.
CHOICES: Final = (AUTO, *EXERCISE_NAMES)
_STILL_PX: Final = 360
_MOST_STILLS: Final = 200  # of about 20 kB each
_END_LIMIT_S: Final = 2.0


class LiveCoach:
    """The coach of a live stream: what it says, since when, and a still of each repetition's far end.

    Parameters
    ----------
    exercise : str
        One of `CHOICES`.
    picture : callable
        Returns the newest frame.
    exercises : mapping of str to Exercise
        With the limits that form is judged by.

    Attributes
    ----------
    coach : Coach
    at_ms : float
        When the newest frame had been seen, in milliseconds of `time.time`.
    first_s : float or None
        Time of the first frame, on the stream's clock.
    stills : dict of int to bytes
        JPEG files, by the number of the complete repetition.
    """

    def __init__(
        self,
        exercise: str,
        picture: Callable[[], FrameRGB | None],
        exercises: Mapping[str, Exercise] = EXERCISES,
    ) -> None:
        self.coach = Coach(exercise, exercises=exercises)
        self.started_at = datetime.now()
        self.at_ms = 0.0
        self.first_s: float | None = None
        self.stills: dict[int, bytes] = {}
        self._picture = picture
        self._was_at_far_end = False
        self._still: bytes | None = None

    @property
    def state(self) -> CoachState:
        """The newest state."""
        return self.coach.state

    def add(self, frame: WatchedFrame) -> Sequence[Event]:
        """See the next frame."""
        if self.first_s is None:
            self.first_s = frame.time_s
        events = self.coach.add(frame)
        self.at_ms = time.time() * 1e3
        state = self.coach.state
        at_far_end = state.way == "bottom"
        if at_far_end and not self._was_at_far_end and len(self.stills) < _MOST_STILLS:
            picture_rgb = self._picture()
            self._still = None if picture_rgb is None else _still(picture_rgb)
        self._was_at_far_end = at_far_end
        if self._still is not None and any(event.kind == "repetition" for event in events):
            self.stills[state.count] = self._still
            self._still = None
        return events

    def restart(self, time_s: float) -> Sequence[Event]:
        """Pass on a cut."""
        return self.coach.restart(time_s)

    def finish(self) -> Sequence[Event]:
        """Pass on the end."""
        return self.coach.finish()


def _still(picture_rgb: FrameRGB) -> bytes:
    return encode_jpeg(fit_within(picture_rgb, _STILL_PX), 85)


@dataclass
class CoachSession:
    """State of the Coach page.

    Attributes
    ----------
    limits : mapping of str to mapping
        Of form, those that the visitor has changed.
    live : LiveCoach or None
        Watches the stream that runs.
    job : Job or None
        The analysis of a film that runs.
    result : ExerciseSet or None
        The last set.
    stills : dict of int to bytes
        Of its complete repetitions, by number.
    nothing : bool
        Whether the last set ended without anything in it.
    problem : (str, PoseCoreError) or None
        Name of the last film, and why there is no result.
    refusal : object
        What the browser told about a film that was refused; None after another one.
    """

    limits: Limits = field(default_factory=dict)
    live: LiveCoach | None = None
    job: Job | None = None
    result: ExerciseSet | None = None
    stills: dict[int, bytes] = field(default_factory=dict)
    nothing: bool = False
    problem: tuple[str, PoseCoreError] | None = None
    refusal: object = None
    _stream: LiveStream | ToldStream | None = None
    _source: str = ""
    _film: tuple[Coach, str, datetime, bool] | None = None

    # ------------------------------------------------------------------ live
    def watch(self, stream: LiveStream | ToldStream | None, exercise: str, source: str) -> None:
        """Attach a coach to a new stream, and keep what was counted once it is over."""
        if self._stream is not None and (self._stream.closed or stream is not self._stream):
            self._end_live()
        if stream is not None and not stream.closed and self._stream is None:
            self.live = LiveCoach(exercise, stream.snapshot, exercises_with(self.limits))
            self._stream, self._source = stream, source
            stream.watchers.add(self.live)

    def _end_live(self) -> None:
        stream, live = self._stream, self.live
        self._stream = self.live = None
        if stream is None or live is None:
            return
        stream.close(wait_s=_END_LIMIT_S)  # what is still open is finished on its thread
        self._keep(live.coach, self._source, live.started_at, arming=True, stills=live.stills)
        if self.result is not None and not self.nothing:
            self.result = self.result.since(live.first_s or 0.0)

    def choose(self, exercise: str) -> None:
        """Count this one from now on, with what was seen of it already."""
        if self.live is not None:
            self.live.coach.choose(exercise)

    def _keep(
        self, coach: Coach, source: str, started_at: datetime, *, arming: bool, stills: dict[int, bytes]
    ) -> None:
        if coach.state.exercise is None:
            coach.choose(coach.likeliest())
        state = coach.state
        self.nothing = state.exercise is None or not (state.repetitions or state.holds)
        if state.exercise is not None and not self.nothing:
            self.result = ExerciseSet(
                state.exercise,
                source,
                started_at,
                state.repetitions,
                state.holds,
                arming=arming,
                limits=self.limits.get(state.exercise, {}),
            )
            self.stills = stills

    def adjust(self, limits: Limits) -> None:
        """Judge form by these limits: of what runs, of the last set, and of all that follows."""
        if limits == self.limits:
            return
        self.limits = limits
        exercises = exercises_with(limits)
        if self.live is not None:
            self.live.coach.adjust(exercises)
        if self._film is not None:
            self._film[0].adjust(exercises)
        if self.result is not None:
            self.result = self.result.with_limits(limits.get(self.result.exercise, {}))

    # ------------------------------------------------------------------ films
    def take_film(self, film_id: str, exercise: str, pose: PoseSettings) -> None:
        """Start to count in a film that has arrived; a problem is kept for the page to show."""
        self.problem, self.refusal, self.nothing = None, None, False
        studio = film_studio()
        film = studio.film(film_id, film_owner(this_session_id()))
        if film is None:  # another one has taken its place
            return
        coach = Coach(exercise, arming=False, exercises=exercises_with(self.limits))
        try:
            read_film(film.data)
            # The coach reads the poses as the model gave them.
            self.job = studio.analyse(film, VideoSettings(pose, smoothing=None), watchers=lambda: (coach,))
        except PoseCoreError as error:
            studio.discard(film)
            self.problem = film.name, error
        else:
            self._film = coach, film.name, datetime.now(), False

    def stop_film(self) -> None:
        """End the analysis; what is counted so far is kept."""
        if self.job is not None:
            self.job.cancel()

    def film_count(self) -> int:
        """Complete repetitions so far."""
        return self._film[0].state.count if self._film is not None else 0

    def end_film(self) -> None:
        """Take the result of an analysis that is over."""
        job, film = self.job, self._film
        self.job = self._film = None
        if job is None or film is None:
            return
        coach, name, started_at, arming = film
        status = job.status()
        if status.error is not None:
            self.problem = name, status.error
        else:
            outcome: FilmOutcome = job.result
            self._keep(coach, "film", started_at, arming=arming, stills={})
            if self.result is not None and not self.nothing:
                self.stills = _film_stills(outcome, self.result)
        # The Video page shows the same visitor's jobs, and may have removed it.
        with suppress(NoSuchJobError):
            film_studio().jobs.remove(job.id)

    # ------------------------------------------------------------------ the set
    def correct(self, correction: Correction) -> None:
        """Keep what a person said about the count."""
        if self.result is not None:
            self.result = self.result.with_correction(correction)

    def undo(self) -> None:
        """Take the last correction back."""
        if self.result is not None:
            self.result = self.result.without_last_correction()

    def forget(self) -> None:
        """Delete the set, and its stills."""
        self.result, self.stills, self.nothing = None, {}, False


def _film_stills(outcome: FilmOutcome, result: ExerciseSet) -> dict[int, bytes]:
    """Of the best and the worst repetition."""
    film = read_film(outcome.data, checked=True)

    def still(repetition: Repetition) -> bytes | None:
        for _, frame_rgb in film.frames(repetition.bottom_s):
            return _still(frame_rgb)
        return None

    found = {one.number: still(one) for one in result.best_and_worst() or ()}
    return {number: data for number, data in found.items() if data is not None}


def coach_session() -> CoachSession:
    """The visitor's `CoachSession`."""
    session: CoachSession = st.session_state.setdefault(COACH, CoachSession())
    return session

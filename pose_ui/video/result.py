"""The result of a film: the player, and below it people, moments and files, which follow where the player rests."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ops.films import FilmOutcome, FilmStudio
from ops.jobs import Job, NoSuchJobError
from pose_core.export.videos import clock
from pose_core.media.films import plays_in_browsers
from pose_core.settings import PoseSettings
from pose_ui.texts import Translator
from pose_ui.video.files import drawn_film, files
from pose_ui.video.moments import mark_frame, moments
from pose_ui.video.people import corrections, people_strip
from pose_ui.video.player import flip_times_s, player
from pose_ui.video.repetitions import repetition_bars, repetitions
from pose_ui.video.session import VideoSession

__all__ = ["show_result"]

#: Results that nobody looks at are forgotten; somebody who only watches is looking.
_STILL_HERE_S = 60
#: Of the times of cuts and of flips, so many are listed.
_MOST_TIMES = 12


def _notes(outcome: FilmOutcome, t: Translator) -> None:
    result = outcome.result
    if not outcome.copy_mp4 and not plays_in_browsers(outcome.data):
        st.info(t("film.no_picture"), icon=":material/info:")
    if result.ended_by != "end":
        read_to, duration = clock(result.read_to_s), clock(result.duration_s)
        st.info(
            t(f"video.ended_by_{result.ended_by}", read_to=read_to, duration=duration), icon=":material/info:"
        )
    if not result.people:
        st.warning(t("film.nobody"), icon=":material/person_off:")
    if result.cuts_s:
        times = ", ".join(clock(cut_s) for cut_s in result.cuts_s[:_MOST_TIMES])
        st.caption(t("film.cuts", count=len(result.cuts_s), times=times))
    flips_s = flip_times_s(result)
    if flips_s:
        times = ", ".join(f"{flip_s:.2f} s" for flip_s in flips_s[:_MOST_TIMES])
        more = "\u2026" if len(flips_s) > _MOST_TIMES else ""
        st.caption(t("film.flips", count=len(flips_s), times=times + more))


def show_result(
    session: VideoSession, studio: FilmStudio, job: Job, settings: PoseSettings, t: Translator
) -> None:
    """Show what a job found; a fragment, so that moving the player runs nothing else."""
    outcome: FilmOutcome = job.result
    _notes(outcome, t)

    @st.fragment
    def body() -> None:
        try:
            version = studio.version(job.id, session.owner)
            marks = studio.marks(job.id, session.owner)
        except NoSuchJobError:
            st.rerun()
        if version is None or not len(version.result.time_s):
            return
        mark = partial(mark_frame, studio, job.id, session.owner, version, t)
        bars = repetition_bars(session, job.id, version)
        at = player(
            job.id,
            outcome,
            version,
            t,
            seek=session.seek,
            plays=session.plays,
            events=bars,
            marks=marks,
            on_mark=mark,
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            with st.container(width="stretch"):
                repetitions(session, job.id, version, at, t)
            with st.container(width="content"):
                drawn_film(session, studio, job.id, outcome, version, settings.draw, t)
        people_strip(session, job.id, outcome, version, at, t)
        with st.expander(t("film.people", count=len(version.result.people))):
            corrections(studio, job.id, session.owner, version, at, t)
        moments(session, studio, job.id, outcome, version, at, marks, t)
        files(session, studio, job.id, outcome, version, settings.draw, at, marks, t)

    @st.fragment(run_every=_STILL_HERE_S)
    def still_here() -> None:
        try:
            studio.jobs.get(job.id, session.owner)
        except NoSuchJobError:
            st.rerun()

    body()
    still_here()

"""Counting in a film that the visitor chose: an analysis as a job, with progress, time left and a stop."""

from __future__ import annotations

import streamlit as st

from pose_core.settings import PoseSettings
from pose_ui.coach.session import CoachSession
from pose_ui.shell.layout import number, plain
from pose_ui.shell.problems import show_refused_file
from pose_ui.texts import Translator
from pose_ui.widgets.film_drop import film_drop, refusal_sentence

__all__ = ["film_panel"]

_EVERY_S = 0.5
#: The field for films, alone and above a result.
_HIGH_PX = 300
_LOW_PX = 120


def film_panel(session: CoachSession, exercise: str, pose: PoseSettings, t: Translator) -> None:
    """Show the field for films, or how far the analysis is; rerun the page when it is over."""
    if session.job is None:
        sent, refusal = film_drop(
            t, key="coach_film", least_px=_HIGH_PX if session.result is None else _LOW_PX
        )
        if refusal is not None:
            session.refusal, session.problem = refusal, None
        if sent:
            session.take_film(sent, exercise, pose)
            st.rerun()
        if session.refusal:
            st.error(plain(refusal_sentence(session.refusal, t)), icon=":material/error:")
        if session.problem is not None:
            show_refused_file(*session.problem, t)
        st.caption(t("coach.film_help"))
        return

    @st.fragment(run_every=_EVERY_S)
    def progress() -> None:
        job = session.job
        if job is None:
            st.rerun()
        if job.over.is_set():
            session.end_film()
            st.rerun()
        status = job.status()
        text = t("coach.film_progress", percent=round(status.share * 100), count=session.film_count())
        if status.left_s is not None:
            text = t("coach.film_left", progress=text, left=number(status.left_s))
        st.progress(status.share, text)
        st.button(
            t("coach.film_stop"), icon=":material/stop:", on_click=session.stop_film, key="coach_film_stop"
        )

    progress()

"""Counting in a film that the visitor chose: an analysis as a job, with progress, time left and a stop."""

from __future__ import annotations

import streamlit as st

from pose_core.settings import PoseSettings
from pose_ui.coach.session import CoachSession
from pose_ui.shell.layout import number
from pose_ui.shell.problems import show_refused_file
from pose_ui.texts import Translator

__all__ = ["film_panel"]

_EVERY_S = 0.5


def film_panel(session: CoachSession, exercise: str, pose: PoseSettings, t: Translator) -> None:
    """Show the uploader, or how far the analysis is; rerun the page when it is over."""
    if session.problem is not None:
        show_refused_file(*session.problem, t)
    if session.job is None:
        key = f"coach_film_{session.uploads}"

        def take() -> None:
            file = st.session_state[key]
            if file is not None:
                session.take_film(file.name, file.getvalue(), exercise, pose)

        st.file_uploader(t("coach.film"), key=key, help=t("coach.film_help"), on_change=take)
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

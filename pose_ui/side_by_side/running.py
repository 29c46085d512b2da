"""From one press to the result: Compare or Stop, progress with the time left, and why there is no result."""

from __future__ import annotations

import math
from typing import Final

import streamlit as st

from ops.films import FilmStudio
from ops.jobs import Job, JobStatus, NoSuchJobError
from pose_core.evaluation.side_by_side.settings import SideBySideSettings
from pose_ui.shell.problems import show_problem
from pose_ui.side_by_side.session import SidesSession
from pose_ui.side_by_side.work import Outcome, Source
from pose_ui.texts import Translator
from pose_ui.widgets.film import film

__all__ = ["compare_button", "running_panel", "tell_end"]

_LOOK_S: Final = 0.5


def compare_button(
    session: SidesSession,
    studio: FilmStudio,
    source: Source,
    settings: SideBySideSettings | None,
    outcome: Outcome | None,
    t: Translator,
) -> None:
    """Show Stop while a comparison is under way, else Compare."""
    job = session.job(studio)
    if job is not None and not job.over.is_set():
        st.button(t("sides.stop"), icon=":material/stop:", on_click=session.stop, args=(studio,))
        return
    same = outcome is not None and outcome.source == source and outcome.comparison.settings == settings
    st.button(
        t("sides.again" if same else "sides.compare"),
        type="secondary" if same else "primary",
        icon=":material/compare:",
        disabled=settings is None,
        on_click=session.start,
        args=(studio, source, settings),
    )


def _text(status: JobStatus, t: Translator) -> str:
    if status.state == "waiting":
        return t("film.waiting", count=status.ahead)
    if status.state != "analysing":
        return t(f"sides.state_{status.state}")
    done = t("sides.progress", done=round(status.done), total=round(status.total))
    return (
        done
        if status.left_s is None
        else t("sides.progress_left", progress=done, left=max(1, math.ceil(status.left_s)))
    )


def running_panel(studio: FilmStudio, job: Job, film_paths: tuple[str, str], t: Translator) -> None:
    """Show how far it is, and a film of what there will be to see (with its still); rerun the page when it is over."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        film(*film_paths, t("sides.film_alt"), ratio=16 / 9, key="sides_film_shown")

    @st.fragment(run_every=_LOOK_S)
    def look() -> None:
        try:
            status = studio.jobs.status(job.id, job.owner)
        except NoSuchJobError:
            st.rerun()
        if status.over:
            st.rerun()
        st.progress(status.share, _text(status, t))
        if isinstance(status.partial, bytes):
            st.image(status.partial, width=320, alt=t("sides.alt_newest"))

    with right:
        look()


def tell_end(studio: FilmStudio, job: Job | None, source: Source, t: Translator) -> None:
    """Say why there is nothing to show, or what to bring."""
    if job is not None:
        error = studio.jobs.status(job.id, job.owner).error
        if error is not None:
            show_problem(error, t)
        else:
            st.info(t("sides.stopped"))
    elif source in ("pictures", "film"):
        st.info(t(f"sides.first_{source}"), icon=":material/compare:")

"""Files that take seconds or minutes: made as a job, with progress and time left, and kept until the film goes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from ops.films import FilmStudio
from ops.jobs import Job, JobControl, NoSuchJobError
from pose_core.errors import PoseCoreError
from pose_ui.shell.problems import show_problem
from pose_ui.texts import Translator
from pose_ui.video.preparing import left_text

__all__ = ["made_first"]

_LOOK_S = 0.5
_MB = 1024 * 1024
_WIDTH_PX = 420


def made_first(
    studio: FilmStudio,
    owner: str,
    job_id: str,
    kind: str,
    key: object,
    maker: Callable[[JobControl], bytes],
    file_name: str,
    t: Translator,
    *,
    busy: bool = False,
) -> None:
    """One button that starts it, then how far it is, then one that saves it.

    Parameters
    ----------
    studio : FilmStudio
    owner, job_id : str
    kind : {"film", "zip"}
    key : object
        What it is made of; once that is something else, the button that starts is back.
    maker : callable
        Runs in another thread: no ``st.*`` in it.
    file_name : str
    t : Translator
    busy : bool
        Whether it cannot be started now, since something else is being made.
    """
    job = studio.made(job_id, owner, kind, key)
    if job is not None and not job.over.is_set():
        with st.container(width=_WIDTH_PX):
            _progress(studio, owner, job_id, kind, job, t)
        return
    if job is not None and job.result:
        megabytes = f"{len(job.result) / _MB:.1f}"
        st.download_button(
            t(f"film.save_{kind}", megabytes=megabytes),
            data=partial(getattr, job, "result"),  # else the page would read it at each run
            file_name=file_name,
            mime="video/mp4" if kind == "film" else "application/zip",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
            key=f"video_save_{kind}",
        )
        return
    pressed = st.button(
        t(f"film.make_{kind}"),
        icon=":material/movie:" if kind == "film" else ":material/folder_zip:",
        key=f"video_make_{kind}",
        help=t(f"film.make_{kind}_help"),
        disabled=busy,
    )
    problem = job.status().error if job is not None else None
    if pressed:
        try:
            studio.make(job_id, owner, kind, key, maker)
            st.rerun()
        except PoseCoreError as error:
            problem = error
    if problem is not None:
        show_problem(problem, t)


def _progress(studio: FilmStudio, owner: str, job_id: str, kind: str, job: Job, t: Translator) -> None:
    @st.fragment(run_every=_LOOK_S)
    def look() -> None:
        try:
            status = studio.jobs.status(job.id, owner)
        except NoSuchJobError:
            st.rerun()
        if status.over:
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(status.share, left_text(status, t))
            st.button(
                t("film.cancel"),
                icon=":material/stop:",
                key=f"video_stop_{kind}",
                on_click=studio.forget_made,
                args=(job_id, owner, kind),
            )

    look()

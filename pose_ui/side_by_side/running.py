"""A comparison under way: progress with the time left, and what is looked at."""

from __future__ import annotations

import math
from typing import Final

import streamlit as st

from ops.films import FilmStudio
from ops.jobs import Job, JobStatus, NoSuchJobError
from pose_ui.side_by_side.session import SidesSession
from pose_ui.texts import Translator

__all__ = ["running_panel"]

_LOOK_S: Final = 0.5


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


def running_panel(session: SidesSession, studio: FilmStudio, job: Job, t: Translator) -> None:
    """Show it; rerun the page when it is over."""

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

    look()

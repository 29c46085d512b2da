"""Side by side: two settings on the same pixels, under one divider; how far apart they are, and how fast."""

from __future__ import annotations

import streamlit as st

from pose_ui.home.films import film_path
from pose_ui.shell import language
from pose_ui.shell.layout import page_header
from pose_ui.shell.problems import show_problem
from pose_ui.shell.resources import film_studio
from pose_ui.side_by_side.choices import choose_pair, choose_source, remember_choices
from pose_ui.side_by_side.live import leave_live, live_sides
from pose_ui.side_by_side.result import show_result, tell_other_choices
from pose_ui.side_by_side.running import running_panel
from pose_ui.side_by_side.session import sides_session
from pose_ui.side_by_side.sources import own_source
from pose_ui.texts import Translator
from pose_ui.widgets.film import film

t: Translator = language.current()
page_header(t("sides.title"), t)
session = sides_session()
studio = film_studio()
remember_choices()
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    source = choose_source(t)
    pair = choose_pair(source, t)
    button = st.container(width="content")
if source == "live":
    live_sides(pair, t)
    st.stop()
leave_live()
settings = own_source(session, studio, source, pair, t)
if not session.began and source == "performer" and session.job(studio) is None:
    session.start(studio, source, pair)  # so that there is something to see at once
job = session.job(studio)
running = job is not None and not job.over.is_set()
outcome = session.outcome(studio)
with button:
    if running:
        st.button(t("sides.stop"), icon=":material/stop:", on_click=session.stop, args=(studio,))
    else:
        same = outcome is not None and outcome.source == source and outcome.comparison.settings == settings
        st.button(
            t("sides.again" if same else "sides.compare"),
            type="secondary" if same else "primary",
            icon=":material/compare:",
            disabled=settings is None,
            on_click=session.start,
            args=(studio, source, settings),
        )
if session.problem is not None:
    show_problem(session.problem, t)
if job is not None and running:
    left, right = st.columns([3, 2], gap="medium")
    with right:
        running_panel(session, studio, job, t)
    with left:
        paths = film_path("side_by_side", "mp4"), film_path("side_by_side", "jpg")
        film(*paths, t("sides.film_alt"), ratio=16 / 9, key="sides_film_shown")
elif outcome is not None:
    tell_other_choices(outcome, source, settings, t)
    show_result(session, outcome, t)
elif job is not None:
    error = studio.jobs.status(job.id, job.owner).error
    if error is not None:
        show_problem(error, t)
    else:
        st.info(t("sides.stopped"))
elif settings is None:
    st.info(t(f"sides.first_{source}"), icon=":material/compare:")

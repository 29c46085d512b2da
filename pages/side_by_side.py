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
from pose_ui.side_by_side.running import compare_button, running_panel, tell_end
from pose_ui.side_by_side.session import sides_session
from pose_ui.side_by_side.sources import own_source

t = language.current()
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
else:
    leave_live()
    settings = own_source(session, studio, source, pair, t)
    if not session.began and source == "performer" and session.job(studio) is None:
        session.start(studio, source, pair)  # so that there is something to see at once
    job = session.job(studio)
    outcome = session.outcome(studio)
    with button:
        compare_button(session, studio, source, settings, outcome, t)
    if session.problem is not None:
        show_problem(session.problem, t)
    if job is not None and not job.over.is_set():
        running_panel(studio, job, (film_path("side_by_side", "mp4"), film_path("side_by_side", "jpg")), t)
    elif outcome is not None:
        tell_other_choices(outcome, source, settings, t)
        show_result(session, outcome, t)
    else:
        tell_end(studio, job, source, t)

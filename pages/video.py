"""Video: a film in; its people over the playing picture, curves, key moments and files out."""

from __future__ import annotations

import streamlit as st

from pose_core.performer.samples import sample_clip
from pose_ui.home.films import film_path
from pose_ui.shell import language
from pose_ui.shell.layout import beside_title, page_header
from pose_ui.shell.mailbox import take_wish_to_start
from pose_ui.shell.problems import show_problem
from pose_ui.shell.resources import film_studio
from pose_ui.shell.settings_panel import settings_panel
from pose_ui.video.arrival import arrival
from pose_ui.video.preparing import film_bar, prepare, working
from pose_ui.video.result import show_result
from pose_ui.video.session import video_session

t = language.current()
session = video_session()
studio = film_studio()
row = st.container(
    horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"
)
page_header(t("film.title"), t, row)
with row:
    bar = beside_title()
    gear = st.popover(t("photo.settings"), icon=":material/tune:")
settings = settings_panel(t, gear)
job = session.job(studio)
film = studio.film_of(job.id, session.owner) if job is not None else studio.newest_film(session.owner)
if take_wish_to_start("video") and film is None:
    session.try_performer(studio, settings, sample_clip())
    job = session.job(studio)
    film = studio.film_of(job.id, session.owner) if job is not None else None
if film is not None:
    with bar:
        film_bar(session, studio, film, job, t)
if session.problem is not None:
    show_problem(session.problem, t)

if film is None:
    arrival(session, studio, settings, t, (film_path("video", "mp4"), film_path("video", "jpg")))
elif job is None:
    prepare(session, studio, film, settings, t)
elif not job.over.is_set():
    working(session, studio, film, job, t)
elif job.result is not None:
    show_result(session, studio, job, settings, t)
else:
    status = studio.jobs.status(job.id, session.owner)
    if status.error is not None:
        show_problem(status.error, t)
    prepare(session, studio, film, settings, t)

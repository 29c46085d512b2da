"""Photo: a picture in; skeleton, angles, 3-D view and files out."""

from __future__ import annotations

import streamlit as st

from pose_core.errors import PoseCoreError
from pose_core.pipeline.photo import PhotoResult
from pose_ui.photo.batch import analyse_rest, analyse_shown, batch_bar, batch_overview
from pose_ui.photo.closer import closer_look
from pose_ui.photo.downloads import batch_downloads, downloads
from pose_ui.photo.remedies import remedies
from pose_ui.photo.session import photo_session
from pose_ui.photo.sources import photo_sources
from pose_ui.photo.view import (
    angle_panel,
    choose_person,
    choose_space,
    drawn_picture,
    how_sure,
    picture_columns,
)
from pose_ui.shell import language
from pose_ui.shell.layout import page_header
from pose_ui.shell.problems import show_problem, show_refused_file
from pose_ui.shell.resources import pool

t = language.current()
session = photo_session()
row = st.container(horizontal=True, vertical_alignment="center", gap="small")
page_header(t("photo.title"), t, row)
settings = photo_sources(session, t, row)
progress = st.container()

session.forget_if_changed(settings)
try:
    analyse_shown(session, settings, pool())
except PoseCoreError as error:
    show_problem(error, t)
    st.stop()

item = session.item
result = session.outcome(item, settings)
left, right = picture_columns(result)
with right:  # for files that cannot be read too: elsewhere, the strip would lose the keyboard
    batch_bar(session, settings, t)
if isinstance(result, PhotoResult):
    preview = session.preview()
    with right:
        remedies(session, result, settings, t)
        person = choose_person(len(result.poses), t)
    with left:
        drawn_picture(result, preview, person, t)
        how_sure(result, t)
    with right:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            space = choose_space(t) if result.poses else "image"
            downloads(item, result, t)
        if result.poses:
            angle_panel(result, person, space, t)
    if result.poses:
        closer_look(result, preview, person, t)
elif result is not None:
    with left:
        show_refused_file(item.name, result, t)
batch_overview(session, settings, t)
batch_downloads(session, settings, t)
try:
    analyse_rest(session, settings, pool(), t, progress)
except PoseCoreError as error:
    show_problem(error, t)

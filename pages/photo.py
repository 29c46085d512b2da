"""Photo: a picture in; skeleton, angles, 3-D view and files out."""

from __future__ import annotations

import streamlit as st

from pose_core.errors import PictureError, PoseCoreError
from pose_ui.photo.batch import analyse_batch, batch_bar, batch_overview
from pose_ui.photo.downloads import batch_downloads, downloads
from pose_ui.photo.session import photo_session
from pose_ui.photo.sources import photo_sources
from pose_ui.photo.view import angle_panel, choose_person, drawn_picture, how_sure, nobody_found, result_tabs
from pose_ui.shell import language
from pose_ui.shell.layout import page_header
from pose_ui.shell.problems import show_problem, show_refused_file
from pose_ui.shell.resources import pool
from pose_ui.shell.settings_panel import settings_panel

t = language.current()
page_header(t("photo.title"), t)
settings = settings_panel(t)
session = photo_session()
photo_sources(session, t)

session.forget_if_changed(settings)
try:
    analyse_batch(session, settings, pool(), t)
except PoseCoreError as error:
    show_problem(error, t)
    st.stop()
batch_bar(session, t)

item = session.item
result = session.outcome(item, settings)
if isinstance(result, PictureError):
    show_refused_file(item.name, result, t)
elif result is not None:
    preview = session.preview()
    left, right = st.columns([3, 2], gap="medium")
    with right:
        person = choose_person(len(result.poses), t)
    with left:
        drawn_picture(result, preview, person, t)
        how_sure(result, t)
        if not result.poses:
            nobody_found(settings, t)
        downloads(item, result, t)
    with right:
        if result.poses:
            angle_panel(result, person, t)
    if result.poses:
        result_tabs(result, preview, person, t)
batch_overview(session, settings, t)
batch_downloads(session, settings, t)

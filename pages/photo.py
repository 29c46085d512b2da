"""Photo: a picture in; skeleton, angles, 3-D view and files out."""

from __future__ import annotations

import streamlit as st

from pose_core.errors import PictureError, PoseCoreError
from pose_ui.photo.batch import analyse_rest, analyse_shown, batch_bar, batch_overview
from pose_ui.photo.closer import closer_look
from pose_ui.photo.downloads import batch_downloads, downloads
from pose_ui.photo.remedies import nobody_found, remedy_helped
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

#: What stands above and below the picture in the first screen, in pixels: for a sample, an own picture, a batch.
_SPARE_PX = (276, 332, 356)
_MESSAGE_PX = 132  # what to do if nobody was found

t = language.current()
page_header(t("photo.title"), t)
session = photo_session()
settings = photo_sources(session, t)
progress = st.container()

session.forget_if_changed(settings)
try:
    analyse_shown(session, settings, pool())
except PoseCoreError as error:
    show_problem(error, t)
    st.stop()
batch_bar(session, settings, t)

item = session.item
result = session.outcome(item, settings)
if isinstance(result, PictureError):
    show_refused_file(item.name, result, t)
elif result is not None:
    spare_px = _SPARE_PX[0 if session.sample else min(len(session.own), 2)]
    if not result.poses:
        spare_px += _MESSAGE_PX
        nobody_found(session, settings, t)
    elif remedy_helped(session, result, settings, t):
        spare_px += _MESSAGE_PX // 2
    preview = session.preview()
    left, right = picture_columns(result)
    with right:
        person = choose_person(len(result.poses), t)
    with left:
        drawn_picture(
            result, preview, person, t, _SPARE_PX[0 if session.sample else min(len(session.own), 2)]
        )
        how_sure(result, t)
    with right:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            space = choose_space(t) if result.poses else "image"
            downloads(item, result, t)
        if result.poses:
            angle_panel(result, person, space, t)
    if result.poses:
        closer_look(result, preview, person, t)
batch_overview(session, settings, t)
batch_downloads(session, settings, t)
try:
    analyse_rest(session, settings, pool(), t, progress)
except PoseCoreError as error:
    show_problem(error, t)

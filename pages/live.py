"""Live: the camera, the performer or a clip with its skeleton, in real time."""

from __future__ import annotations

import streamlit as st

from pose_core.errors import PoseCoreError
from pose_ui.live.choices import choose_source, live_settings_panel
from pose_ui.live.panel import live_panel
from pose_ui.live.recording import record_buttons, recording_summary
from pose_ui.live_view.picture import live_buttons, live_picture
from pose_ui.live_view.session import live_session
from pose_ui.shell import language
from pose_ui.shell.layout import page_header
from pose_ui.shell.mailbox import performer_is_wanted, picture_is_waiting
from pose_ui.shell.problems import show_problem, show_refused_file
from pose_ui.shell.resources import pool
from pose_ui.shell.settings_panel import settings_panel
from pose_ui.texts import Translator

t: Translator = language.current()
page_header(t("live.title"), t)
session = live_session()
if performer_is_wanted():
    session.connection.ask()
choices = live_settings_panel(session, settings_panel(t), t)
if picture_is_waiting():
    st.switch_page("pages/photo.py")
if session.connection.stream is not None:
    session.connection.stream.settings = choices.settings
session.shown(choices.source)

with st.container(horizontal=True, vertical_alignment="center"):
    choose_source(session, session.restart, t)
    live_buttons(session, t)
if session.clip_problem is not None:
    show_refused_file(*session.clip_problem, t)
picture, panel = st.columns([3, 2], gap="medium")
with picture:
    try:
        live_picture(session, choices, pool(), t)
    except PoseCoreError as error:
        session.stop()
        show_problem(error, t)
    record_buttons(session, t)
with panel:
    live_panel(session, choices, pool(), t)
recording_summary(session, t)

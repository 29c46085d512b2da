"""Live: the camera, the performer or a clip with its skeleton, in real time."""

from __future__ import annotations

import streamlit as st

from pose_core.errors import PoseCoreError
from pose_ui.home.films import film_path
from pose_ui.live.browser_panel import browser_panel
from pose_ui.live.choices import choose_source, live_settings_panel
from pose_ui.live.keys import live_keys
from pose_ui.live.panel import live_details, live_panel
from pose_ui.live.recording import record_buttons, recording_summary
from pose_ui.live_view.picture import live_buttons, live_picture
from pose_ui.live_view.presenter import present_button, presenter, stage
from pose_ui.live_view.session import live_session
from pose_ui.shell import language
from pose_ui.shell.layout import beside_title, page_header
from pose_ui.shell.mailbox import picture_is_waiting, take_wish_for_live
from pose_ui.shell.problems import show_problem, show_refused_file
from pose_ui.shell.resources import pool
from pose_ui.shell.settings_panel import settings_panel
from pose_ui.texts import Translator

t: Translator = language.current()
session = live_session()
if (wish := take_wish_for_live()) is not None:
    session.note = wish
    session.connection.ask()
row = st.container(horizontal=True, vertical_alignment="center", gap="small")
page_header(t("live.title"), t, row)
with row:
    sources = beside_title()
    present_button(t)
    gear = st.popover(t("photo.settings"), icon=":material/tune:")
choices = live_settings_panel(session, settings_panel(t, gear), t, gear)
playing = session.connection.phase == "playing"
poster = film_path("hero", "jpg")
presenting = presenter(choices.shape, live_keys(session, t), t, playing=playing, poster=poster)
if picture_is_waiting() and not presenting:
    st.switch_page("pages/photo.py")
if session.connection.stream is not None:
    session.connection.stream.settings = choices.settings
session.shown(choices.source, browser_model=choices.model_in == "browser")

with sources:
    choose_source(session, session.restart, t)
    live_buttons(session, t)
if session.clip_problem is not None:
    show_refused_file(*session.clip_problem, t)
picture, panel = st.columns(choices.columns, gap="medium")
with picture, stage():
    try:
        live_picture(session, choices, pool(), t)
    except PoseCoreError as error:
        session.stop()
        show_problem(error, t)
with panel:
    if session.note:
        st.caption(f":material/tune: {session.note}")
    if session.connection.on and session.connection.model_in_browser:
        browser_panel(session, choices, t)
    else:
        live_panel(session, choices, pool(), t)
    record_buttons(session, t)
    live_details(session, choices, t)
recording_summary(session, t)

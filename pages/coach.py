"""Coach: a big number that counts repetitions, one sentence that helps, and a table of the set afterwards."""

from __future__ import annotations

import streamlit as st

from pose_core.errors import PoseCoreError
from pose_ui.coach.choices import choose_exercise, coach_choices, coach_keys, remember_choices
from pose_ui.coach.film import film_panel
from pose_ui.coach.limits import changed_limits, limits_panel
from pose_ui.coach.panel import coach_panel
from pose_ui.coach.session import coach_session
from pose_ui.coach.summary import set_summary
from pose_ui.home.films import film_path
from pose_ui.live_view.picture import live_buttons, live_picture
from pose_ui.live_view.presenter import present_button, presenter, stage
from pose_ui.live_view.session import live_session
from pose_ui.shell import language
from pose_ui.shell.layout import beside_title, page_header
from pose_ui.shell.mailbox import take_wish_for_live
from pose_ui.shell.problems import show_problem
from pose_ui.shell.resources import pool
from pose_ui.shell.settings_panel import settings_panel

t = language.current()
live, session = live_session(), coach_session()
remember_choices()
session.adjust(changed_limits())
if take_wish_for_live() is not None:
    live.connection.ask()
row = st.container(horizontal=True, vertical_alignment="center", gap="small")
page_header(t("coach.title"), t, row)
with row:
    sources = beside_title()
    presenting = st.container(width="content")
    gear = st.popover(t("photo.settings"), icon=":material/tune:")
pose = settings_panel(t, gear)
with sources:
    exercise = choose_exercise(session, live, t)
    choices = coach_choices(exercise, pose, t)
    if choices.source != "clip":
        live_buttons(live, t)
        with presenting:
            present_button(t)
playing = live.connection.phase == "playing"
poster = film_path("live", "jpg")
presenter(choices.shape, coach_keys(live), t, playing=playing, poster=poster, hint=t("coach.keys"))

if choices.source == "clip":
    live.stop()
    session.watch(None, exercise, choices.source)
    film_panel(session, exercise, pose, t)
else:
    if live.connection.stream is not None:
        live.connection.stream.settings = choices.settings
    live.shown(choices.source, browser_model=choices.model_in == "browser")
    picture, panel = st.columns([2, 1], gap="medium")
    with picture, stage():
        try:
            live_picture(live, choices, pool(), t)
        except PoseCoreError as error:
            live.stop()
            show_problem(error, t)
    session.watch(live.connection.watched if live.connection.on else None, exercise, choices.source)
    with panel:
        coach_panel(session, live, exercise, t)
with st.container():  # what follows keeps its place, and so stays open, whatever there is to say
    set_summary(session, t)
limits_panel(exercise, t)
st.caption(t("coach.no_medical_device"))

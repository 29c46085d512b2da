"""Home: a body in motion, what this is, and a card for each thing one can do."""

from __future__ import annotations

import streamlit as st

from pose_ui.home.drop import drop
from pose_ui.home.films import film_path
from pose_ui.home.gallery import gallery, start
from pose_ui.home.status import status_line
from pose_ui.shell import language
from pose_ui.shell.layout import page_header
from pose_ui.widgets.film import film

t = language.current()
picture, beside = st.columns([72, 28], gap="medium", vertical_alignment="center")
with picture:
    film(
        film_path("hero", "mp4"), film_path("hero", "jpg"), t("home.film_alt"), ratio=16 / 9, key="home_film"
    )
with beside:
    page_header(t("home.claim"), t)
    st.write(t("home.lead"))
    if st.button(t("home.go_live"), type="primary", icon=":material/videocam:"):
        start("live")
    drop(t)
    status_line(t)
gallery(t)

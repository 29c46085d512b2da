"""Home: what this is, an example that changes, a way into each page, and the status."""

from __future__ import annotations

import streamlit as st

from pose_ui.home.example import changing_example
from pose_ui.home.status_card import status_card
from pose_ui.shell import language
from pose_ui.shell.layout import page_header

t = language.current()
page_header(t("app.name"), t)
st.header(t("home.claim"), anchor=False)
picture, status = st.columns([3, 2], gap="medium")
with picture:
    changing_example(t)
with status:
    st.write(t("home.lead"))
    with st.container(border=True):
        if st.button(t("home.try_photo"), type="primary", icon=":material/photo_camera:"):
            st.switch_page("pages/photo.py")
        st.caption(t("home.try_photo_text"))
        if st.button(t("home.go_live"), icon=":material/videocam:"):
            st.switch_page("pages/live.py")
        st.caption(t("home.go_live_text"))
        if st.button(t("home.measure"), icon=":material/speed:"):
            st.switch_page("pages/benchmark.py")
        st.caption(t("home.measure_text"))
    status_card(t)

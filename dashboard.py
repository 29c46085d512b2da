"""The Streamlit main script: language, sign-in, pages, and the frame around them. `app.py` serves it."""

from __future__ import annotations

import streamlit as st

from ops.log import log_event
from pose_ui.shell import language
from pose_ui.shell.layout import ICON
from pose_ui.shell.problems import tell_refused_upload
from pose_ui.shell.sign_in import signed_in
from pose_ui.shell.state import ENTERED, PAGE
from pose_ui.shell.style import page_style

t = language.current()
# Before st.navigation, which would otherwise make the browser fetch the page's Material icon for its tab from Google.
st.set_page_config(page_icon=ICON, layout="wide")
page_style(t)
may_come_in = signed_in(t)
# Lists all pages even before sign-in, so that the address the visitor opened is kept.
page = st.navigation(
    [
        st.Page("pages/home.py", title=t("page.home"), icon=":material/home:", default=True),
        st.Page("pages/photo.py", title=t("page.photo"), icon=":material/photo_camera:", url_path="photo"),
        st.Page("pages/live.py", title=t("page.live"), icon=":material/videocam:", url_path="live"),
        st.Page(
            "pages/benchmark.py", title=t("page.benchmark"), icon=":material/speed:", url_path="benchmark"
        ),
    ],
    position="top" if may_come_in else "hidden",
)
name = t("app.name")
title = name if page.url_path == "" else f"{page.title} · {name}"
st.set_page_config(page_title=title)
if may_come_in:
    if st.session_state.get(PAGE) != page.url_path:
        st.session_state.update({PAGE: page.url_path, ENTERED: True})
        log_event("page", page=page.url_path or "home")
    tell_refused_upload(t)
    page.run()
language.tell_browser(t)

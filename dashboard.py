"""The Streamlit main script: language, sign-in, pages, and the frame around them. `app.py` serves it."""

from __future__ import annotations

import streamlit as st

from ops.log import log_event
from pose_ui.shell import language, remembered
from pose_ui.shell.browser import tell_browser
from pose_ui.shell.layout import ICON
from pose_ui.shell.navigation import pages
from pose_ui.shell.problems import tell_refused_upload
from pose_ui.shell.sign_in import signed_in
from pose_ui.shell.state import ENTERED, PAGE
from pose_ui.shell.style import page_style

t = language.current()
remembered.begin()
# Before st.navigation, which would otherwise make the browser fetch the page's Material icon for its tab from Google.
st.set_page_config(page_icon=ICON, layout="wide")
page_style(t)
may_come_in = signed_in(t)
# Lists all pages even before sign-in, so that the address the visitor opened is kept.
page = st.navigation(pages(t), position="top" if may_come_in else "hidden")
name = t("app.name")
title = name if page.url_path == "" else f"{page.title} · {name}"
st.set_page_config(page_title=title)
if may_come_in:
    if st.session_state.get(PAGE) != page.url_path:
        st.session_state.update({PAGE: page.url_path, ENTERED: True})
        log_event("page", page=page.url_path or "home")
    tell_refused_upload(t)
    page.run()
tell_browser(page.url_path, t)

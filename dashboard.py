"""The Streamlit main script: language, pages, and the frame around them. `app.py` serves it."""

from __future__ import annotations

import streamlit as st

from pose_ui import language
from pose_ui.layout import ICON

t = language.current()
st.set_page_config(page_title=t("app.name"), page_icon=ICON, layout="wide")
page = st.navigation(
    [
        st.Page("pages/home.py", title=t("page.home"), icon=":material/home:", default=True),
        st.Page("pages/photo.py", title=t("page.photo"), icon=":material/photo_camera:", url_path="photo"),
    ],
    position="top",
)
page.run()

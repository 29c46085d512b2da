"""The visitor's language: from the address, else from the browser; with a switch at the top of every page."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st

from pose_ui.shell.remembered import COOKIE_PREFIX
from pose_ui.shell.state import LANG, SIGN_IN_LANG, choice_keys
from pose_ui.texts import LANGUAGE_NAMES, LANGUAGES, Language, Translator

__all__ = ["current", "switch", "switch_before_pages"]


def _first_choice() -> Language:
    for requested in (st.query_params.get("lang"), st.context.cookies.get(f"{COOKIE_PREFIX}lang")):
        if requested in get_args(Language):
            return "zh" if requested == "zh" else "en"
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def current() -> Translator:
    """Translator of the visitor's language.

    The session's choice comes first, then the address, then this browser's cookie, then the browser's own language.
    """
    if st.session_state.get(LANG) not in LANGUAGES:
        st.session_state[LANG] = _first_choice()
    language: Language = st.session_state[LANG]
    return Translator(language)


def switch_before_pages(t: Translator) -> None:
    """The switch before sign-in.

    A widget of its own: if the pages' switch were used here too, the browser would not show the choice in it later.
    """
    _control(t, SIGN_IN_LANG, default=t.language, on_change=_take_choice)


def _take_choice() -> None:
    st.session_state[LANG] = st.session_state[SIGN_IN_LANG]


def _keep_choices() -> None:
    """Set every choice to what it is, so that the browser is told its new label.

    Streamlit's browser part holds a radio's choice by its label: after a change of language it finds the old label no
    more, shows nothing, and with the next press sends nothing, so that the first option would be taken.
    """
    for key in choice_keys():
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def switch(t: Translator) -> None:
    """The switch ``English | 中文``."""
    _control(t, LANG, persist_state="session", on_change=_keep_choices)


def _control(t: Translator, key: str, **options: Any) -> None:
    st.segmented_control(
        t("app.language"),
        LANGUAGES,
        key=key,
        required=True,
        format_func=LANGUAGE_NAMES.__getitem__,
        label_visibility="collapsed",
        **options,
    )

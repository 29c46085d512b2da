"""Which language the visitor reads: from the address, else from the browser; switched at the top of every page."""

from __future__ import annotations

from typing import Any, Final, get_args

import streamlit as st

from pose_ui.shell.state import LANG, SIGN_IN_LANG
from pose_ui.texts import LANGUAGE_NAMES, LANGUAGES, Language, Translator

__all__ = ["current", "switch", "switch_before_pages", "tell_browser"]

_TAGS: Final[dict[Language, str]] = {"en": "en", "zh": "zh-CN"}
_document_language = st.components.v2.component(
    "posedeck_language", js="export default ({ data }) => { document.documentElement.lang = data; }"
)


def _first_choice() -> Language:
    asked = st.query_params.get("lang")
    if asked in get_args(Language):
        return "zh" if asked == "zh" else "en"
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def current() -> Translator:
    """Translator of the visitor's language.

    The session's choice leads; it is written back to the address on each run, since changing the page drops it there.
    """
    if st.session_state.get(LANG) not in LANGUAGES:
        st.session_state[LANG] = _first_choice()
    language: Language = st.session_state[LANG]
    if st.query_params.get("lang") != language:
        st.query_params["lang"] = language
    return Translator(language)


def switch_before_pages(t: Translator) -> None:
    """The switch where no page is shown yet.

    One of its own: the browser would not show what is chosen in the pages' switch if that one were also here.
    """
    _control(t, SIGN_IN_LANG, default=t.language, on_change=_take_choice)


def _take_choice() -> None:
    st.session_state[LANG] = st.session_state[SIGN_IN_LANG]


def switch(t: Translator) -> None:
    """The switch ``English | 中文``."""
    _control(t, LANG, persist_state="session")


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


def tell_browser(t: Translator) -> None:
    """Name the page's language to the browser, for screen readers and for the right shape of Chinese characters."""
    _document_language(data=_TAGS[t.language], key="document_language")

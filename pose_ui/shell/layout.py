"""The frame of every page: icon, title, language switch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pose_ui.shell import language
from pose_ui.shell.sign_out import sign_out_button
from pose_ui.texts import Translator

__all__ = ["ICON", "number", "open_tab", "page_header", "plain", "title_row"]

#: A file of our own: the browser would fetch a Material icon's picture for its tab from Google.
ICON: Final = str(Path(__file__).with_name("assets") / "icon.svg")


def plain(text: str) -> str:
    r"""Text from outside, such as a file's name, without any effect as Markdown.

    Examples
    --------
    >>> print(plain("my_*file*.jpg"), plain("照片（1）"))
    my\_\*file\*\.jpg 照片（1）
    """
    # A word joiner, which nobody sees, keeps addresses from becoming links.
    # Markdown knows escapes of ASCII punctuation only: before any other sign the backslash would be shown.
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text.replace("://", ":\N{WORD JOINER}//"))


def number(value: float, digits: int = 0) -> str:
    """A figure for the screen; a dash where it is not known.

    Examples
    --------
    >>> number(2.345, 1), number(float("nan"))
    ('2.3', '–')
    """
    return f"{value:.{digits}f}" if isfinite(value) else "\N{EN DASH}"


def title_row(title: str) -> DeltaGenerator:
    """A row with a title; what is added to it stands at the right."""
    row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    row.title(title, anchor=False, width="content")
    return row


def page_header(title: str, t: Translator) -> None:
    """The page's title, and at its right the language switch, and the way out where there is one."""
    with title_row(title):
        language.switch(t)
        sign_out_button(t)


def open_tab(labels: Mapping[str, str], memory: str, t: Translator) -> tuple[str, DeltaGenerator]:
    """Tabs of which only the open one is filled: its name, and where to put its content.

    Parameters
    ----------
    labels : mapping of str to str
        Name of each tab to its text.
    memory : str
        Key under which the open one is remembered by its name: its label changes with the language, and the widget
        goes with the page.
    """
    names = list(labels)
    key = f"{memory}_{t.language}"
    if key not in st.session_state:
        st.session_state[key] = labels[st.session_state.get(memory, names[0])]
    tabs = st.tabs(list(labels.values()), key=key, on_change="rerun")
    name, tab = next((pair for pair in zip(names, tabs, strict=True) if pair[1].open), (names[0], tabs[0]))
    st.session_state[memory] = name
    return name, tab

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
from pose_ui.shell.style import BESIDE_TITLE, TOP_BAR
from pose_ui.texts import Translator

__all__ = ["ICON", "beside_title", "number", "open_tab", "page_header", "plain", "top_bar"]

#: Our own file: for a Material icon, the browser would fetch the picture for its tab from Google.
ICON: Final = str(Path(__file__).with_name("assets") / "icon.svg")


def plain(text: str) -> str:
    r"""Text from outside, such as a file name, escaped so that it has no effect as Markdown.

    Examples
    --------
    >>> print(plain("my_*file*.jpg"), plain("照片（1）"))
    my\_\*file\*\.jpg 照片（1）
    """
    # An invisible word joiner keeps addresses from becoming links.
    # Markdown can escape only ASCII punctuation; before any other character the backslash would be shown.
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text.replace("://", ":\N{WORD JOINER}//"))


def number(value: float, digits: int = 0) -> str:
    """A number for the screen; a dash where it is unknown.

    Examples
    --------
    >>> number(2.345, 1), number(float("nan"))
    ('2.3', '–')
    """
    return f"{value:.{digits}f}" if isfinite(value) else "\N{EN DASH}"


def top_bar() -> DeltaGenerator:
    """The row in the header, at its right."""
    return st.container(horizontal=True, vertical_alignment="center", key=TOP_BAR)


def page_header(title: str, t: Translator, place: DeltaGenerator | None = None) -> None:
    """Show the page's title; and in the header the language switch, and Sign out for those who signed in.

    Parameters
    ----------
    title : str
    t : Translator
    place : DeltaGenerator, optional
        A row for the title, with controls beside it; otherwise it has a row of its own.
    """
    with top_bar():
        sign_out_button(t)
        language.switch(t)
    if place is None:
        st.title(title, anchor=False)
    else:
        place.title(title, anchor=False, width="content")


def beside_title() -> DeltaGenerator:
    """The place for what can be chosen, in the row of the title; on a phone below it."""
    return st.container(horizontal=True, vertical_alignment="center", gap="small", key=BESIDE_TITLE)


def open_tab(labels: Mapping[str, str], memory: str, t: Translator) -> tuple[str, DeltaGenerator]:
    """Tabs of which only the open one is filled: the name of that one, and the container for its content.

    Parameters
    ----------
    labels : mapping of str to str
        Name of each tab to its label.
    memory : str
        Key under which the open tab is remembered by name, since its label changes with the language and the widget
        is lost with the page.
    """
    names = list(labels)
    key = f"{memory}_{t.language}"
    if key not in st.session_state:
        st.session_state[key] = labels[st.session_state.get(memory, names[0])]
    tabs = st.tabs(list(labels.values()), key=key, on_change="rerun")
    name, tab = next((pair for pair in zip(names, tabs, strict=True) if pair[1].open), (names[0], tabs[0]))
    st.session_state[memory] = name
    return name, tab

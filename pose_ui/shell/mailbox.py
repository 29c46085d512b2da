"""What is on its way from one page to another, so that pages need not know each other: pictures, and wishes."""

from __future__ import annotations

import streamlit as st

from pose_ui.shell.state import LIVE_WANTED, PICTURES_FOR_PHOTO, START_WANTED, live_key

__all__ = [
    "ask_for_live",
    "ask_for_performer",
    "ask_to_start",
    "collect_pictures",
    "picture_is_waiting",
    "send_to_photo",
    "take_wish_for_live",
    "take_wish_to_start",
]


def send_to_photo(name: str, data: bytes) -> None:
    """Leave a picture file for the Photo page; the sending page then switches to that page."""
    st.session_state.setdefault(PICTURES_FOR_PHOTO, []).append((name, data))


def picture_is_waiting() -> bool:
    """Whether the Photo page has something to collect."""
    return bool(st.session_state.get(PICTURES_FOR_PHOTO))


def collect_pictures() -> list[tuple[str, bytes]]:
    """Names and contents of the files left since the last call, oldest first."""
    pictures: list[tuple[str, bytes]] = st.session_state.pop(PICTURES_FOR_PHOTO, [])
    return pictures


def ask_for_live(note: str = "") -> None:
    """Ask that the Live page, which the caller then opens, begins at once; it shows the note when it does."""
    st.session_state[LIVE_WANTED] = note


def ask_for_performer() -> None:
    """Ask that the Live page, which the caller then opens, begins with the performer already playing."""
    st.session_state[live_key("source")] = "performer"
    ask_for_live()


def take_wish_for_live() -> str | None:
    """The note of a wish since the last call, which may be empty; None if there was none."""
    wish: str | None = st.session_state.pop(LIVE_WANTED, None)
    return wish


def ask_to_start(page: str) -> None:
    """Ask that a page, which the caller then opens, begins by itself with what it has to show: name of its file."""
    st.session_state[START_WANTED] = page


def take_wish_to_start(page: str) -> bool:
    """Whether this page was asked to begin by itself since the last call; a wish for another page is over."""
    return bool(st.session_state.pop(START_WANTED, None) == page)

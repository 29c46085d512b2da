"""What is on its way from one page to another, so that pages need not know each other: pictures, and wishes."""

from __future__ import annotations

import streamlit as st

from pose_ui.shell.state import PERFORMER_WANTED, PICTURES_FOR_PHOTO, live_key

__all__ = [
    "ask_for_performer",
    "collect_pictures",
    "performer_is_wanted",
    "picture_is_waiting",
    "send_to_photo",
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


def ask_for_performer() -> None:
    """Ask that the Live page, which the caller then opens, begins with the performer already playing."""
    st.session_state[live_key("source")] = "performer"
    st.session_state[PERFORMER_WANTED] = True


def performer_is_wanted() -> bool:
    """Whether that was asked for since the last call."""
    return bool(st.session_state.pop(PERFORMER_WANTED, False))

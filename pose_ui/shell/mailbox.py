"""Pictures on their way from one page to another, so that pages need not know each other."""

from __future__ import annotations

import streamlit as st

from pose_ui.shell.state import PICTURES_FOR_PHOTO

__all__ = ["collect_pictures", "picture_is_waiting", "send_to_photo"]


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

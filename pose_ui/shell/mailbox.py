"""Pictures on their way from one page to another, so that no page needs to know the other's parts."""

from __future__ import annotations

import streamlit as st

from pose_ui.shell.state import PICTURES_FOR_PHOTO

__all__ = ["collect_pictures", "picture_is_waiting", "send_to_photo"]


def send_to_photo(name: str, data: bytes) -> None:
    """Leave a picture file for the Photo page; the sending page then switches to it."""
    st.session_state.setdefault(PICTURES_FOR_PHOTO, []).append((name, data))


def picture_is_waiting() -> bool:
    """Whether the Photo page has something to collect."""
    return bool(st.session_state.get(PICTURES_FOR_PHOTO))


def collect_pictures() -> list[tuple[str, bytes]]:
    """File names and files left since the last time, oldest first."""
    pictures: list[tuple[str, bytes]] = st.session_state.pop(PICTURES_FOR_PHOTO, [])
    return pictures

"""The keys of ``st.session_state``, all in one place. It holds only choices and finished results."""

from __future__ import annotations

from typing import Final

__all__ = ["LANG", "PHOTO", "PHOTO_TAB", "SETTING_DEFAULTS", "setting_key"]

LANG: Final = "lang"
PHOTO: Final = "photo"  # a pose_ui.photo_session.PhotoSession
PHOTO_TAB: Final = "photo_tab"  # the open one of the result's tabs

#: Choices of the settings panel with their defaults; each lives under `setting_key`.
SETTING_DEFAULTS: Final[dict[str, object]] = {
    "model": "full",
    "people": 1,
    "detection": 0.5,
    "presence": 0.5,
    "visibility": 0.5,
    "enlarge": True,
    "draw": ["names"],
}


def setting_key(name: str) -> str:
    """Key of one choice of the settings panel."""
    return f"setting_{name}"

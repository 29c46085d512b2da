"""The pages and their groups. A new page adds one line to `PAGES`; the menu shows a group once it has a page."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pose_ui.texts import Translator

__all__ = ["PAGES", "pages"]

#: Group ("" is shown by itself, before the groups), name of the file in ``pages/`` and of the address, icon.
#: The texts ``page.<name>`` and ``page.group_<group>`` belong to each.
PAGES: Final = (
    ("", "home", "home"),
    ("see", "photo", "photo_camera"),
    ("see", "video", "movie"),
    ("see", "live", "videocam"),
    ("use", "coach", "fitness_center"),
    ("trust", "validate", "fact_check"),
    ("trust", "side_by_side", "compare"),
    ("trust", "benchmark", "speed"),
)
_FIRST: Final = PAGES[0][1]


def pages(t: Translator) -> dict[str, list[st.Page]]:
    """The pages by the title of their group, for `st.navigation`."""
    groups: dict[str, list[st.Page]] = {}
    for group, name, icon in PAGES:
        page = st.Page(
            f"pages/{name}.py",
            title=t(f"page.{name}"),
            icon=f":material/{icon}:",
            url_path=None if name == _FIRST else name,
            default=name == _FIRST,
        )
        groups.setdefault(t(f"page.group_{group}") if group else "", []).append(page)
    return groups

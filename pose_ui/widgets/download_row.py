"""A row of quiet buttons, each of which makes a file when it is pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import streamlit as st

from pose_ui.texts import Translator

__all__ = ["XLSX", "download_row"]

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download_row(
    key: str,
    files: Iterable[tuple[str, str, str, Callable[[], bytes]]],
    help_of: Callable[[str], str],
    t: Translator,
) -> None:
    """Show the buttons.

    Parameters
    ----------
    key : str
        Beginning of the buttons' Streamlit keys.
    files : iterable of tuple
        Kind, as in the texts ``validate.download_{kind}``; file name; media type; what makes the content.
    help_of : callable
        The help for a kind.
    t : Translator
    """
    with st.container(horizontal=True, gap="small"):
        for kind, name, mime, make in files:
            st.download_button(
                t(f"validate.download_{kind}"),
                data=make,
                file_name=name,
                mime=mime,
                key=f"{key}_download_{kind}",
                help=help_of(kind),
                on_click="ignore",
                icon=":material/download:",
                type="tertiary",
            )

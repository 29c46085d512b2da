"""A field for files that the session keeps: each upload is taken over at once, and the field is empty again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

__all__ = ["kept_upload"]


def kept_upload(
    label: str,
    add: Callable[[dict[str, bytes]], None],
    *,
    turn_key: str,
    about: str,
    types: Sequence[str] | None = None,
) -> None:
    """Show the field.

    Parameters
    ----------
    label : str
    add : callable
        Gets the files by name; called before the page's next run.
    turn_key : str
        Of ``st.session_state``, with the number of the field: each is used once, and the session keeps its files on
        other pages too.
    about : str
        What may be brought.
    types : sequence of str, optional
        Endings that can be chosen.
    """
    field_key = f"{turn_key}_{st.session_state.setdefault(turn_key, 0)}"

    def take() -> None:
        add({file.name: file.getvalue() for file in st.session_state[field_key]})
        st.session_state[turn_key] += 1

    missed = st.file_uploader(
        label, type=types, accept_multiple_files=True, key=field_key, help=about, on_change=take
    )
    if missed:  # this page reconnected to a new process, where Streamlit calls nobody back
        take()
        st.rerun()

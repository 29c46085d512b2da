"""How trouble looks on the screen: a sentence where the cause is, never a traceback."""

from __future__ import annotations

import logging

import streamlit as st

from pose_core.errors import PoseCoreError
from pose_ui import language
from pose_ui.texts import Translator

__all__ = ["show_problem", "show_unexpected"]

_log = logging.getLogger("posedeck")


def show_problem(error: PoseCoreError, t: Translator) -> None:
    """The sentence of an error that a person can do something about."""
    st.error(t.error(error), icon=":material/error:")


def show_unexpected(error: Exception) -> bool:
    """Handler of errors that nobody foresaw: logs where it happened, shows a calm sentence.

    Only the exception's type and place are logged: its message might quote what a visitor uploaded.
    """
    trace = error.__traceback__
    places = []
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    _log.error("unexpected %s at %s", type(error).__name__, " > ".join(places[-6:]))
    st.error(language.current()("app.failed"), icon=":material/error:")
    return True

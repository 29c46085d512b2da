"""How errors look on the screen: a sentence next to the cause, never a traceback."""

from __future__ import annotations

import streamlit as st

from ops.log import log_unexpected
from pose_core.errors import PoseCoreError
from pose_core.media.images import MAX_FILE_MB
from pose_ui.shell import language
from pose_ui.shell.layout import plain
from pose_ui.shell.resources import upload_refusals
from pose_ui.shell.streamlit_bindings import this_session_id
from pose_ui.shell.upload_gate import ALL_MB, SESSION_MB, SLOWEST_KB_S
from pose_ui.texts import Translator

__all__ = ["show_problem", "show_refused_file", "show_unexpected", "tell_refused_upload"]


def show_problem(error: PoseCoreError, t: Translator) -> None:
    """Show the sentence of an error that the visitor can do something about."""
    st.error(t.error(error), icon=":material/error:")


def show_refused_file(name: str, error: PoseCoreError, t: Translator) -> None:
    """Say which file cannot be used, and why."""
    st.error(f"**{plain(name)}**  \n{t.error(error)}", icon=":material/broken_image:")


def tell_refused_upload(t: Translator) -> None:
    """Say which uploads were refused on their way: notes that stay until they are closed, and move nothing."""
    for refusal in upload_refusals().take(this_session_id()):
        if refusal.name:
            size = max(round(refusal.megabytes), MAX_FILE_MB + 1)
            text = t("upload.too_large", name=plain(refusal.name), limit=MAX_FILE_MB, megabytes=size)
        else:
            text = t(f"upload.refused_{refusal.status.value}", one=SESSION_MB, all=ALL_MB, rate=SLOWEST_KB_S)
        st.toast(text, icon=":material/error:", duration="infinite")


def show_unexpected(error: Exception) -> bool:
    """Handle an unexpected error: log where it happened, show a calm sentence.

    Only the exception's type and place are logged: its message might quote what a visitor uploaded.
    """
    log_unexpected(error)
    st.error(language.current()("app.failed"), icon=":material/error:")
    return True

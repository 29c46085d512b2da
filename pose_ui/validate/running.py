"""A run under way: progress with the time left; and how the last one ended."""

from __future__ import annotations

import math
from typing import Final

import streamlit as st

from pose_ui.shell.problems import show_problem
from pose_ui.texts import Translator
from pose_ui.validate.session import ValidateSession

__all__ = ["running_panel", "tell_end"]

_EVERY_S: Final = 0.5


def running_panel(session: ValidateSession, t: Translator) -> None:
    """Show the visitor's own run; rerun the page when it is over."""

    @st.fragment(run_every=_EVERY_S)
    def panel() -> None:
        run = session.run
        if run is None or not run.running:
            st.rerun()
        status = run.status()
        text = t("validate.starting")
        if math.isfinite(status.left_s):
            text = t("validate.progress", percent=round(100 * status.share), left=math.ceil(status.left_s))
        st.progress(status.share, text)

    panel()


def tell_end(session: ValidateSession, t: Translator) -> None:
    """Say so if the visitor's last run was stopped or failed."""
    status = session.run.status() if session.run is not None else None
    if status is not None and status.error is not None:
        show_problem(status.error, t)
    elif status is not None and status.phase == "stopped":
        st.info(t("validate.stopped"))

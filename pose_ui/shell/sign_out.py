"""Sign out: the button at the top of every page."""

from __future__ import annotations

import os

import streamlit as st

from ops.configuration import read_configuration
from ops.log import log_event
from pose_ui.shell.state import BENCHMARK, FORGOTTEN, LANG, LIVE, SIGNED_IN
from pose_ui.texts import Translator

__all__ = ["sign_out_button"]


def sign_out_button(t: Translator) -> None:
    """Show the button to visitors who signed in with the password or a login."""
    if st.session_state.get(SIGNED_IN):
        login = read_configuration(os.environ).login
        st.button(
            t("sign_in.out"),
            key="sign_out",
            type="tertiary",
            icon=":material/logout:",
            on_click=st.logout if login else _forget,
        )


def _forget() -> None:
    """Stop what runs and forget everything but the language: the next visitor may be somebody else."""
    live, benchmark = st.session_state.get(LIVE), st.session_state.get(BENCHMARK)
    if live is not None:
        live.leave()
    if benchmark is not None and benchmark.run is not None:
        benchmark.run.stop()
    for key in [key for key in st.session_state if key != LANG]:
        del st.session_state[key]
    st.session_state[FORGOTTEN] = True
    log_event("sign_in", outcome="out")

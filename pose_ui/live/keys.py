"""What the keys of presenter mode do on the Live page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from pose_core.settings import VARIANTS
from pose_ui.live_view.picture import take_snapshot
from pose_ui.live_view.session import LiveSession
from pose_ui.shell.settings_panel import choose
from pose_ui.shell.state import live_key
from pose_ui.texts import Translator

__all__ = ["live_keys"]


def live_keys(session: LiveSession, t: Translator) -> dict[str, Callable[[], object]]:
    """By key, as browsers name it: space starts and stops, m mirrors, s takes a snapshot, 1 to 3 choose the model."""

    def start_or_stop() -> None:
        if session.connection.on:
            session.stop()
        else:
            session.connection.ask()

    def mirror() -> None:
        st.session_state[live_key("mirror")] = not st.session_state[live_key("mirror")]

    models = {str(number): partial(choose, model=model) for number, model in enumerate(VARIANTS, start=1)}
    return {" ": start_or_stop, "m": mirror, "s": partial(take_snapshot, session, t), **models}

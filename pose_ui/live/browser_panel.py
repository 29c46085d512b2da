"""Next to the picture while the visitor's own browser runs the model: its figures, and charts if they are wanted."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pose_ui.live.panel import choose_chart, choose_person, recording_now, show_chart
from pose_ui.live_view.browser_model.view import browser_model_figures, browser_model_says
from pose_ui.live_view.choices import LiveChoices
from pose_ui.live_view.session import LiveSession
from pose_ui.shell.state import live_key
from pose_ui.texts import Translator

__all__ = ["browser_panel"]

_EVERY_S: Final = 1.0


def browser_panel(session: LiveSession, choices: LiveChoices, t: Translator) -> None:
    """Show figures and, if wanted, charts. Nothing of it runs by itself unless landmarks are sent to this server."""
    connection = session.connection
    key = live_key("told_charts")

    def chart() -> None:  # before the picture is shown again
        session.chart(bool(st.session_state[key]))

    figures = st.container()
    chosen = None
    if connection.phase == "playing":
        charts = st.toggle(
            t("live.told_charts"),
            key=key,
            on_change=chart,
            persist_state="session",
        )
        if session.chart(charts):  # it was chosen before this start
            st.rerun()
        chosen = choose_chart(t) if charts else None
    told = connection.told
    wanted = told is not None and told.wanted

    @st.fragment(run_every=_EVERY_S if wanted else None)
    def panel() -> None:
        connection.heard()
        if connection.missed:
            st.rerun()
        recording_now(session, t)
        if chosen is not None and told is not None:
            people = told.people
            limit = choices.settings.pose.visibility_limit
            person = choose_person([one.number for one in people], t)
            show_chart(people, connection.history, limit, person, chosen, t)

    with figures:
        browser_model_figures(t)
        panel()
    browser_model_says(connection, t)

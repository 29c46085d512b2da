"""Next to the picture: the counter, and once a second what needs the page: a proposal, a problem, a change of phase."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pose_core.movement.coach import AUTO, CoachState
from pose_ui.coach.choices import choose_speech
from pose_ui.coach.counter import counter
from pose_ui.coach.session import CoachSession
from pose_ui.live_view.browser_model.view import browser_model_says
from pose_ui.live_view.session import LiveSession
from pose_ui.shell.state import coach_key, live_key
from pose_ui.texts import Translator

__all__ = ["coach_panel"]

_EVERY_S = 1.0


def _take_proposal(session: CoachSession, exercise: str) -> None:
    st.session_state[coach_key("exercise")] = exercise
    session.choose(exercise)


def _proposal(session: CoachSession, t: Translator) -> str | None:
    """Offer the exercise that it looks like; never switched to by itself."""
    proposed = session.live.state.proposed if session.live is not None else None
    if proposed is not None:
        st.button(
            t("coach.proposed", exercise=t(f"exercise.{proposed}")),
            icon=":material/lightbulb:",
            on_click=partial(_take_proposal, session, proposed),
            key="coach_proposed",
        )
    return proposed


def _resting(session: CoachSession, exercise: str) -> CoachState:
    """What stays on the screen between sets: the last one's count, if it is of this exercise."""
    last = session.result
    chosen = last.exercise if last is not None and exercise in (AUTO, last.exercise) else exercise
    if last is None or chosen != last.exercise:
        return CoachState(exercise=None if exercise == AUTO else exercise)
    return CoachState(exercise=chosen, count=last.corrected, partial=last.partial, holds=last.holds)


def coach_panel(session: CoachSession, live: LiveSession, exercise: str, t: Translator) -> None:
    """Show the counter; rerun the page when the connection has changed."""
    above = st.container()
    speak = choose_speech(t)
    running = session.live
    connection = live.connection
    with above:
        if running is not None:
            counter(running.state, running.at_ms, t, running=True, speak=speak)
        else:
            counter(_resting(session, exercise), 0.0, t, running=False, speak=False)

    @st.fragment(run_every=_EVERY_S if connection.phase != "idle" else None)
    def watch() -> None:
        connection.heard()
        if connection.missed:
            st.rerun()
        if connection.phase != "playing":
            return
        stream = connection.stream
        problem = stream.status().problem if stream is not None else None
        if problem is not None:
            st.warning(t.error(problem), icon=":material/warning:")
        if connection.model_in_browser:
            browser_model_says(connection, t)
        elif st.session_state[live_key("source")] == "camera":
            if connection.browser_model_failed is not None:
                st.caption(t(f"live.model_{connection.browser_model_failed}"))
            if connection.overlay_failed:
                st.caption(t("live.overlay_failed"))
        _proposal(session, t)

    watch()

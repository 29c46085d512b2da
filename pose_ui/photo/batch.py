"""Analysing a batch of pictures: progress with time left, stop, overview."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pose_core.errors import PictureError
from pose_core.models.pool import PosePool
from pose_core.pipeline.photo import PhotoResult
from pose_core.settings import PoseSettings
from pose_ui.photo.session import PhotoSession
from pose_ui.shell.layout import plain
from pose_ui.texts import Translator
from pose_ui.widgets.countdown import Countdown

__all__ = ["analyse_batch", "batch_bar", "batch_overview"]


def _stop(session: PhotoSession, stopped: bool) -> None:
    session.stopped = stopped


def analyse_batch(session: PhotoSession, settings: PoseSettings, pool: PosePool, t: Translator) -> None:
    """Analyse pending pictures: the selected one always, the rest unless the visitor stopped.

    Pressing Stop ends this run at the next step; finished results are kept.
    """
    pending = session.pending()
    if session.stopped:
        pending = [item for item in pending if item.sha256 == session.item.sha256]
    if len(pending) < 2:  # too quick for a progress bar
        for item in pending:
            session.analyse(item, settings, pool)
        return
    area = st.empty()
    with area.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0)
        st.button(
            t("photo.stop"), icon=":material/stop:", on_click=_stop, args=(session, True), key="photo_stop"
        )
    countdown = Countdown(len(pending))
    for done, item in enumerate(pending):
        session.analyse(item, settings, pool)
        bar.progress(
            (done + 1) / len(pending),
            t("photo.batch_progress", done=done + 1, total=len(pending), left=countdown.left(done + 1, t)),
        )
    area.empty()


def batch_bar(session: PhotoSession, t: Translator) -> None:
    """Show which own picture is selected, with buttons to step, to remove, and to continue after a stop."""
    total = len(session.items)
    if session.sample is not None:
        return
    if total > 1:
        st.session_state["photo_which"] = session.selected
        st.selectbox(
            t("photo.which"),
            range(total),
            key="photo_which",
            format_func=lambda i: f"{i + 1}/{total}  {session.own[i].name}",
            on_change=lambda: session.select(st.session_state["photo_which"]),
            label_visibility="collapsed",
        )
    with st.container(horizontal=True):
        if total > 1:
            st.button(
                t("photo.previous"),
                icon=":material/chevron_left:",
                key="photo_previous",
                on_click=session.step,
                args=(-1,),
                disabled=session.selected == 0,
                shortcut="Left",
            )
            st.button(
                t("photo.next"),
                icon=":material/chevron_right:",
                key="photo_next",
                on_click=session.step,
                args=(1,),
                disabled=session.selected == total - 1,
                shortcut="Right",
            )
        st.button(
            t("photo.remove"),
            icon=":material/close:",
            key="photo_remove",
            on_click=session.remove_selected,
            type="tertiary",
        )
        if total > 1:
            st.button(
                t("photo.remove_all"),
                icon=":material/delete:",
                key="photo_remove_all",
                on_click=session.remove_all,
                type="tertiary",
            )
    pending = len(session.pending())
    if session.stopped and pending:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(t("photo.stopped", done=total - pending, total=total), icon=":material/pause:")
            st.button(t("photo.go_on"), icon=":material/play_arrow:", on_click=_stop, args=(session, False))


def batch_overview(session: PhotoSession, settings: PoseSettings, t: Translator) -> None:
    """Show one row per picture: how many people were found, or why the file cannot be read."""
    total = len(session.items)
    if total < 2:
        return
    rows = []
    failed = 0
    for item in session.items:
        outcome = session.outcome(item, settings)
        if isinstance(outcome, PictureError):
            failed += 1
            result = t.error(outcome)
        elif isinstance(outcome, PhotoResult):
            result = t.people(len(outcome.poses)) if outcome.poses else t("count.nobody")
        else:
            result = ""
        rows.append({t("column.file"): plain(item.name), t("column.result"): result})
    if failed:
        kind = "all" if failed == total else "some"
        st.warning(t(f"photo.failed_{kind}", count=failed, total=total), icon=":material/warning:")
    with st.expander(t("photo.overview", total=total), expanded=True):
        st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")

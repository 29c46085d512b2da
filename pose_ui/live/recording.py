"""Recording a live stream: start, stop, summary, and files to download."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from math import isfinite
from typing import Final

import pandas as pd
import streamlit as st

from pose_core.export.recording_report import recording_report
from pose_core.export.recordings import recording_to_csv, recording_to_json, recording_to_xlsx
from pose_core.geometry.angles import LIMB_ANGLES
from pose_core.tracking.recorder import MAX_RECORDING_S
from pose_core.tracking.recording import Recording
from pose_core.tracking.recording_summary import PersonSummary, RecordingSummary
from pose_ui.live_view.picture import take_snapshot
from pose_ui.live_view.session import LiveSession
from pose_ui.shell.layout import number
from pose_ui.shell.state import live_key
from pose_ui.texts import Translator

__all__ = ["record_buttons", "recording_summary"]

_MIME: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def record_buttons(session: LiveSession, t: Translator) -> None:
    """Show the buttons for recording and snapshot, and for the report of the last recording."""
    in_browser = session.connection.model_in_browser and session.connection.phase == "playing"
    playing = session.connection.phase == "playing" and session.connection.watched is not None
    clip_key = live_key("clip")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if session.is_recording:
            st.button(
                t("live.record_stop"),
                icon=":material/stop_circle:",
                type="primary",
                on_click=session.keep_recording,
                key="live_record_stop",
            )
        else:
            st.button(
                t("live.record"),
                icon=":material/fiber_manual_record:",
                disabled=not playing,
                on_click=lambda: session.start_recording(
                    clip=bool(st.session_state.get(clip_key)), of=_what_plays(session, t)
                ),
                help=t("live.record_help", minutes=round(MAX_RECORDING_S / 60)),
                key="live_record",
            )
        st.button(
            t("live.snapshot"),
            icon=":material/photo_camera:",
            disabled=not playing,
            on_click=take_snapshot,
            args=(session, t),
            help=t("live.snapshot_help_browser" if in_browser else "live.snapshot_help"),
            key="live_snapshot",
        )
        st.toggle(
            t("live.clip"),
            key=clip_key,
            disabled=session.is_recording or in_browser,
            help=t("live.clip_help"),
            persist_state="session",
        )
        if session.recording is not None:
            _report_button(session.recording, session.recording_of, t)
            st.caption(t("live.files_below"), width="content")


def _what_plays(session: LiveSession, t: Translator) -> str:
    """The source, for the report."""
    source = st.session_state[live_key("source")]
    if source == "performer":
        return f"{t('live.source_performer')}: {t('scene.' + st.session_state[live_key('scene')])}"
    if source == "clip":
        return session.clip_name or t("live.clip_name")
    return t(f"live.source_{source}")


def _degrees(person: PersonSummary, name: str, t: Translator) -> str:
    low, high = person.angle_ranges_deg[name]
    if not (isfinite(low) and isfinite(high)):
        reason = person.angle_reasons[name]
        return f":gray[{t('reason.' + (reason or 'not_visible'))}]"
    text, share = f"{round(low)}°\N{EN DASH}{round(high)}°", person.angle_uncertain_shares[name]
    return f"{text} :gray[{t('angle.uncertain_share', share=f'{share:.0%}')}]" if share else text


def _ranges(summary: RecordingSummary, t: Translator) -> None:
    several = len(summary.people) > 1
    for person in summary.people:
        if several:
            st.markdown(f"**{t('person.number', number=person.person)}**")
        rows = [
            {
                t("column.joint"): t(f"joint.{joint}"),
                f":blue[{t('side.left')}]": _degrees(person, f"left_{joint}", t),
                f":orange[{t('side.right')}]": _degrees(person, f"right_{joint}", t),
            }
            for joint in LIMB_ANGLES
        ]
        st.table(pd.DataFrame(rows), hide_index=True, border="horizontal", alt=t("live.ranges_alt"))
        st.caption(
            t("live.jitter", raw=number(person.jitter_raw_px, 1), smooth=number(person.jitter_smoothed_px, 1))
        )


def _report(recording: Recording, of: str, t: Translator) -> bytes:
    """Runs in another thread when the button is pressed: no ``st.*`` here."""
    made = t("live.report_made", time=f"{datetime.now():%Y-%m-%d %H:%M}")
    return recording_report(recording, t, language=t.language, made=made, source=of)


def _stem(recording: Recording) -> str:
    return f"posedeck_{recording.started_at:%Y-%m-%d_%H%M%S}"


def _report_button(recording: Recording, of: str, t: Translator) -> None:
    st.download_button(
        t("live.report"),
        data=partial(_report, recording, of, t),
        file_name=f"{_stem(recording)}_report.html",
        mime="text/html",
        on_click="ignore",
        icon=":material/description:",
        help=t("live.report_help"),
        key="live_download_html",
    )


def _files(recording: Recording, t: Translator) -> None:
    # Called in another thread when a button is pressed: no ``st.*`` in them.
    makers: dict[str, Callable[[], bytes]] = {
        "csv": partial(recording_to_csv, recording),
        "xlsx": partial(recording_to_xlsx, recording, t),
        "json": partial(recording_to_json, recording),
    }
    with st.container(horizontal=True):
        for kind, make in makers.items():
            st.download_button(
                kind.upper(),
                data=make,
                file_name=f"{_stem(recording)}_landmarks.{kind}",
                mime=_MIME[kind],
                on_click="ignore",
                icon=":material/download:",
                help=t(f"live.download_{kind}"),
                key=f"live_download_{kind}",
            )
        if recording.clip_mp4:
            st.download_button(
                t("live.download_mp4", megabytes=f"{len(recording.clip_mp4) / 1e6:.1f}"),
                data=recording.clip_mp4,
                file_name=f"{_stem(recording)}.mp4",
                mime="video/mp4",
                on_click="ignore",
                icon=":material/movie:",
                key="live_download_mp4",
            )


def recording_summary(session: LiveSession, t: Translator) -> None:
    """Show a summary of the last recording and its files; nothing before the first."""
    recording = session.recording
    if recording is None:
        return
    summary = recording.summary
    st.header(t("live.recording"), anchor=False)
    with st.container(horizontal=True, gap="medium"):
        for name, value in (
            ("duration", t("live.seconds", value=number(summary.duration_s, 1))),
            ("frames", str(summary.frames)),
            ("rate", t("live.per_second", value=number(summary.rate_hz))),
            ("found", f"{summary.found_share:.0%}"),
            ("gap", t("live.seconds", value=number(summary.longest_gap_s, 1))),
        ):
            st.metric(t(f"live.summary_{name}"), value, width="content")
    if recording.truncated:
        st.caption(t("live.truncated"))
    _files(recording, t)
    if summary.people:
        with st.expander(t("live.ranges"), expanded=True):
            _ranges(summary, t)
    if recording.clip_mp4:
        with st.expander(t("live.clip_view")):
            st.video(recording.clip_mp4, format="video/mp4", alt=t("live.clip_alt"))
    st.button(t("live.forget"), icon=":material/delete:", on_click=session.forget_recording, type="tertiary")

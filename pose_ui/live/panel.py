"""Figures and charts next to the live picture, updated once a second without touching the picture."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Final, Literal

import pandas as pd
import streamlit as st

from pose_core.figures.landmarks import world_figure
from pose_core.figures.over_time import angle_history_figure, visibility_figure
from pose_core.geometry.angles import LIMB_ANGLES
from pose_core.models.pool import PosePool
from pose_core.pipeline.live import LIVE_STEPS, Change, LiveSettings, LiveStatus, Rung
from pose_core.pose import TrackedPerson
from pose_core.tracking.history import History
from pose_ui.live.small_picture import small_picture
from pose_ui.live_view.choices import LiveChoices
from pose_ui.live_view.presenter import big_figures
from pose_ui.live_view.session import LiveSession
from pose_ui.shell.layout import number
from pose_ui.shell.state import live_key
from pose_ui.texts import Translator
from pose_ui.widgets.live_chart import live_chart

__all__ = [
    "choose_chart",
    "choose_person",
    "live_details",
    "live_panel",
    "quality_now",
    "recording_now",
    "show_chart",
]

#: The browser pays for each of these runs, whatever it shows: some 95 ms of a core of a busy machine, of which a chart
#: takes 20. Twice a second that was two thirds of all that the page cost beside its picture.
_EVERY_S: Final = 1.0
#: The table for engineers, while it is open.
_EVERY_DETAILS_S: Final = 2.0
#: Until pictures flow there is nothing to follow; the server itself wakes the page when something has changed.
_EVERY_BEFORE_S: Final = 2.0
_CHARTS: Final = ("angles", "visibility", "world")
_WORLD_REACH_M: Final = 1.1


def _size(size_wh: tuple[int, int] | None) -> str:
    return f"{size_wh[0]}×{size_wh[1]}" if size_wh else "\N{EN DASH}"


def _big_figures(status: LiveStatus, t: Translator) -> None:
    figures = status.figures
    delay_ms = figures.delay_ms[0] if figures.delay_ms else float("nan")
    people = len(status.people)
    big_figures(
        [
            (number(figures.processed_fps), t("live.big_rate")),
            (
                t("live.ms", value=number(delay_ms)) if isfinite(delay_ms) else number(delay_ms),
                t("live.big_delay"),
            ),
            (str(people), t("live.big_person" if people == 1 else "live.big_people")),
        ]
    )


def _figures(status: LiveStatus, session: LiveSession, choices: LiveChoices, t: Translator) -> None:
    figures = status.figures
    st.caption(t("live.received", value=number(figures.received_fps)), help=t("live.figures_help"))
    st.caption(
        t(
            "live.sizes_browser" if session.connection.drawn_in_browser else "live.sizes",
            received=_size(status.received_wh),
            returned=_size(status.returned_wh),
            model=status.rung.model,
            skipped=figures.skipped,
        )
    )
    raw_px, smooth_px = session.connection.history.jitter_px()
    if choices.settings.smoothing is None:
        st.caption(t("live.jitter_raw", raw=number(raw_px, 1)))
    else:
        st.caption(t("live.jitter", raw=number(raw_px, 1), smooth=number(smooth_px, 1)))


def quality_now(
    change: Change | None, rung: Rung, processed_fps: float, settings: LiveSettings
) -> Literal["full", "slow", "kept", "room"]:
    """What to say of the quality: as chosen, lowered and still too slow, lowered and fast enough, or raised again."""
    if change is None or rung == settings.best_rung():
        return "full"
    return "kept" if change.reason == "slow" and processed_fps >= settings.target_fps else change.reason


def _quality(status: LiveStatus, choices: LiveChoices, t: Translator) -> None:
    if not choices.settings.adaptive:
        return
    change = status.change
    kind = quality_now(change, status.rung, status.figures.processed_fps, choices.settings)
    if change is None or kind == "full":
        return
    st.caption(
        ":material/speed: "
        + t(
            f"live.quality_{kind}",
            height=status.rung.height_px,
            model=status.rung.model,
            rate=number(change.processed_fps),
            target=choices.settings.target_fps,
        )
    )


def live_details(session: LiveSession, choices: LiveChoices, t: Translator) -> None:
    """What only engineers read, folded; nothing while nothing runs."""
    if session.connection.phase == "idle":  # not while another size starts, so that it stays open
        return
    area = st.expander(t("live.details"), key="live_details", on_change="rerun")
    if not area.open:  # what is closed would cost as much as what is open
        return

    @st.fragment(run_every=_EVERY_DETAILS_S)
    def details() -> None:
        stream = session.connection.stream
        status = stream.status() if stream is not None else None
        if status is None or status.silent_s is None:
            return
        _figures(status, session, choices, t)
        if choices.settings.adaptive and status.rung == choices.settings.best_rung():
            st.caption(t("live.quality_full", target=choices.settings.target_fps))
        rows = [
            {
                t("live.step"): t(f"live.step_{step}"),
                t("live.median"): number(status.figures.steps_ms[step][0], 1),
                t("live.p95"): number(status.figures.steps_ms[step][1], 1),
            }
            for step in LIVE_STEPS
            if step in status.figures.steps_ms
        ]
        if status.figures.delay_ms:
            median, p95 = status.figures.delay_ms
            rows.append(
                {
                    t("live.step"): t("live.step_all"),
                    t("live.median"): number(median, 1),
                    t("live.p95"): number(p95, 1),
                }
            )
        st.table(pd.DataFrame(rows), hide_index=True, border="horizontal", alt=t("live.steps_alt"))
        st.caption(t("live.steps_text"))

    with area:
        details()


def choose_chart(t: Translator) -> tuple[str, list[str]]:
    """Which chart, and of which joints. Outside of what runs by itself: drawing these again costs the browser most."""
    chart = st.segmented_control(
        t("live.chart"),
        _CHARTS,
        required=True,
        key=live_key("chart"),
        format_func=lambda name: t(f"live.chart_{name}"),
        label_visibility="collapsed",
        persist_state="session",
    )
    if chart != "angles":
        return str(chart), []
    joints = st.pills(
        t("live.joints"),
        LIMB_ANGLES,
        selection_mode="multi",
        key=live_key("joints"),
        format_func=lambda joint: t(f"joint.{joint}"),
        label_visibility="collapsed",
        persist_state="session",
    )
    return chart, [joint for joint in LIMB_ANGLES if joint in joints]


def show_chart(
    people: Sequence[TrackedPerson],
    history: History,
    limit: float,
    person: int,
    chosen: tuple[str, list[str]],
    t: Translator,
) -> None:
    """Show the chosen chart of one person, who may be among these people of the newest frame."""
    chart, joints = chosen
    if chart == "angles":
        times_s, angles = history.angles(person)
        if joints and len(times_s):
            live_chart(
                angle_history_figure(
                    times_s,
                    angles,
                    joints,
                    t,
                    now_s=float(times_s[-1]),
                    reasons=history.angle_reasons(person),
                ),
                key="live_angles",
                alt=t("live.angles_alt", joints=", ".join(t(f"joint.{joint}") for joint in joints)),
            )
        return
    seen = next((found for found in people if found.number == person), None)
    if chart == "visibility":
        visibility = history.visibility(person)
        if visibility is not None:
            live_chart(
                visibility_figure(visibility, t, limit),
                key="live_visibility",
                alt=t("live.visibility_alt"),
            )
    elif seen is not None:
        live_chart(
            world_figure(seen.pose, t, visibility_limit=limit, fixed_reach_m=_WORLD_REACH_M),
            key="live_world",
            interactive=True,
            alt=t("live.world_alt", number=person),
        )


def choose_person(people: Sequence[int], t: Translator) -> int:
    """Whose charts to show; the visitor chooses only if there are several people."""
    if len(people) < 2:
        return people[0] if people else 1
    chosen = st.segmented_control(
        t("photo.person"),
        sorted(people),
        default=min(people),
        required=True,
        key=live_key("person"),
        format_func=lambda number: t("person.number", number=number),
        label_visibility="collapsed",
    )
    return chosen if chosen is not None else min(people)


def recording_now(session: LiveSession, t: Translator) -> None:
    """Say how much is recorded, while it is; keeps a recording that has reached its limit."""
    recorder = session.recorder
    if recorder is not None:
        st.caption(
            ":red[:material/fiber_manual_record:] "
            + t("live.recording_now", seconds=number(recorder.duration_s), frames=recorder.frames)
        )
        if recorder.full:
            session.keep_recording()
            st.rerun()


def live_panel(session: LiveSession, choices: LiveChoices, pool: PosePool, t: Translator) -> None:
    """Show figures and charts; rerun the page when the connection has changed."""
    connection = session.connection
    shown_rung = connection.rung
    run_every_s = _EVERY_S if connection.phase == "playing" else _EVERY_BEFORE_S

    @st.fragment(run_every=run_every_s if connection.phase != "idle" else None)
    def panel() -> None:
        connection.heard()
        stream = connection.stream
        status = stream.status() if stream is not None else None
        seats = pool.status()
        if connection.missed:
            st.rerun()
        watching = t("live.seats", watching=seats.streams, seats=seats.stream_limit)
        if connection.phase != "playing" or stream is None or status is None or status.silent_s is None:
            st.caption(watching)
        if connection.phase != "playing" or stream is None or status is None:
            return
        if status.problem is not None:
            st.warning(t.error(status.problem), icon=":material/warning:")
        if status.silent_s is None:
            st.caption(t("live.first_frame"))
            return
        if shown_rung is not None and status.rung != shown_rung:
            st.rerun()  # so that the settings show what runs
        if choices.source == "camera":
            if connection.browser_model_failed is not None:
                st.caption(t(f"live.model_{connection.browser_model_failed}"))
            if connection.overlay_failed:
                st.caption(t("live.overlay_failed"))
        _big_figures(status, t)
        if choices.source == "camera" and not connection.drawn_in_browser:
            small_picture(status, choices.settings.height_px, seats.streams, t)
        _quality(status, choices, t)
        limit = choices.settings.pose.visibility_limit
        show_chart(stream.people, connection.history, limit, choose_person(status.people, t), chosen, t)
        if not status.people:
            st.info(t("live.nobody_camera" if choices.source == "camera" else "live.nobody"))
        recording_now(session, t)  # below what would jump
        lines = [
            t("live.how_often"),
            *([t("live.model_there")] if choices.source == "camera" else []),
            watching,
        ]
        st.caption(" · ".join(lines))

    figures = st.container()
    chosen = choose_chart(t) if connection.phase == "playing" else ("", [])
    with figures:
        panel()

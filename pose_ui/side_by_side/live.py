"""Both settings live: camera or performer, each frame seen by both, and the figures of the last seconds."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, cast

import streamlit as st

from pose_core.errors import PoseCoreError
from pose_core.evaluation.side_by_side.charts import apart_figure
from pose_core.evaluation.side_by_side.comparing import Comparison, compare
from pose_core.evaluation.side_by_side.live import looked_live
from pose_core.evaluation.side_by_side.settings import SideBySideSettings
from pose_core.evaluation.side_by_side.words import figures_table, setting_names, verdict
from pose_core.pipeline.live import LivePair, LiveSettings, SecondSettings
from pose_core.settings import DrawSettings, PoseSettings
from pose_ui.live_view.choices import SIZES_WH, LiveChoices, Place
from pose_ui.live_view.picture import live_buttons, live_picture
from pose_ui.live_view.presenter import presenter, stage
from pose_ui.live_view.session import LiveSession, SourceKind, live_session
from pose_ui.shell.layout import plain
from pose_ui.shell.problems import show_problem
from pose_ui.shell.resources import pool
from pose_ui.shell.state import LIVE, LIVE_DEFAULTS, live_key
from pose_ui.texts import Translator
from pose_ui.widgets.live_chart import live_chart
from pose_ui.widgets.tables import show_table

__all__ = ["leave_live", "live_sides"]

_SOURCES: Final[tuple[SourceKind, ...]] = ("performer", "camera")
_EVERY_S: Final = 1.0
#: Fewer frames say nothing.
_LEAST: Final = 10
#: Enough for figures that change every second.
_RESAMPLES: Final = 300


def leave_live() -> None:
    """Another source is chosen: end the live picture, if there is one."""
    if LIVE in st.session_state:
        live_session().stop()


def live_sides(pair: SideBySideSettings, t: Translator) -> None:
    """Show the picture with both settings' people, and beside it what tells them apart."""
    live = live_session()
    for name, default in LIVE_DEFAULTS.items():
        st.session_state.setdefault(live_key(name), default)
    if st.session_state[live_key("source")] not in _SOURCES:  # a clip is chosen as a film here
        st.session_state[live_key("source")] = "performer"
    if any(setting.model.bundle is not None for setting in pair.pair):
        live.stop()
        st.info(t("sides.live_shipped"), icon=":material/info:")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            t("live.source"),
            _SOURCES,
            required=True,
            key=live_key("source"),
            format_func=lambda kind: t(f"live.source_{kind}"),
            on_change=live.restart,
            label_visibility="collapsed",
            persist_state="session",
        )
        live_buttons(live, t)
    pair = replace(pair, people=1, resamples=_RESAMPLES)
    choices = _choices(pair)
    stream = live.connection.stream
    if stream is not None:
        stream.settings = choices.settings
        stream.second = SecondSettings(pair.b.detection(1), pair.b.smoothing, pair.b.height_px)
    live.shown(choices.source)
    playing = live.connection.phase == "playing"
    presenter(choices.shape, {}, t, playing=playing, hint=t("sides.live_hint"))
    picture, panel = st.columns([3, 2], gap="medium")
    with picture:
        with stage():
            try:
                live_picture(live, choices, pool(), t)
            except PoseCoreError as error:
                live.stop()
                show_problem(error, t)
        a, b = setting_names(pair, t)
        st.caption(t("sides.live_who", a=plain(a), b=plain(b)))
    with panel:
        _panel(live, pair, t)


def _choices(pair: SideBySideSettings) -> LiveChoices:
    state = st.session_state
    source = cast(SourceKind, state[live_key("source")])
    size_wh = SIZES_WH[cast(int, state[live_key("height")])]
    settings = LiveSettings(
        pose=PoseSettings(pair.a.detection(1), DrawSettings(letters=False)),
        height_px=pair.a.height_px or size_wh[1],
        mirror=bool(state[live_key("mirror")]) and source == "camera",
        smoothing=pair.a.smoothing,
        adaptive=False,  # what is compared must stay what was chosen
    )
    return LiveChoices(
        source=source,
        scene=cast(str, state[live_key("scene")]),
        size_wh=size_wh,
        fps=cast(int, state[live_key("fps")]),
        settings=settings,
        drawn_in=cast(Place, state[live_key("drawn_in")]),
        in_step=bool(state[live_key("in_step")]),
    )


def _compared(pairs: list[LivePair], pair: SideBySideSettings) -> Comparison | None:
    return compare(looked_live(pairs), pair) if len(pairs) >= _LEAST else None


def _panel(live: LiveSession, pair: SideBySideSettings, t: Translator) -> None:
    """The figures of the last seconds; reruns the page when the connection has changed."""
    connection = live.connection

    @st.fragment(run_every=_EVERY_S if connection.phase != "idle" else None)
    def panel() -> None:
        connection.heard()
        if connection.missed:
            st.rerun()
        stream = connection.stream
        if connection.phase != "playing" or stream is None:
            st.caption(t("sides.live_start"))
            return
        status = stream.status()
        if status.problem is not None:
            st.warning(t.error(status.problem), icon=":material/warning:")
        found = _compared(list(stream.pairs), pair)
        if found is None:
            st.caption(t("sides.live_first"))
            return
        st.markdown(f"**{plain(verdict(found, t))}**")
        live_chart(apart_figure(found, "percent", t), key="sides_live_joints", alt=t("sides.alt_joints"))
        show_table(figures_table(found, t), t("sides.tab_figures"))

    panel()

"""Both settings live: camera or performer, each frame seen by both, and the figures of the last seconds."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import Any, Final, cast

import streamlit as st

from pose_core.colours import PAIR
from pose_core.errors import PoseCoreError
from pose_core.evaluation.side_by_side.charts import apart_figure
from pose_core.evaluation.side_by_side.comparing import Comparison, compare, largest_first
from pose_core.evaluation.side_by_side.live import live_settings, looked_live
from pose_core.evaluation.side_by_side.settings import SideBySideSettings
from pose_core.evaluation.side_by_side.words import figures_table, setting_names, verdict
from pose_core.pipeline.live import VIEWS, LivePair, LiveSettings, View, draw_both
from pose_core.settings import DrawSettings, PoseSettings
from pose_ui.live_view.choices import SIZES_WH, LiveChoices
from pose_ui.live_view.picture import live_buttons, live_picture
from pose_ui.live_view.presenter import presenter, stage
from pose_ui.live_view.session import LiveSession, SourceKind, live_session
from pose_ui.shell.layout import plain
from pose_ui.shell.problems import show_problem
from pose_ui.shell.resources import own_live_places, pool
from pose_ui.shell.state import LIVE, LIVE_DEFAULTS, live_key, sides_key
from pose_ui.side_by_side.unit import choose_unit
from pose_ui.texts import Translator
from pose_ui.widgets.live_chart import live_chart

__all__ = ["leave_live", "live_sides"]

_SOURCES: Final[tuple[SourceKind, ...]] = ("performer", "camera")
_EVERY_S: Final = 1.0
#: Fewer frames say nothing.
_LEAST: Final = 10
#: Enough for figures that change every second.
_RESAMPLES: Final = 300
_LARGEST: Final = 3
_LARGEST_PX: Final = 144  # three fit beside the picture, two on a phone


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
        view, divider = _choose_view(t)
    pair = replace(pair, resamples=_RESAMPLES)
    picture, panel = st.columns([3, 2], gap="medium")
    choices = _choices(pair, view, divider, live)
    live.shown(choices.source)
    with picture:
        playing = live.connection.phase == "playing"
        presenter(choices.shape, {}, t, playing=playing, hint=t("sides.live_hint"))
        with stage():
            try:
                live_picture(live, choices, pool(), t)
            except PoseCoreError as error:
                live.stop()
                show_problem(error, t)
        _legend(pair, t)
    with panel:
        _panel(live, pair, t)


def _choose_view(t: Translator) -> tuple[View, float]:
    chosen: Any = st.segmented_control(
        t("sides.view_views"),
        VIEWS,
        required=True,
        key=sides_key("view"),
        format_func=lambda name: t(f"sides.view_{name}"),
        label_visibility="collapsed",
        persist_state="session",
    )
    view: View = chosen or "divider"
    at: Any = st.slider(
        t("sides.view_divider"),
        0,
        100,
        key=sides_key("divider"),
        format="%d %%",
        label_visibility="collapsed",
        disabled=view != "divider",
        persist_state="session",
        width=180,
    )
    return view, at / 100


def _legend(pair: SideBySideSettings, t: Translator) -> None:
    """Whose colour is whose."""
    names = zip(PAIR, setting_names(pair, t), strict=True)
    st.html(
        " &nbsp; ".join(
            f'<span style="color:{colour}" aria-hidden="true">&#9679;</span> {html.escape(name)}'
            for colour, name in names
        )
    )


def _choices(pair: SideBySideSettings, view: View, divider: float, live: LiveSession) -> LiveChoices:
    """Drawn by the server, since both must be seen on the very frame that they looked at."""
    state = st.session_state
    source = cast(SourceKind, state[live_key("source")])
    size_wh = SIZES_WH[cast(int, state[live_key("height")])]
    common = LiveSettings(
        pose=PoseSettings(draw=DrawSettings(letters=False)),
        height_px=size_wh[1],
        mirror=bool(state[live_key("mirror")]) and source == "camera",
    )
    settings, second = live_settings(pair, common, own_live_places(), view, divider)
    stream = live.connection.stream
    if stream is not None:
        stream.settings, stream.second = settings, second
    return LiveChoices(
        source=source,
        scene=cast(str, state[live_key("scene")]),
        size_wh=size_wh,
        fps=cast(int, state[live_key("fps")]),
        settings=settings,
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
        pairs = list(stream.pairs)
        found = _compared(pairs, pair)
        if found is None:
            st.caption(t("sides.live_own_first" if _has_own(pair) else "sides.live_first"))
            return
        st.markdown(f"**{plain(verdict(found, t))}**")
        _figures(found, t)
        _largest(found, pairs, t)
        unit = choose_unit(t)
        live_chart(apart_figure(found, unit, t), key="sides_live_joints", alt=t("sides.alt_joints"))

    panel()


def _figures(found: Comparison, t: Translator) -> None:
    """The table in a narrow column; only differences have their intervals."""
    head, rows = figures_table(found, t)
    short = [[name, *(_alone(cell) for cell in both), apart] for name, *both, apart in rows]
    first, *others = (f"| {' | '.join(map(plain, row))} |" for row in ([head[0], "A", "B", head[-1]], *short))
    st.markdown("\n".join([first, f"|---{'|---:' * (len(head) - 1)}|", *others]))


def _alone(cell: str) -> str:
    """A figure without its interval."""
    return cell.partition(" [")[0]


def _has_own(pair: SideBySideSettings) -> bool:
    return any(setting.model.bundle is not None for setting in pair.pair)


def _largest(found: Comparison, pairs: list[LivePair], t: Translator) -> None:
    """The frames of the last seconds on which both differ most."""
    places = largest_first(found, _LARGEST)
    if not places:
        if found.pairs:
            st.caption(t("sides.no_difference"))
        return
    st.markdown(f"**{t('sides.largest_film')}**")
    seen = found.looked.seen
    row = st.container(horizontal=True, gap="small")
    for place in places:
        frame_rgb = pairs[place].small_rgb()
        size_wh = (frame_rgb.shape[1], frame_rgb.shape[0])
        a, b = ([person.pose.resized(size_wh) for person in one.people] for one in seen[place].people)
        apart = found.apart_torso[place]
        label = t(
            "sides.live_ago",
            seconds=f"{seen[-1].time_s - seen[place].time_s:.0f}",
            apart=f"{100 * apart:.0f} %" if apart == apart else t("sides.badge_alone"),
        )
        row.image(
            draw_both(frame_rgb, (a, b), DrawSettings(letters=False)), label, width=_LARGEST_PX, alt=label
        )

"""What a visitor can choose on the Live page: source, size, smoothing, quality."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Final, cast, get_args

import streamlit as st

from pose_core.pipeline.live import SCENES, LiveSettings
from pose_core.settings import PoseSettings
from pose_core.tracking.smoothing import SmoothingSettings
from pose_ui.live_view.choices import SIZES_WH, LiveChoices, Place
from pose_ui.live_view.session import LiveSession, SourceKind
from pose_ui.shell.layout import plain
from pose_ui.shell.remembered import Choice, number_within, on_off, one_of, remembered
from pose_ui.shell.state import LIVE_DEFAULTS, live_key
from pose_ui.shell.upload_gate import ANY_SIZE_MB
from pose_ui.texts import Translator
from pose_ui.widgets.labels import landmark_labels

__all__ = ["choose_source", "live_settings_panel"]

_RATES_FPS: Final = (15, 24, 30)
_DRAWING: Final = ("drawn_in", "in_step", "model_in")


def _default(name: str) -> object:
    if name in ("min_cutoff", "beta"):
        defaults = SmoothingSettings()
        return defaults.min_cutoff_hz if name == "min_cutoff" else defaults.beta
    return LIVE_DEFAULTS[name]


#: How the choices that survive a reload are read from an address or a cookie.
_READ: Final[dict[str, Callable[[Any], Choice]]] = {
    "source": partial(one_of, get_args(SourceKind)),
    "scene": partial(one_of, SCENES),
    "height": partial(one_of, list(SIZES_WH)),
    "fps": partial(one_of, _RATES_FPS),
    "mirror": on_off,
    "smooth": on_off,
    "min_cutoff": partial(number_within, 0.1, 10.0),
    "beta": partial(number_within, 0.0, 10.0),
    "adaptive": on_off,
    "target": partial(number_within, 5, 30),
    "drawn_in": partial(one_of, get_args(Place)),
    "in_step": on_off,
    "model_in": partial(one_of, get_args(Place)),
}
_CHOICES: Final = {name: read(_default(name)) for name, read in _READ.items()}


def _reset() -> None:
    for name in ("height", "fps", "mirror", "smooth", "min_cutoff", "beta", "adaptive", "target", *_DRAWING):
        st.session_state[live_key(name)] = _default(name)


def _smoothing(t: Translator) -> SmoothingSettings | None:
    on = st.toggle(
        t("live.smooth"), key=live_key("smooth"), help=t("live.smooth_help"), persist_state="session"
    )
    if not on:
        return None
    with st.expander(t("live.smooth_tune")):
        min_cutoff_hz = st.slider(
            t("live.min_cutoff"),
            0.1,
            10.0,
            step=0.1,
            format="%.1f Hz",
            key=live_key("min_cutoff"),
            help=t("live.min_cutoff_help"),
            persist_state="session",
        )
        beta = st.slider(
            t("live.beta"),
            0.0,
            10.0,
            step=0.1,
            format="%.1f",
            key=live_key("beta"),
            help=t("live.beta_help"),
            persist_state="session",
        )
    return SmoothingSettings(min_cutoff_hz, beta)


def _model(session: LiveSession, t: Translator) -> bool:
    """Where the model runs for the camera; whether that is the browser."""

    def other_place() -> None:
        session.connection.browser_model_failed = None
        session.restart()

    place = st.radio(
        t("live.model_in"),
        get_args(Place)[::-1],
        key=live_key("model_in"),
        format_func=lambda name: t(f"live.model_in_{name}"),
        help=t("live.model_in_help"),
        on_change=other_place,
        horizontal=True,
        persist_state="session",
    )
    return bool(place == "browser")


def _drawing(session: LiveSession, t: Translator, *, browser_draws: bool) -> None:
    """Where the camera's picture is drawn on, and how the browser does it; where the model runs there, it draws too."""

    def other_way() -> None:
        session.connection.overlay_failed = False
        session.restart()

    with st.expander(t("live.drawing")):
        place = st.radio(
            t("live.drawn_in"),
            get_args(Place),
            key=live_key("drawn_in"),
            format_func=lambda name: t(f"live.drawn_in_{name}"),
            help=t("live.drawn_in_help"),
            on_change=other_way,
            disabled=browser_draws,
            persist_state="session",
        )
        st.toggle(
            t("live.in_step"),
            key=live_key("in_step"),
            help=t("live.in_step_help"),
            disabled=place != "browser" and not browser_draws,
            persist_state="session",
        )


def live_settings_panel(
    session: LiveSession, pose: PoseSettings, t: Translator, place: AbstractContextManager[object]
) -> LiveChoices:
    """Show the live choices in this place, below `settings_panel`, and return all choices."""
    remembered("live", _CHOICES)
    for name in LIVE_DEFAULTS:
        st.session_state.setdefault(live_key(name), _default(name))
    source = cast(SourceKind, st.session_state[live_key("source")])
    with place:
        st.markdown(f"**{t('live.group')}**")
        chosen_height_px = st.segmented_control(
            t("live.size"),
            list(SIZES_WH),
            required=True,
            key=live_key("height"),
            format_func=lambda height: f"{height}p",
            help=t("live.size_help"),
            on_change=session.restart,
            persist_state="session",
        )
        height_px = cast(int, chosen_height_px)  # a choice is required
        fps = st.segmented_control(
            t("live.fps"),
            _RATES_FPS,
            required=True,
            key=live_key("fps"),
            on_change=session.restart,
            persist_state="session",
        )
        mirror = st.toggle(
            t("live.mirror"), key=live_key("mirror"), help=t("live.mirror_help"), persist_state="session"
        )
        model_in_browser = source == "camera" and _model(session, t)
        if source == "camera":
            # Above everything that comes and goes by itself, which would close it.
            _drawing(session, t, browser_draws=model_in_browser)
        smoothing = _smoothing(t)
        adaptive = st.toggle(
            t("live.adaptive"),
            key=live_key("adaptive"),
            help=t("live.adaptive_help"),
            disabled=model_in_browser,
            persist_state="session",
        )
        rung = session.connection.rung
        if (
            adaptive
            and rung is not None
            and (rung.height_px, rung.model) != (height_px, pose.detection.model)
        ):
            st.caption(t("live.runs_now", height=rung.height_px, model=rung.model))
        target_fps = st.slider(
            t("live.target"),
            5,
            30,
            key=live_key("target"),
            disabled=model_in_browser or not adaptive,
            persist_state="session",
        )
        st.button(t("live.reset"), icon=":material/restart_alt:", on_click=_reset, type="tertiary")
    return LiveChoices(
        source=source,
        scene=cast(str, st.session_state[live_key("scene")]),
        size_wh=SIZES_WH[height_px],
        fps=cast(int, fps),
        settings=LiveSettings(
            pose=pose,
            height_px=height_px,
            mirror=mirror and source == "camera",
            smoothing=smoothing,
            adaptive=adaptive,
            target_fps=target_fps,
            labels=landmark_labels(t),
        ),
        drawn_in=cast(Place, st.session_state[live_key("drawn_in")]),
        in_step=bool(st.session_state[live_key("in_step")]),
        model_in="browser" if model_in_browser else "server",
    )


def choose_source(session: LiveSession, on_change: Callable[[], None], t: Translator) -> None:
    """Choose camera, performer or clip, and which motion or file."""
    st.segmented_control(
        t("live.source"),
        get_args(SourceKind),
        required=True,
        key=live_key("source"),
        format_func=lambda kind: t(f"live.source_{kind}"),
        on_change=on_change,
        persist_state="session",
        label_visibility="collapsed",
    )
    chosen = st.session_state[live_key("source")]
    if chosen == "performer":
        st.selectbox(
            t("live.scene"),
            SCENES,
            key=live_key("scene"),
            format_func=lambda scene: t(f"scene.{scene}"),
            on_change=on_change,
            persist_state="session",
            label_visibility="collapsed",
            width=170,
        )
    elif chosen == "clip":
        _choose_clip(session, on_change, t)


def _choose_clip(session: LiveSession, on_change: Callable[[], None], t: Translator) -> None:
    key = f"live_upload_{session.uploads}"

    def take() -> None:
        file = st.session_state[key]
        if file is not None:
            session.take_clip(file.name, file.getvalue())
            on_change()

    def take_sample() -> None:
        session.take_clip(None, None)
        on_change()

    name = plain(session.clip_name) if session.clip_name is not None else t("live.clip_name")
    with st.popover(name, icon=":material/movie:"):
        # Any name: content decides, and what is refused keeps its line on the page.
        st.file_uploader(
            t("live.upload"), key=key, max_upload_size=ANY_SIZE_MB, help=t("live.upload_help"), on_change=take
        )
        if session.clip_name is not None:
            st.button(t("live.sample_clip"), on_click=take_sample, icon=":material/undo:", type="tertiary")

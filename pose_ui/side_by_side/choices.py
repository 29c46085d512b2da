"""What to compare on, and the two settings."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from pose_core.evaluation.settings import Model, own
from pose_core.evaluation.side_by_side.settings import HEIGHTS_PX, MAX_FRAMES, Setting, SideBySideSettings
from pose_core.pipeline.live import VIEWS
from pose_core.settings import MAX_PEOPLE, VARIANTS
from pose_ui.shell.layout import plain
from pose_ui.shell.remembered import Choice, number_within, on_off, one_of, remembered
from pose_ui.shell.state import SIDES_DEFAULTS, sides_key
from pose_ui.side_by_side.work import SOURCES, Source
from pose_ui.texts import Translator
from pose_ui.widgets.own_model import own_model, own_model_fields

__all__ = ["choose_pair", "choose_source", "remember_choices"]

_SURE: Final = (0.05, 0.95)
_FRAMES: Final = (100, 300, MAX_FRAMES)
#: The visitor's own model, in the place of a shipped one.
_OWN: Final = "own"
_SIZES: Final = (0, *HEIGHTS_PX)
_CHOICES: Final[dict[str, Choice]] = {
    "source": one_of(SOURCES, SIDES_DEFAULTS["source"]),
    "people": number_within(1, MAX_PEOPLE, 1),
    "frames": one_of(_FRAMES, SIDES_DEFAULTS["frames"]),
    "unit": one_of(("percent", "px"), SIDES_DEFAULTS["unit"]),
    "view": one_of(VIEWS, SIDES_DEFAULTS["view"]),
    "divider": number_within(0, 100, 50),
    **{f"{side}_model": one_of(VARIANTS, SIDES_DEFAULTS[f"{side}_model"]) for side in "ab"},
    **{f"{side}_{name}": number_within(*_SURE, 0.5) for side in "ab" for name in ("detection", "presence")},
    **{f"{side}_smooth": on_off(True) for side in "ab"},
    **{f"{side}_height": one_of(_SIZES, 0) for side in "ab"},
}


def remember_choices() -> None:
    """Set what is remembered; called before the first widget."""
    remembered("sides", _CHOICES)


def choose_source(t: Translator) -> Source:
    """Choose what to compare on."""
    chosen = st.segmented_control(
        t("sides.source"),
        SOURCES,
        required=True,
        key=sides_key("source"),
        format_func=lambda source: t(f"sides.source_{source}"),
        help=t("sides.source_help"),
        label_visibility="collapsed",
        wrap=True,
        persist_state="session",
    )
    return chosen if chosen is not None else "performer"


def choose_pair(source: Source, t: Translator) -> SideBySideSettings:
    """Choose A and B, each behind a button that says what it is, and what both share."""
    film = source in ("performer", "film")
    mine = own_model()
    own_one = own(mine.model) if mine.model is not None else None
    a = _setting("a", own_one, t, timed=film or source == "live")
    st.button(
        t("sides.exchange"),
        icon=":material/swap_horiz:",
        key="sides_exchange",
        on_click=_exchange,
        type="tertiary",
        help=t("sides.exchange_help"),
    )
    b = _setting("b", own_one, t, timed=film or source == "live")
    with st.popover(t("sides.more"), icon=":material/tune:"):
        people = st.slider(
            t("settings.people"),
            1,
            MAX_PEOPLE,
            key=sides_key("people"),
            help=t("sides.people_help"),
            persist_state="session",
        )
        frames: Any = st.segmented_control(
            t("sides.frames"),
            _FRAMES,
            required=True,
            key=sides_key("frames"),
            help=t("sides.frames_help"),
            disabled=not film,
            persist_state="session",
        )
        st.markdown(f"**{t('own.button')}**")
        own_model_fields(t)
    return SideBySideSettings(a, b, people=people, frames=frames or MAX_FRAMES)


def _setting(side: str, own_one: Model | None, t: Translator, *, timed: bool) -> Setting:
    key = sides_key(f"{side}_model")
    if own_one is None and st.session_state[key] == _OWN:  # it was removed
        st.session_state[key] = SIDES_DEFAULTS[f"{side}_model"]
    options = (*VARIANTS, _OWN) if own_one is not None else VARIANTS
    chosen = st.session_state[key]
    name = own_one.name if own_one is not None and chosen == _OWN else chosen
    with st.popover(f"{side.upper()}: {plain(name)}", key=f"sides_{side}"):
        model = st.radio(
            t("settings.model"),
            options,
            key=key,
            format_func=lambda one: t("sides.model_own" if one == _OWN else f"settings.model_{one}"),
            persist_state="session",
        )
        if own_one is None:
            st.caption(t("sides.model_own_where"))
        mine = own_one if model == _OWN else None
        height = st.selectbox(
            t("sides.size"),
            _SIZES,
            key=sides_key(f"{side}_height"),
            format_func=lambda height: t("sides.size_px", height=height) if height else t("sides.size_full"),
            help=t("sides.size_help"),
            persist_state="session",
        )
        smooth = st.toggle(
            t("sides.smooth"),
            key=sides_key(f"{side}_smooth"),
            help=t("sides.smooth_help"),
            disabled=not timed or mine is not None,
            persist_state="session",
        )
        detection, presence = (
            st.slider(
                t(f"settings.{name}"),
                *_SURE,
                step=0.05,
                key=sides_key(f"{side}_{name}"),
                help=t(f"settings.{name}_help"),
                persist_state="session",
            )
            for name in ("detection", "presence")
        )
    return Setting(mine or Model(model), detection, presence, smooth and mine is None, height or None)


def _exchange() -> None:
    state = st.session_state
    for name in ("model", "height", "smooth", "detection", "presence"):
        a, b = sides_key(f"a_{name}"), sides_key(f"b_{name}")
        state[a], state[b] = state[b], state[a]

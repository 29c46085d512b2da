"""The sidebar's choices, gathered into one `PoseSettings`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import streamlit as st

from pose_core.settings import MAX_PEOPLE, VARIANTS, DetectionSettings, DrawSettings, PoseSettings
from pose_ui.shell.remembered import Choice, number_within, on_off, one_of, remembered, some_of
from pose_ui.shell.state import SETTING_DEFAULTS, setting_key
from pose_ui.texts import Translator

__all__ = ["choose", "settings_panel"]

_DRAWINGS = ("names", "angles", "confidence", "skeleton_only")
_SURE = (0.05, 0.95)
_READ: Final[dict[str, Callable[[Any], Choice]]] = {
    "model": partial(one_of, VARIANTS),
    "people": partial(number_within, 1, MAX_PEOPLE),
    "detection": partial(number_within, *_SURE),
    "presence": partial(number_within, *_SURE),
    "visibility": partial(number_within, *_SURE),
    "enlarge": on_off,
    "draw": partial(some_of, _DRAWINGS),
}
_CHOICES: Final = {name: _READ[name](default) for name, default in SETTING_DEFAULTS.items()}


def choose(**choices: object) -> None:
    """Set choices from a button's callback, such as ``choose(model="heavy")``."""
    for name, value in choices.items():
        st.session_state[setting_key(name)] = value


def _confidence(name: str, t: Translator) -> float:
    return st.slider(
        t(f"settings.{name}"),
        *_SURE,
        step=0.05,
        key=setting_key(name),
        help=t(f"settings.{name}_help"),
        persist_state="session",
    )


def settings_panel(t: Translator) -> PoseSettings:
    """Show the choices in the sidebar and return them.

    Returns
    -------
    PoseSettings
    """
    remembered("setting", _CHOICES)
    with st.sidebar:
        st.markdown(f"**{t('settings.model_group')}**")
        model = st.radio(
            t("settings.model"),
            VARIANTS,
            key=setting_key("model"),
            format_func=lambda variant: t(f"settings.model_{variant}"),
            label_visibility="collapsed",
            persist_state="session",
        )
        people = st.slider(
            t("settings.people"),
            1,
            MAX_PEOPLE,
            key=setting_key("people"),
            help=t("settings.people_help"),
            persist_state="session",
        )
        st.markdown(f"**{t('settings.drawing_group')}**")
        drawn = st.pills(
            t("settings.draw"),
            _DRAWINGS,
            selection_mode="multi",
            key=setting_key("draw"),
            format_func=lambda name: t(f"settings.draw_{name}"),
            label_visibility="collapsed",
            persist_state="session",
        )
        for name in ("confidence", "skeleton_only"):
            if name in drawn:
                st.caption(t(f"settings.draw_{name}_help"))
        st.markdown(f"**{t('settings.picture_group')}**")
        enlarge = st.toggle(
            t("settings.enlarge"),
            key=setting_key("enlarge"),
            help=t("settings.enlarge_help"),
            persist_state="session",
        )
        with st.expander(t("settings.advanced")):
            detection = _confidence("detection", t)
            presence = _confidence("presence", t)
            visibility = _confidence("visibility", t)
        st.button(
            t("settings.reset"),
            icon=":material/restart_alt:",
            on_click=choose,
            kwargs=SETTING_DEFAULTS,
            type="tertiary",
        )
    return PoseSettings(
        detection=DetectionSettings(model, people, detection, presence),
        draw=DrawSettings(**{name: name in drawn for name in _DRAWINGS}),
        visibility_limit=visibility,
        enlarge_small=enlarge,
    )

"""The choices of model and drawing, gathered into one `PoseSettings`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Final

import streamlit as st

from pose_core.settings import (
    ARC_JOINTS,
    MAX_PEOPLE,
    STYLES,
    VARIANTS,
    DetectionSettings,
    DrawSettings,
    PoseSettings,
)
from pose_ui.shell.remembered import Choice, number_within, on_off, one_of, remembered, some_of
from pose_ui.shell.state import SETTING_DEFAULTS, setting_key
from pose_ui.texts import Translator

__all__ = ["choose", "settings_panel"]

_DRAWINGS = ("names", "angles", "letters", "confidence", "skeleton_only")
_SURE = (0.05, 0.95)
_READ: Final[dict[str, Callable[[Any], Choice]]] = {
    "model": partial(one_of, VARIANTS),
    "people": partial(number_within, 1, MAX_PEOPLE),
    "detection": partial(number_within, *_SURE),
    "presence": partial(number_within, *_SURE),
    "visibility": partial(number_within, *_SURE),
    "enlarge": on_off,
    "draw": partial(some_of, _DRAWINGS),
    "style": partial(one_of, STYLES),
    "arcs": partial(some_of, ARC_JOINTS),
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


def settings_panel(t: Translator, place: AbstractContextManager[object] | None = None) -> PoseSettings:
    """Show the choices and return them.

    Parameters
    ----------
    t : Translator
    place : container, optional
        Where; the sidebar unless given.
    """
    remembered("setting", _CHOICES)
    with place or st.sidebar:
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
        style = st.segmented_control(
            t("settings.style"),
            STYLES,
            key=setting_key("style"),
            required=True,
            format_func=lambda name: t(f"settings.style_{name}"),
            help=t("settings.style_help"),
            label_visibility="collapsed",
            persist_state="session",
        )
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
        arcs = st.pills(
            t("settings.arcs"),
            ARC_JOINTS,
            selection_mode="multi",
            key=setting_key("arcs"),
            format_func=lambda name: t(f"joint.{name}"),
            help=t("settings.arcs_help"),
            persist_state="session",
        )
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
        draw=DrawSettings(
            names="names" in drawn,
            angles="angles" in drawn,
            confidence="confidence" in drawn,
            skeleton_only="skeleton_only" in drawn,
            style="sides" if style == "sides" else "classic",
            letters="letters" in drawn,
            arcs=tuple(joint for joint in ARC_JOINTS if joint in arcs),
        ),
        visibility_limit=visibility,
        enlarge_small=enlarge,
    )

"""The sidebar's choices, gathered into one `PoseSettings`."""

from __future__ import annotations

import streamlit as st

from pose_core.settings import MAX_PEOPLE, VARIANTS, DetectionSettings, DrawSettings, PoseSettings
from pose_ui.shell.state import SETTING_DEFAULTS, setting_key
from pose_ui.texts import Translator

__all__ = ["choose", "settings_panel"]

_DRAWINGS = ("names", "angles", "confidence", "skeleton_only")


def choose(**choices: object) -> None:
    """Set choices from a button's callback, such as ``choose(model="heavy")``."""
    for name, value in choices.items():
        st.session_state[setting_key(name)] = value


def _confidence(name: str, t: Translator) -> float:
    return st.slider(
        t(f"settings.{name}"),
        0.05,
        0.95,
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
    for name, default in SETTING_DEFAULTS.items():
        st.session_state.setdefault(setting_key(name), default)
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

"""What to do when nobody was found, and what helped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from pose_core.pipeline.photo import PhotoResult
from pose_core.settings import PoseSettings
from pose_ui.photo.session import PhotoSession, Remedy
from pose_ui.shell.settings_panel import choose
from pose_ui.shell.style import NOBODY
from pose_ui.texts import Translator

__all__ = ["remedies"]

_REMEDY_CONFIDENCE: Final = 0.25


def _try(session: PhotoSession, name: str, before: Mapping[str, object], after: Mapping[str, object]) -> None:
    session.remedy = Remedy(session.item.sha256, name, before, after)
    choose(**after)


def _undo(session: PhotoSession, remedy: Remedy) -> None:
    session.remedy = None
    choose(**remedy.before)


def remedies(session: PhotoSession, result: PhotoResult, settings: PoseSettings, t: Translator) -> None:
    """Say what may help if nobody was found, or which change found somebody; nothing otherwise."""
    if result.poses:
        _tell_what_helped(session, result, settings, t)
    else:
        _nobody_found(session, settings, t)


def _tell_what_helped(
    session: PhotoSession, result: PhotoResult, settings: PoseSettings, t: Translator
) -> None:
    remedy = session.remedy
    if remedy is None or remedy.sha256 != result.sha256:
        return
    if any(value != _now(settings)[name] for name, value in remedy.after.items()):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.success(_said(remedy, t), icon=":material/check:", width="stretch")
        st.button(
            t("photo.remedy_undo"),
            icon=":material/undo:",
            on_click=_undo,
            args=(session, remedy),
            type="tertiary",
        )


def _said(remedy: Remedy, t: Translator) -> str:
    if remedy.name == "heavy":
        return t("photo.remedy_helped_heavy", before=remedy.before["model"])
    before = max(float(str(value)) for value in remedy.before.values())
    return t("photo.remedy_helped_confidence", before=f"{before:.2f}", after=f"{_REMEDY_CONFIDENCE:.2f}")


def _now(settings: PoseSettings) -> dict[str, object]:
    """The choices that remedies change, as they are."""
    detection = settings.detection
    return {
        "model": detection.model,
        "detection": detection.detection_confidence,
        "presence": detection.presence_confidence,
    }


def _nobody_found(session: PhotoSession, settings: PoseSettings, t: Translator) -> None:
    st.container(key=NOBODY).info(t("photo.nobody"), icon=":material/person_search:")
    now = _now(settings)
    detection = settings.detection
    remedies: dict[str, tuple[dict[str, object], bool]] = {
        "confidence": (
            {"detection": _REMEDY_CONFIDENCE, "presence": _REMEDY_CONFIDENCE},
            max(detection.detection_confidence, detection.presence_confidence) > _REMEDY_CONFIDENCE,
        ),
        "heavy": ({"model": "heavy"}, detection.model != "heavy"),
    }
    if not any(useful for _, useful in remedies.values()):
        st.write(t("photo.nobody_tried"))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(t("photo.nobody_try"), width="content")
        for name, (after, useful) in remedies.items():
            before = {key: now[key] for key in after}
            st.button(
                t(f"photo.remedy_{name}", value=_REMEDY_CONFIDENCE),
                on_click=_try,
                args=(session, name, before, after),
                disabled=not useful,
                key=f"photo_remedy_{name}",
            )

"""Landmark names for people to read."""

from __future__ import annotations

from pose_core.skeleton import MAIN_JOINTS
from pose_ui.texts import Translator

__all__ = ["landmark_labels"]


def landmark_labels(t: Translator) -> dict[str, str]:
    """Landmark names for labels on pictures."""
    return {name: t(f"label.{name}") for name in MAIN_JOINTS}

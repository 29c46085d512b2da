"""Names of landmarks as people read them."""

from __future__ import annotations

from pose_core.skeleton import MAIN_JOINTS
from pose_ui.texts import Translator

__all__ = ["landmark_labels"]


def landmark_labels(t: Translator) -> dict[str, str]:
    """Landmark names as they are written on pictures."""
    return {name: t(f"label.{name}") for name in MAIN_JOINTS}

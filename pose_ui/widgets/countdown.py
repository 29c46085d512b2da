"""Time left for a job made of parts."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pose_ui.texts import Translator

__all__ = ["Countdown"]


@dataclass
class Countdown:
    """Estimates how long the rest takes from how long each part took so far."""

    total: int

    def __post_init__(self) -> None:
        self._start_s = time.perf_counter()

    def left(self, done: int, t: Translator) -> str:
        """``"about 12 s left"``; after `done` of `total` parts."""
        each_s = (time.perf_counter() - self._start_s) / max(done, 1)
        return t("photo.time_left", seconds=max(1, round(each_s * (self.total - done))))

"""What the Live page says of the quality."""

from __future__ import annotations

from typing import Literal

import pytest

from pose_core.pipeline.live import Change, LiveSettings, Rung
from pose_ui.live.panel import quality_now

SETTINGS = LiveSettings(height_px=720, adaptive=True, target_fps=15)
BEST = SETTINGS.best_rung()
LOWER, LOWEST = Rung(480, BEST.model), Rung(360, "lite")


def change(before: Rung, after: Rung, reason: Literal["slow", "room"]) -> Change:
    return Change(now_s=0.0, before=before, after=after, reason=reason, processed_fps=10.0)


@pytest.mark.parametrize(
    ("last", "rung", "fps", "kind"),
    [
        (None, BEST, 22.0, "full"),
        (change(BEST, LOWER, "slow"), LOWER, 12.0, "slow"),
        (change(BEST, LOWER, "slow"), LOWER, 22.0, "kept"),  # "only 10 were possible" is no longer true
        (change(LOWEST, LOWER, "room"), LOWER, 22.0, "room"),
        (change(LOWER, BEST, "room"), BEST, 22.0, "full"),
    ],
)
def test_what_is_said_of_the_quality_is_true_now(
    last: Change | None, rung: Rung, fps: float, kind: str
) -> None:
    assert quality_now(last, rung, fps, SETTINGS) == kind

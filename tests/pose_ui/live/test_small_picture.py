"""When the Live page says that a camera's picture is smaller than chosen, and what it gives as the reason."""

from __future__ import annotations

import av
import numpy as np
import pytest

from pose_core.models.pool import PosePool
from pose_core.pipeline.live import LiveSettings, LiveStream
from pose_ui.live.small_picture import why_small

ENOUGH, LITTLE = 2_500_000, 1_000_000


def frame(height_px: int) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.zeros((height_px, height_px, 3), np.uint8), format="rgb24")


@pytest.mark.parametrize(
    ("seconds", "last_px", "share", "why"),
    [
        (9.9, 240, ENOUGH, None),
        (10.1, 240, ENOUGH, "browser"),
        (10.1, 240, LITTLE, "share"),
        (10.1, 480, ENOUGH, None),
        (10.1, 464, ENOUGH, None),  # a few rows less
        (10.1, 720, ENOUGH, None),
    ],
)
def test_a_picture_lower_than_chosen_is_explained_after_ten_seconds(
    monkeypatch: pytest.MonkeyPatch, seconds: float, last_px: int, share: int, why: str | None
) -> None:
    pool = PosePool(stream_limit=0)
    stream = LiveStream(pool, LiveSettings(height_px=480))
    start_s = stream.status().small_s
    assert start_s == 0
    now_s = stream._now_s()
    monkeypatch.setattr(stream, "_now_s", lambda: now_s)
    stream.offer(frame(240))
    now_s += seconds
    stream.offer(frame(last_px))
    assert why_small(stream.status(), 480, share) == why
    stream.close(20)
    pool.close()

"""A live comparison: the newest frames that both have seen, as a film that is not over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pose_core.evaluation.side_by_side.looking import Looked, Seen, in_pixels_of
from pose_core.pipeline.live import LivePair

__all__ = ["looked_live"]


def looked_live(pairs: Sequence[LivePair]) -> Looked:
    """What both saw, in pixels of the first setting's picture; times count from the first of the frames.

    Parameters
    ----------
    pairs : sequence of LivePair
        At least one.
    """
    times_s = np.array([pair.people[0].time_s for pair in pairs])
    steps_s = np.diff(times_s)
    fps = float(1 / np.median(steps_s)) if len(steps_s) and np.median(steps_s) > 0 else 25.0
    size_wh = pairs[-1].people[0].size_wh
    seen = tuple(
        Seen(
            "",
            float(time_s - times_s[0]),
            size_wh,
            in_pixels_of(pair.people, size_wh),
            ((pair.took_ms[0],), (pair.took_ms[1],)),
        )
        for pair, time_s in zip(pairs, times_s, strict=True)
    )
    return Looked("film", seen, fps)

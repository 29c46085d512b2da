"""Figures of a stream over the last seconds: rates, times of each step, skipped frames."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pose_core.pipeline.frame import FRAME_STEPS

__all__ = ["LIVE_STEPS", "WINDOW_S", "Figures", "Meter"]

#: The steps of a frame on the server, in order. "decode" happens before it arrives, and is timed only by some sources.
LIVE_STEPS: Final[tuple[str, ...]] = ("decode", *FRAME_STEPS)
#: Figures cover this many seconds: long enough for a 95th percentile, short enough to show a change.
WINDOW_S: Final = 5.0
_SHORTEST_S: Final = 0.5  # a rate over less is meaningless


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured over the last `WINDOW_S` seconds.

    Attributes
    ----------
    received_fps, processed_fps : float
        Frames a second received from the source, and processed by the model; NaN until measured for long enough.
    skipped : int
        Frames since the start that a newer one replaced before they were processed.
    steps_ms : mapping of str to tuple of float
        Median and 95th percentile of each of `LIVE_STEPS` that was measured.
    delay_ms : tuple of float or None
        Time from a frame's arrival until its drawn picture was handed out: median and 95th percentile.
    busy_share : float
        Share of the time, 0 to 1, in which the stream was working; NaN while unknown.
    """

    received_fps: float
    processed_fps: float
    skipped: int
    steps_ms: Mapping[str, tuple[float, float]]
    delay_ms: tuple[float, float] | None
    busy_share: float


@dataclass(frozen=True, slots=True)
class _Done:
    at_s: float
    steps_ms: Mapping[str, float]
    delay_ms: float
    busy_ms: float


def _spread(values: list[float]) -> tuple[float, float]:
    """Median and 95th percentile by nearest rank; NumPy's, on so few values, would take most of a redraw's time."""
    ranked = sorted(values)
    last = len(ranked) - 1
    return ranked[round(last * 0.5)], ranked[round(last * 0.95)]


class Meter:
    """Counts frames; any thread may call any method.

    Parameters
    ----------
    now_s : float
        The start, on the same clock as all other times.
    """

    def __init__(self, now_s: float) -> None:
        self._lock = threading.Lock()
        self._start_s = now_s
        self._arrived_s: deque[float] = deque()
        self._done: deque[_Done] = deque()
        self._skipped = 0

    def restart(self, now_s: float) -> None:
        """Forget rates and times, since something changed; the count of skipped frames goes on."""
        with self._lock:
            self._start_s = now_s
            self._arrived_s.clear()
            self._done.clear()

    def arrived(self, now_s: float, *, replaced: bool) -> None:
        """Count a frame that arrived; `replaced` if it displaced an older one that was waiting."""
        with self._lock:
            self._arrived_s.append(now_s)
            self._skipped += replaced
            while self._arrived_s[0] < now_s - WINDOW_S:
                self._arrived_s.popleft()

    def processed(self, now_s: float, steps_ms: Mapping[str, float], delay_ms: float, busy_ms: float) -> None:
        """Count a frame that is done."""
        with self._lock:
            self._done.append(_Done(now_s, steps_ms, delay_ms, busy_ms))
            while self._done[0].at_s < now_s - WINDOW_S:
                self._done.popleft()

    def figures(self, now_s: float) -> Figures:
        """The present figures."""
        with self._lock:
            since_s = max(self._start_s, now_s - WINDOW_S)
            arrived = sum(at_s >= since_s for at_s in self._arrived_s)
            done = [frame for frame in self._done if frame.at_s >= since_s]
            skipped = self._skipped
        span_s = now_s - since_s
        known = span_s >= _SHORTEST_S
        steps = {
            step: [frame.steps_ms[step] for frame in done if step in frame.steps_ms] for step in LIVE_STEPS
        }
        return Figures(
            received_fps=arrived / span_s if known else float("nan"),
            processed_fps=len(done) / span_s if known else float("nan"),
            skipped=skipped,
            steps_ms={step: _spread(values) for step, values in steps.items() if values},
            delay_ms=_spread([frame.delay_ms for frame in done]) if done else None,
            busy_share=sum(frame.busy_ms for frame in done) / 1000 / span_s if known else float("nan"),
        )

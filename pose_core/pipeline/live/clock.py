"""A clock that only goes forward, whatever the one below it does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

__all__ = ["ForwardClock"]

#: What passes between two readings where the clock below stood still or went back: as little as still counts.
_LEAST_S: Final = 1e-6


class ForwardClock:
    """Seconds that increase with every reading. Any thread may read it.

    A jump back of the clock below is left out: time goes on from where it was.

    Parameters
    ----------
    clock_s : callable
        Gives seconds, such as `time.monotonic`.

    Examples
    --------
    >>> readings = iter((100.0, 101.0, 40.0, 41.0))
    >>> clock_s = ForwardClock(lambda: next(readings))
    >>> [round(clock_s(), 3) for _ in range(4)]
    [100.0, 101.0, 101.0, 102.0]
    """

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._read_s: float | None = None
        self._now_s = 0.0

    def __call__(self) -> float:
        """Read the clock."""
        with self._lock:
            read_s = self._clock_s()
            if self._read_s is None:
                self._now_s = read_s
            else:
                self._now_s += max(read_s - self._read_s, _LEAST_S)
            self._read_s = read_s
            return self._now_s

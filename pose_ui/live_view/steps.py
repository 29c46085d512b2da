"""What happens from Start to the first picture, logged step by step, so that a slow start explains itself."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from time import monotonic
from typing import Final

from ops.log import log_event

__all__ = ["Steps"]

_numbers: Final = itertools.count(1)


class Steps:
    """The steps of one visitor's connection, each logged once a start with the milliseconds since that start.

    The lines carry a number that tells connections apart within one run of the server, and nothing about the visitor.
    Threads: any thread may call any method.

    Parameters
    ----------
    clock : callable
        Returns the seconds of `time.monotonic`.

    Attributes
    ----------
    last_s : float
        When the last new step happened, in seconds of `time.monotonic`.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._number = next(_numbers)
        self._start_s = clock()
        self._noted: set[str] = set()
        self.last_s = self._start_s

    def begin(self, now_s: float) -> None:
        """A start begins at this time, in seconds of `time.monotonic`."""
        self._start_s = now_s
        self._noted = set()
        self.last_s = now_s

    def phase(self, phase: str, *, before: str, after_s: float) -> None:
        """Another phase has begun, after so long in the one before."""
        log_event(
            "live",
            connection=self._number,
            phase=phase,
            before=before,
            after_s=round(after_s, 1),
            ms=self._elapsed_ms(),
        )

    def note(self, step: str) -> None:
        """A step happened; `step` is a name from the program itself. Only its first time in a start is logged."""
        if step in self._noted:
            return
        self._noted.add(step)
        self.last_s = self._clock()
        log_event("live", connection=self._number, step=step, ms=self._elapsed_ms())

    def _elapsed_ms(self) -> int:
        return round((self._clock() - self._start_s) * 1e3)

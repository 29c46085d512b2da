"""What happens from Start to the first picture, logged step by step, so that a slow start explains itself."""

from __future__ import annotations

import itertools
from time import monotonic
from typing import Final

from ops.log import log_event

__all__ = ["Steps"]

_numbers: Final = itertools.count(1)


class Steps:
    """The steps of one visitor's connection, each logged once a start with the milliseconds since that start.

    They carry a number that tells connections apart within one run of the server, and nothing about the visitor.
    Threads: any thread may call any method.
    """

    def __init__(self) -> None:
        self._number = next(_numbers)
        self._start_s = monotonic()
        self._noted: set[str] = set()

    def begin(self, now_s: float) -> None:
        """A start begins at this time, in seconds of `time.monotonic`."""
        self._start_s = now_s
        self._noted = set()

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
        log_event("live", connection=self._number, step=step, ms=self._elapsed_ms())

    def _elapsed_ms(self) -> int:
        return round((monotonic() - self._start_s) * 1e3)

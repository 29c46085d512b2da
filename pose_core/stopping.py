"""A way to tell a running piece of work that nobody wants its result any more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Stop", "StoppedError"]


class StoppedError(Exception):
    """Nobody wants the result any more; so nobody is told, either."""


class Stop:
    """Set once, by the one who asked for the work; any thread may call any method.

    Examples
    --------
    >>> stop = Stop()
    >>> with stop.calls(lambda: print("ended")):
    ...     stop.set()
    ended
    >>> stop.is_set
    True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._actions: list[Callable[[], None]] = []
        self.is_set = False

    def set(self) -> None:
        """End the work: call what `calls` holds, on this thread."""
        with self._lock:
            self.is_set = True
            actions = list(self._actions)
        for action in actions:
            action()

    @contextmanager
    def calls(self, action: Callable[[], None]) -> Iterator[None]:
        """Call `action` if the stop is set during a ``with`` block; at once if it is already.

        It may still be called when the block has just ended.
        """
        with self._lock:
            self._actions.append(action)
            already = self.is_set
        try:
            if already:
                action()
            yield
        finally:
            with self._lock:
                self._actions.remove(action)

    def check(self) -> None:
        """Go no further if the stop is set.

        Raises
        ------
        StoppedError
        """
        if self.is_set:
            raise StoppedError

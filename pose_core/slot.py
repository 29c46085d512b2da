"""A slot between two threads, in which the newest item wins."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

__all__ = ["NewestSlot"]

T = TypeVar("T")


class NewestSlot(Generic[T]):
    """Holds at most one item: putting another replaces the one not yet taken, so that nothing old ever queues up.

    Any thread may put or take.

    Examples
    --------
    >>> slot = NewestSlot[str]()
    >>> slot.put("old"), slot.put("new"), slot.take()
    (True, False, 'new')
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: T | None = None
        self._closed = False

    def put(self, item: T) -> bool:
        """Put the newest item; whether it replaced none that was still waiting. Ignored once the slot is closed."""
        with self._changed:
            if self._closed:
                return True
            free = self._item is None
            self._item = item
            self._changed.notify()
            return free

    def take(self, timeout_s: float | None = None) -> T | None:
        """Wait for the newest item and take it; None on timeout, or once the slot is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, timeout_s)
            item, self._item = self._item, None
            return item

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Wake every thread that waits and drop the item; a second call does nothing."""
        with self._changed:
            self._closed = True
            self._item = None
            self._changed.notify_all()

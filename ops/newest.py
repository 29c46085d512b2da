"""The newest few of something that is costly to make and the same for everybody."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

__all__ = ["Newest"]

K = TypeVar("K")
V = TypeVar("V")


class Newest(Generic[K, V]):
    """Keeps the `most` values that were put or asked for last. Any thread may call any method.

    Examples
    --------
    >>> kept = Newest[str, int](2)
    >>> for number, name in enumerate("abc"):
    ...     kept.put(name, number)
    >>> kept.get("a"), kept.get("c"), kept.values()
    (None, 2, (1, 2))
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[K, V] = OrderedDict()

    def put(self, key: K, value: V) -> None:
        """Keep a value."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def get(self, key: K) -> V | None:
        """A value; None if it is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def values(self) -> tuple[V, ...]:
        """All, the one not asked for longest first."""
        with self._lock:
            return tuple(self._kept.values())

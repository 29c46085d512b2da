"""`ahead`: a generator's next items are made on another thread while the caller works on this one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import Final, TypeVar

__all__ = ["ahead"]

_Item = TypeVar("_Item")
#: How soon the thread notices that nobody takes its items any more.
_LOOK_S: Final = 0.1


def ahead(items: Iterable[_Item], most: int) -> Generator[_Item]:
    """The same items, up to `most` of them made in advance. Closing the generator ends the thread.

    Examples
    --------
    >>> list(ahead(range(3), most=2))
    [0, 1, 2]
    """
    made: queue.Queue[tuple[_Item | None, BaseException | None] | None] = queue.Queue(most)
    stopping = threading.Event()

    def put(item: tuple[_Item | None, BaseException | None] | None) -> bool:
        while not stopping.is_set():
            try:
                made.put(item, timeout=_LOOK_S)
            except queue.Full:
                continue
            return True
        return False

    def make() -> None:
        try:
            for item in items:
                if not put((item, None)):
                    return
        except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
            put((None, error))
            return
        put(None)

    thread = threading.Thread(target=make, name="posedeck-ahead", daemon=True)
    thread.start()
    try:
        while (entry := made.get()) is not None:
            item, error = entry
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        stopping.set()
        thread.join()

"""Who gets the next seat, and the clock that all live connections of this process go by."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from ops.log import log_unexpected
from pose_core.models.pool import PosePool
from pose_ui.shell.resources import pool

if TYPE_CHECKING:  # it brings streamlit-webrtc, which wants a running Streamlit
    from pose_ui.live_view.connection import Connection

__all__ = ["Seats", "seats"]

_TICK_S: Final = 0.25


class Seats:
    """The seats of a pool, given out in the order in which visitors asked for one.

    One thread advances all connections some times a second while there is something to wait for, and sleeps otherwise.
    Connections are held weakly: one whose visitor is gone for good goes with the visitor.

    Parameters
    ----------
    pool : callable
        Gives the `PosePool` of now.

    Attributes
    ----------
    lock : threading.RLock
        Guards the phases of all connections, since a seat that one gets is no longer there for another.
    """

    def __init__(self, pool: Callable[[], PosePool]) -> None:
        self.pool = pool
        self.lock = threading.RLock()
        self._connections: WeakSet[Connection] = WeakSet()
        self._something_to_do = threading.Event()
        self._thread: threading.Thread | None = None

    def join(self, connection: Connection) -> None:
        """Let this connection go by the clock from now on."""
        with self.lock:
            self._connections.add(connection)

    def free_for(self, connection: Connection, now_s: float) -> bool:
        """Whether this one may take a seat: one is left for it when all before it in the queue have theirs."""
        with self.lock:
            others = [one for one in self._connections if one is not connection]
            # A stream takes its seat of the pool with its first frame; until then it is only promised. For the moment
            # until that frame is drawn it counts twice: somebody may wait a tick too long, but no seat is given twice.
            promised = sum(one.promised(now_s) for one in others)
            before = sum(one.before(connection) for one in others)
            return self.pool().seats_free - promised > before

    def wake(self) -> None:
        """Something is to be waited for: start the clock, should it sleep."""
        with self.lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="posedeck-clock", daemon=True)
                self._thread.start()
        self._something_to_do.set()

    def advance(self, now_s: float) -> bool:
        """Move all connections on to this time, in seconds of `time.monotonic`; whether any goes on waiting."""
        with self.lock:
            connections = list(self._connections)
        for connection in connections:
            connection.advance(now_s)
        return any(connection.restless for connection in connections)

    def _run(self) -> None:
        while True:
            self._something_to_do.wait()
            self._something_to_do.clear()
            try:
                if self.advance(time.monotonic()):
                    self._something_to_do.set()
            except Exception as error:  # noqa: BLE001 - the clock of everybody must not stop for a fault of one
                log_unexpected(error)
                self._something_to_do.set()
            time.sleep(_TICK_S)


@cache  # outside Streamlit's caches, which any browser can clear
def seats() -> Seats:
    """The one `Seats` of this process: the order of those who wait, and the clock of all live connections."""
    return Seats(pool)

"""Who gets the next seat, and the clock of all live connections in this process."""

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

if TYPE_CHECKING:  # it imports streamlit-webrtc, which needs a running Streamlit
    from pose_ui.live_view.connection import Connection
    from pose_ui.live_view.phases import Phases

__all__ = ["Seats", "seats"]

_TICK_S: Final = 0.25


class Seats:
    """The seats of a pool, given out in the order in which visitors asked for them.

    One thread advances all connections a few times a second while there is something to wait for, and sleeps otherwise.
    Connections are held by weak references: once its visitor is gone for good, a connection is collected.

    Parameters
    ----------
    pool : callable
        Returns the current `PosePool`.

    Attributes
    ----------
    lock : threading.RLock
        Guards the phases of all connections, since a seat can go to only one of them.
    """

    def __init__(self, pool: Callable[[], PosePool]) -> None:
        self.pool = pool
        self.lock = threading.RLock()
        self._connections: WeakSet[Connection] = WeakSet()
        self._something_to_do = threading.Event()
        self._thread: threading.Thread | None = None

    def join(self, connection: Connection) -> None:
        """Have the clock advance this connection from now on."""
        with self.lock:
            self._connections.add(connection)

    def free_for(self, connection: Phases, now_s: float) -> bool:
        """Whether a seat is left for this connection once all ahead of it in the queue have theirs."""
        with self.lock:
            others = [other for other in self._connections if other is not connection]
            # A stream takes its seat in the pool with its first frame; until then the seat is only promised. Until that
            # frame is drawn it counts twice: somebody may wait a tick too long, but no seat is given twice.
            promised = sum(other.promised(now_s) for other in others)
            ahead = sum(other.is_ahead_of(connection) for other in others)
            return self.pool().seats_free - promised > ahead

    def wake(self) -> None:
        """There is something to wait for: start the clock if it sleeps."""
        with self.lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="posedeck-clock", daemon=True)
                self._thread.start()
        self._something_to_do.set()

    def advance(self, now_s: float) -> bool:
        """Advance all connections to this time, in seconds of `time.monotonic`; whether any is still waiting."""
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
            except Exception as error:  # noqa: BLE001 - one faulty connection must not stop the clock for all
                log_unexpected(error)
                self._something_to_do.set()
            time.sleep(_TICK_S)


@cache  # outside Streamlit's caches, which any browser can clear
def seats() -> Seats:
    """The one `Seats` of this process: the queue of visitors, and the clock of all live connections."""
    return Seats(pool)

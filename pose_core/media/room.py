"""How many pixels may be under way at a time, so that memory is bounded."""

from __future__ import annotations

import threading
from collections import deque

from pose_core.errors import BusyError
from pose_core.stopping import Stop

__all__ = ["Room"]


class Room:
    """How many pixels may be under way at a time; who does not fit waits, first come, first served.

    Parameters
    ----------
    pixels : float
        The limit. A single larger picture still gets its turn, alone.
    seats : int
        How many may be decoded at a time.
    """

    def __init__(self, pixels: float, seats: int) -> None:
        self.pixels = pixels
        self._seats = seats
        self._used = 0
        self._seated = 0
        self._queue: deque[object] = deque()
        # Reentrant: a picture that is garbage collected gives its pixels back, wherever its thread is.
        self._changed = threading.Condition(threading.RLock())

    def take(self, pixels: int, wait_s: float, stop: Stop | None = None) -> None:
        """Wait for room for a picture and a seat to decode it.

        Raises
        ------
        BusyError
            If there is none in time.
        StoppedError
            If `stop` is set meanwhile.
        """
        ticket, stop = object(), stop or Stop()

        def my_turn() -> bool:
            fits = self._used == 0 or self._used + pixels <= self.pixels
            return self._queue[0] is ticket and self._seated < self._seats and fits

        with stop.calls(self._look_again), self._changed:
            self._queue.append(ticket)
            try:
                in_time = self._changed.wait_for(lambda: stop.is_set or my_turn(), wait_s)
                stop.check()
                if not in_time:
                    raise BusyError(
                        "decoder_busy",
                        "A picture must get its turn within {wait_s:g} s; other large ones are still being read. "
                        "Try again in a moment.",
                        wait_s=wait_s,
                    )
                self._used += pixels
                self._seated += 1
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _look_again(self) -> None:
        with self._changed:
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many pictures wait for their turn."""
        with self._changed:
            return len(self._queue)

    def leave_seat(self) -> None:
        """The picture is decoded, and still takes up room."""
        with self._changed:
            self._seated -= 1
            self._changed.notify_all()

    def give_back(self, pixels: int) -> None:
        """The picture is gone."""
        with self._changed:
            self._used -= pixels
            self._changed.notify_all()

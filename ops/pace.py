"""How fast a request's body must arrive, so that one that never comes keeps nobody else waiting."""

from __future__ import annotations

import time
from dataclasses import dataclass

import anyio
from starlette.types import Message, Receive

__all__ = ["Pace", "TooSlowError", "paced"]


class TooSlowError(Exception):
    """The body did not arrive as fast as it must."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a body must keep to, counted from the moment in which somebody starts to read it.

    Attributes
    ----------
    grace_s : float
        For so long nothing needs to have arrived.
    bytes_s : float
        After that, the least bytes a second on average.
    whole_s : float
        Longest time for all of it.

    Examples
    --------
    >>> pace = Pace(grace_s=5, bytes_s=1000, whole_s=30)
    >>> pace.next_within_s(0), pace.next_within_s(10_000), pace.next_within_s(1_000_000)
    (5.0, 15.0, 30)
    """

    grace_s: float = 5.0
    bytes_s: float = 32 * 1024
    whole_s: float = 30.0

    def next_within_s(self, received: int) -> float:
        """By when, after the start, more must arrive if `received` bytes are there."""
        return min(self.grace_s + received / self.bytes_s, self.whole_s)


def paced(receive: Receive, pace: Pace) -> Receive:
    """A `receive` that raises `TooSlowError` as soon as the body falls behind `pace`. Starts the clock."""
    start_s = time.monotonic()
    received = 0
    complete = False

    async def receive_in_time() -> Message:
        nonlocal received, complete
        if complete:  # only the client's leaving can follow, and there is no hurry about that
            return await receive()
        left_s = start_s + pace.next_within_s(received) - time.monotonic()
        try:
            with anyio.fail_after(max(left_s, 0)):
                message = await receive()
        except TimeoutError:
            raise TooSlowError from None
        received += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        return message

    return receive_in_time

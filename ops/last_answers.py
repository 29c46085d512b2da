"""How long a server that is told to end waits for its last answers: uvicorn 0.54 would wait for ever, or cut off all
that is under way. Uses its private parts.

What is slow by its nature is ended first, and its clients hear so; what still has no answer later is cut off.

A body that is still arriving has its time (`ops.pace`); from then on, nobody who asked for much work keeps the server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["ANSWER_LIMIT_S", "SLOW_LIMIT_S", "limit_last_answers"]

#: Far within the 10 s that Docker and `make run` allow before they kill.
ANSWER_LIMIT_S: Final = 5.0
#: Until then, what is slow may still end by itself: a picture of usual size takes far less.
SLOW_LIMIT_S: Final = 2.0
_end = H11Protocol.shutdown


def limit_last_answers(end_slow: Callable[[], None] = lambda: None) -> None:
    """From now on, a connection is closed `ANSWER_LIMIT_S` after the server was told to end, if its body is there.

    Else as soon as it is seen to be, every `ANSWER_LIMIT_S`.

    Parameters
    ----------
    end_slow : callable
        Ends what takes longest, so that its clients are answered: called for each connection that is still there
        `SLOW_LIMIT_S` after the server was told to end, if its body is.
    """

    def end_with_limit(self: H11Protocol) -> None:
        _end(self)
        self.loop.call_later(SLOW_LIMIT_S, _end_slow, self, end_slow)
        self.loop.call_later(ANSWER_LIMIT_S, _look, self)

    H11Protocol.shutdown = end_with_limit  # type: ignore[method-assign]


def _end_slow(self: H11Protocol, end_slow: Callable[[], None]) -> None:
    if not self.transport.is_closing() and not self.cycle.more_body:
        end_slow()


def _look(self: H11Protocol) -> None:
    if self.transport.is_closing():
        return
    if self.cycle.more_body:
        self.loop.call_later(ANSWER_LIMIT_S, _look, self)
    else:  # its work learns that the client is gone
        self.transport.abort()

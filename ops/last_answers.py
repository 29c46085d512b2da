"""How long a server that is told to end waits for its last answers: uvicorn 0.54 would wait for ever, or cut off all
that is under way. Uses its private parts.

A body that is still arriving has its time (`ops.pace`); from then on, nobody who asked for much work keeps the server.
"""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["ANSWER_LIMIT_S", "limit_last_answers"]

#: Within the 10 s that Docker and `make run` allow before they kill.
ANSWER_LIMIT_S: Final = 8.0
_end = H11Protocol.shutdown


def limit_last_answers() -> None:
    """From now on, a connection is closed `ANSWER_LIMIT_S` after the server was told to end, if its body is there.

    Else as soon as it is seen to be, every `ANSWER_LIMIT_S`.
    """
    H11Protocol.shutdown = _end_with_limit  # type: ignore[method-assign]


def _end_with_limit(self: H11Protocol) -> None:
    _end(self)
    self.loop.call_later(ANSWER_LIMIT_S, _look, self)


def _look(self: H11Protocol) -> None:
    if self.transport.is_closing():
        return
    if self.cycle.more_body:
        self.loop.call_later(ANSWER_LIMIT_S, _look, self)
    else:  # whoever works on it learns that its client is gone
        self.transport.abort()

"""Closes connections that send no whole request head: uvicorn 0.54 would keep them forever. Uses its private parts.

Each such connection costs a descriptor, and enough of them would leave none for visitors.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["HEAD_LIMIT_S", "limit_heads"]

#: Browsers open connections ahead of need, and open another one when it was closed.
HEAD_LIMIT_S: Final = 15.0
_made = H11Protocol.connection_made


def limit_heads() -> None:
    """From now on, a connection must bring a whole request head within `HEAD_LIMIT_S`, or twice that after another."""
    H11Protocol.connection_made = _made_with_limit  # type: ignore[method-assign]


def _made_with_limit(self: H11Protocol, transport: asyncio.Transport) -> None:
    _made(self, transport)
    self.loop.call_later(HEAD_LIMIT_S, _look, self, None)


def _look(self: H11Protocol, seen: object) -> None:
    """Close the connection if nothing new has come since the last look, and no request is being answered."""
    is_websocket = self.transport.get_protocol() is not self  # which has a protocol of its own
    if is_websocket or self.transport.is_closing():
        return
    request: Any = self.cycle  # None until the first head is complete, whatever its type says
    at_rest = request is None or request.response_complete
    if at_rest and request is seen:
        self.transport.close()
    else:
        self.loop.call_later(HEAD_LIMIT_S, _look, self, request)

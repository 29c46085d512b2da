"""Open files and connections: as many as the system allows, and a few always left for those who monitor the server."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["LeavesDescriptors", "few_left", "raise_limit"]

#: More than any server with two cores serves, and less than a program could mistake for "close all of them".
_ENOUGH: Final = 65_536
#: Kept free of pages: for health checks, the REST interface, and the sockets of live streams.
RESERVE: Final = 96


def raise_limit() -> None:
    """Raise the limit on open files to the hard one, as a process may; often only 1024 of many more are set."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    with suppress(OSError, ValueError):  # a system may have a further limit; what was set stays
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def few_left(reserve: int = RESERVE) -> bool:
    """Whether at most `reserve` files may still be opened."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return False
    try:
        lowest_free = os.open(os.devnull, os.O_RDONLY)  # the system gives the lowest number that is free
    except OSError:
        return True
    os.close(lowest_free)
    return lowest_free >= soft - reserve


class LeavesDescriptors:
    """ASGI middleware: refuses a page's WebSocket when few descriptors are left. The page itself tries again.

    Otherwise visitors could use all of them, and the next health check would get no connection.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, unless this is one page too many."""
        if scope["type"] != "websocket" or not few_left():
            await self._app(scope, receive, send)
            return
        await receive()  # websocket.connect
        await send({"type": "websocket.close", "code": 1013})  # try again later; the server makes 403 of it

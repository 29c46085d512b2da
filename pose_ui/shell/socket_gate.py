"""ASGI middleware around Streamlit's WebSocket: who connects, and which messages go on to Streamlit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.hosts import refuse
from ops.log import log_event
from pose_ui.shell.back_messages import Refused, checked, sign_out_order
from pose_ui.shell.visitors import COOKIE, HEADER, LOGOUT, Visitors, cookies_of, new_cookie, visitor_of

__all__ = ["SocketGate"]

_STREAM: Final = "/_stcore/stream"
_LONGEST_ORIGIN: Final = 300
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_TEXT_FRAME: Final = Refused("text", 1003)
#: Messages a second that one connection may send; a hand on a slider causes some ten.
_PER_S: Final = 40.0
_PER_S_BEFORE_SIGN_IN: Final = 5.0
_HANDFUL: Final = 40
#: The server wants the browser to connect again; Streamlit's frontend does.
_AGAIN: Final = 1012


class SocketGate:
    """Lets through what the pages need, and nothing else.

    Parameters
    ----------
    app : ASGI application
    visitors : Visitors
    closed : bool
        Whether visitors must sign in.
    """

    def __init__(self, app: ASGIApp, visitors: Visitors, *, closed: bool) -> None:
        self._app = app
        self._visitors = visitors
        self._closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no WebSocket, and Streamlit's one message by message; there is no other."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        if not scope["path"].endswith(_STREAM):
            await refuse(scope, receive, send, _NOT_FOUND, "There is no WebSocket at this address.")
            return
        if not all(_is_origin(value) for name, value in scope["headers"] if name == b"origin"):
            log_event("socket", logging.WARNING, message="A WebSocket with a malformed Origin was refused.")
            await refuse(scope, receive, send, _BAD_REQUEST, "The header Origin must be an origin.")
            return
        await self._connect(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        cookies = cookies_of(scope["headers"])
        # Without a cookie each connection counts as a browser of its own, which cannot come back to its session.
        visitor = visitor_of(cookies) or visitor_of({COOKIE: new_cookie()}) or ""
        logged_in = self._visitors.is_logged_in(cookies)
        headers = [
            (name, value if logged_in or name != b"cookie" else _without_login(value))
            for name, value in scope["headers"]
            if name != HEADER.encode()
        ]
        headers.append((HEADER.encode(), visitor.encode()))
        connection = _Connection(
            receive, send, lambda: not self._closed or self._visitors.is_admitted(visitor)
        )
        loop = asyncio.get_running_loop()
        logout = f"{scope['path'].removesuffix(_STREAM)}{LOGOUT}"

        def end() -> None:
            loop.call_soon_threadsafe(connection.end, sign_out_order(logout))

        self._visitors.connected(cookies, end)
        try:
            await self._app({**scope, "headers": headers}, connection.receive, connection.send)
        finally:
            self._visitors.disconnected(cookies, end)


class _Connection:
    """One browser's connection."""

    def __init__(self, receive: Receive, send: Send, signed_in: Callable[[], bool]) -> None:
        self._receive = receive
        self._send = send
        self._signed_in = signed_in
        self._closed = False
        self._told = False
        self._ending: asyncio.Task[None] | None = None
        self._due_s = -inf

    async def receive(self) -> Message:
        """The next message that Streamlit may see."""
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            data = message.get("bytes")
            signed_in = self._signed_in()
            await self._wait(_PER_S if signed_in else _PER_S_BEFORE_SIGN_IN)
            answer = _TEXT_FRAME if data is None else checked(data, signed_in=signed_in)
            if not isinstance(answer, Refused):
                return {"type": "websocket.receive", "bytes": answer}
            self._tell(answer)
            if answer.close is not None:
                await self._close(answer.close)
                return {"type": "websocket.disconnect", "code": answer.close}

    async def _wait(self, per_s: float) -> None:
        """Let messages through at this rate, after a first handful; those that follow wait in the connection."""
        now_s = monotonic()
        self._due_s = max(self._due_s, now_s - _HANDFUL / per_s) + 1 / per_s
        if self._due_s > now_s:
            await asyncio.sleep(self._due_s - now_s)

    async def send(self, message: Message) -> None:
        """What Streamlit sends; nothing after the connection was closed here."""
        if not self._closed:
            await self._send(message)

    def end(self, last: bytes) -> None:
        """Send one more message, and nothing after it."""
        self._ending = asyncio.ensure_future(self._close(_AGAIN, last))

    async def _close(self, code: int, last: bytes | None = None) -> None:
        if not self._closed:
            self._closed = True
            if last is not None:
                await self._send({"type": "websocket.send", "bytes": last})
            await self._send({"type": "websocket.close", "code": code})

    def _tell(self, refused: Refused) -> None:
        """Log the first refusal of a connection: a browser of ours causes none."""
        if not self._told:
            self._told = True
            log_event(
                "socket",
                logging.WARNING,
                message=f"A message on the pages' WebSocket was refused: {refused.reason}.",
                reason=refused.reason,
            )


def _is_origin(value: bytes) -> bool:
    text = value.decode("latin-1")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return (
        len(text) <= _LONGEST_ORIGIN
        and text.isascii()
        and text.isprintable()
        and (text == "null" or bool(parts.scheme and parts.netloc and not parts.path))
    )


def _without_login(cookie: bytes) -> bytes:
    """The header without the cookies of Streamlit's login."""
    parts = [part for part in cookie.split(b";") if not part.strip().startswith(b"_streamlit_user")]
    return b";".join(parts)

"""ASGI middleware for pages: gives each browser its cookie, ends logins, and closes what only an operator needs."""

from __future__ import annotations

import re
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.hosts import refuse
from pose_ui.shell.visitors import COOKIE, LOGOUT, Visitors, cookies_of, new_cookie, visitor_of

__all__ = ["VisitorCookies", "is_https"]

#: What Streamlit tells about itself and lets programs do; pages need none of it.
_FOR_OPERATORS: Final = re.compile(r".*/_stcore/(metrics|script-health-check|agent(/.*)?)/?")
#: Asked by every page just before it opens its WebSocket, even if the page itself is still in the browser's cache.
_BEFORE_SOCKET: Final = "/_stcore/host-config"
_LOGIN_DONE: Final = "/oauth2callback"
_NOT_FOUND: Final = 404


def is_https(scope: Scope) -> bool:
    """Whether the browser used HTTPS; a proxy says so in X-Forwarded-Proto, and a lie harms only who tells it."""
    told = next((value for name, value in scope["headers"] if name == b"x-forwarded-proto"), b"")
    return scope.get("scheme") in ("https", "wss") or told.split(b",")[0].strip().lower() == b"https"


class VisitorCookies:
    """Sees to cookies and to addresses that visitors may not ask for.

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
        """Let the application respond, and see to the cookies in its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if self._closed and _FOR_OPERATORS.fullmatch(path):
            await refuse(scope, receive, send, _NOT_FOUND, "Not Found")
            return
        cookies = cookies_of(scope["headers"])
        https = is_https(scope)

        async def with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [_secured(header, https) for header in message.get("headers", ())]
                if path.endswith(_LOGIN_DONE):
                    self._visitors.log_in(_set_by(headers))
                if visitor_of(cookies) is None and (path.endswith(_BEFORE_SOCKET) or _is_page(headers)):
                    cookie = f"{COOKIE}={new_cookie()}; HttpOnly; Path=/; SameSite=Lax"
                    headers.append(_secured((b"set-cookie", cookie.encode()), https))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, with_cookies)
        if path.endswith(LOGOUT):
            self._visitors.log_out(cookies)


def _is_page(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in headers)


def _secured(header: tuple[bytes, bytes], https: bool) -> tuple[bytes, bytes]:
    """A cookie that was set over HTTPS is never to be sent over HTTP."""
    name, value = header
    if not https or name.lower() != b"set-cookie" or re.search(rb";\s*secure\s*(;|$)", value, re.IGNORECASE):
        return header
    return name, value + b"; Secure"


def _set_by(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """The cookies that a response sets."""
    first = (value.split(b";")[0] for name, value in headers if name.lower() == b"set-cookie")
    return cookies_of((b"cookie", value.replace(b'""', b"")) for value in first)

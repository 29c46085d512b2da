"""Under which names the server may be addressed.

A web page elsewhere can give its own name this machine's address (DNS rebinding); the browser then lets it read and
control what is served here as if it were that page's own. Only the header Host shows it, so requests for names that are
not ours are refused. An address written in numbers cannot be rebound: a page that the browser opened under it came from
there.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import time
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from ops.log import log_event

__all__ = ["AllowedHosts", "HostCheck", "refuse"]

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:\d{1,5})?", re.ASCII | re.IGNORECASE)
_REST: Final = re.compile(r"/(predict|api/v1(/.*)?)")
#: Routes match a path that ends in a line feed, and the checks behind them would not.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_LOG_EVERY_S: Final = 60.0
#: Streamlit Community Cloud passes no variables on. Only its owner can give such a name an address.
_HOSTERS: Final = ("*.streamlit.app",)
#: RFC 9110: the server does not answer for this name.
_MISDIRECTED: Final = 421
_BAD_REQUEST: Final = 400


class AllowedHosts:
    """The names and addresses that requests may name.

    Always: ``localhost``, names that end in ``.localhost``, loopback addresses, and what `more` lists. Where other
    machines can connect, also every address in numbers and this machine's name, plain and with ``.local``.

    Parameters
    ----------
    bound_to : str or None
        The address the server listens on; None: all.
    more : tuple of str
        Further names or addresses, in lower case; ``*.example.org`` means every name below example.org, ``*`` all.
    machine : str, optional
        This machine's name.

    Examples
    --------
    >>> AllowedHosts("127.0.0.1").allow("localhost:8080")
    True
    >>> AllowedHosts("127.0.0.1").allow("rebound.example")
    False
    >>> AllowedHosts("127.0.0.1", ("pose.example.org",)).allow("pose.example.org")
    True
    """

    def __init__(self, bound_to: str | None, more: tuple[str, ...] = (), machine: str | None = None) -> None:
        self._wide = not _is_loopback(bound_to)
        self._more = frozenset(name.strip("[]") for name in (*more, *_HOSTERS))
        name = (socket.gethostname() if machine is None else machine).lower()
        short = name.partition(".")[0]
        self._machine = {name, short, f"{short}.local", (bound_to or "").lower()} - {"", ".local"}

    def allow(self, header: str, arrived_at: str | None = None) -> bool:
        """Whether a request with this header Host may be answered.

        Parameters
        ----------
        header : str
            With a port or without.
        arrived_at : str, optional
            The server's own address of this connection; if it is no loopback address, others can connect after all.
        """
        match = _HOST.fullmatch(header)
        if match is None:
            return False
        host = match[1].lower().strip("[]").rstrip(".")
        if host == "localhost" or host.endswith(".localhost") or _is_listed(host, self._more):
            return True
        address = _address(host)
        if address is not None and address.is_loopback:
            return True
        wide = self._wide or not _is_loopback(arrived_at or "localhost")
        return wide and (address is not None or host in self._machine)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str | None) -> bool:
    address = _address(host or "::")
    return host == "localhost" if address is None else address.is_loopback


def _is_listed(host: str, names: frozenset[str]) -> bool:
    return (
        host in names
        or "*" in names
        or any(name.startswith("*.") and host.endswith(name[1:]) for name in names)
    )


class HostCheck:
    """ASGI middleware: answers 421 to requests for other hosts, and 400 where header or path make no sense."""

    def __init__(self, app: ASGIApp, hosts: AllowedHosts) -> None:
        self._app = app
        self._hosts = hosts
        self._told_s = -_LOG_EVERY_S

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        server = scope.get("server")
        if _CONTROL.search(scope["path"]):
            message = "An address must not contain control characters."
            await refuse(scope, receive, send, _BAD_REQUEST, message)
        elif not headers:  # HTTP/1.0, such as a load balancer's probe: no browser leaves it out
            await self._app(scope, receive, send)
        elif len(headers) > 1 or not _HOST.fullmatch(headers[0]):
            await refuse(scope, receive, send, _BAD_REQUEST, "The header Host must be one name or address.")
        elif self._hosts.allow(headers[0], str(server[0]) if server and server[1] is not None else None):
            await self._app(scope, receive, send)
        else:
            self._tell()
            await refuse(
                scope,
                receive,
                send,
                _MISDIRECTED,
                "PoseDeck does not know this host name as its own.",
                "If this is its address, list the name in POSEDECK_HOSTS and start PoseDeck again.",
            )

    def _tell(self) -> None:
        """Log it, but no more than once a minute; not with the name, which anybody can choose."""
        now_s = time.monotonic()
        if now_s - self._told_s >= _LOG_EVERY_S:
            self._told_s = now_s
            log_event(
                "host",
                logging.WARNING,
                message="A request for an unknown host name was refused. If visitors use another name for PoseDeck, "
                "list it in POSEDECK_HOSTS.",
            )


async def refuse(
    scope: Scope, receive: Receive, send: Send, status: int, message: str, hint: str = ""
) -> None:
    """Answer an HTTP request or a WebSocket's opening with a sentence: as JSON for programs, else as plain text."""
    if _REST.search(scope["path"]):
        kind = b"application/json"
        codes = {_BAD_REQUEST: "bad_request", _MISDIRECTED: "unknown_host"}
        hint = hint or "Correct the request."
        body = json.dumps(
            {"code": codes.get(status, "refused"), "message": message, "hint": hint}, ensure_ascii=False
        ).encode()
    else:
        kind = b"text/plain; charset=utf-8"
        body = f"{message} {hint}".strip().encode()
    start = {
        "status": status,
        "headers": [(b"content-type", kind), (b"content-length", str(len(body)).encode())],
    }
    if scope["type"] == "http":
        await send({"type": "http.response.start", **start})
        await send({"type": "http.response.body", "body": body})
        return
    await receive()  # websocket.connect
    if "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", **start})
        await send({"type": "websocket.http.response.body", "body": body})
    else:
        await send({"type": "websocket.close", "code": 1008})

"""Which browser is which, and what it may do: known by a cookie, across tabs and reconnections.

Streamlit lets anyone who knows a session's id, which stands in the addresses of its uploads, take that session over. So
each browser gets a cookie that no script can read, and its digest, which Streamlit keeps as part of the session's
identity (``server.trustedUserHeaders`` in .streamlit/config.toml), must be the same when a browser reconnects.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["COOKIE", "HEADER", "LOGOUT", "Visitors", "cookies_of", "new_cookie", "visitor_of"]

COOKIE: Final = "posedeck_visitor"
#: The header in which the digest goes to Streamlit. What clients send under this name is removed.
HEADER: Final = "x-posedeck-visitor"
#: Where Streamlit's login ends, below the path of the pages.
LOGOUT: Final = "/auth/logout"
_VALUE: Final = re.compile(r"[\w-]{32,64}", re.ASCII)
#: How many are remembered at most; the oldest sign-ins are forgotten first.
_MOST: Final = 10_000
#: How long a login lasts, whatever its cookie says.
_LOGIN_S: Final = 24 * 3600.0
#: The cookie of Streamlit's login; a large one is spread over several with numbers behind the name.
_LOGIN: Final = "_streamlit_user"
_LOGIN_PART: Final = re.compile(rf"{_LOGIN}(_+\d+)?")

Headers = Iterable[tuple[bytes, bytes]]


def new_cookie() -> str:
    """A value for the cookie that nobody can guess."""
    return secrets.token_urlsafe(32)


def cookies_of(headers: Headers) -> dict[str, str]:
    """The cookies of a request."""
    pairs = (
        part.partition("=")
        for name, value in headers
        if name == b"cookie"
        for part in value.decode("latin-1").split(";")
    )
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def visitor_of(cookies: Mapping[str, str]) -> str | None:
    """The digest that names this browser; None if it has no cookie of ours."""
    value = cookies.get(COOKIE, "")
    return hashlib.sha256(value.encode()).hexdigest() if _VALUE.fullmatch(value) else None


@dataclass
class _Login:
    cookies: dict[str, str]
    until_s: float
    ends: set[Callable[[], None]] = field(default_factory=set)


class Visitors:
    """Who has signed in: browsers that may use the pages, and logins that are still good. From any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._admitted: OrderedDict[str, None] = OrderedDict()
        self._logins: OrderedDict[str, _Login] = OrderedDict()

    def admit(self, visitor: str | None) -> None:
        """The visitor of this browser has signed in, in one of its tabs."""
        if visitor:
            with self._lock:
                self._admitted[visitor] = None
                self._admitted.move_to_end(visitor)
                while len(self._admitted) > _MOST:
                    self._admitted.popitem(last=False)

    def is_admitted(self, visitor: str) -> bool:
        """Whether somebody signed in with this browser since the server started."""
        with self._lock:
            return visitor in self._admitted

    # ------------------------------------------------------------------ logins
    def log_in(self, cookies: Mapping[str, str]) -> None:
        """A login has just set these cookies."""
        parts = {name: value for name, value in cookies.items() if _LOGIN_PART.fullmatch(name) and value}
        if _LOGIN in parts:
            with self._lock:
                self._logins[parts[_LOGIN]] = _Login(parts, self._clock() + _LOGIN_S)
                while len(self._logins) > _MOST:
                    self._logins.popitem(last=False)

    def log_out(self, cookies: Mapping[str, str]) -> None:
        """End the login with these cookies: in all tabs, and wherever the cookies were copied to."""
        with self._lock:
            login = self._logins.pop(cookies.get(_LOGIN, ""), None)
        for end in login.ends if login is not None else ():
            end()

    def is_logged_in(self, cookies: Mapping[str, str]) -> bool:
        """Whether these cookies are of a login that this server saw and that was not ended."""
        with self._lock:
            login = self._logins.get(cookies.get(_LOGIN, ""))
            return (
                login is not None
                and self._clock() < login.until_s
                and all(cookies.get(name) == value for name, value in login.cookies.items())
            )

    def connected(self, cookies: Mapping[str, str], end: Callable[[], None]) -> None:
        """Call `end` when the login with these cookies ends."""
        with self._lock:
            if (login := self._logins.get(cookies.get(_LOGIN, ""))) is not None:
                login.ends.add(end)

    def disconnected(self, cookies: Mapping[str, str], end: Callable[[], None]) -> None:
        """Call it no more."""
        with self._lock:
            if (login := self._logins.get(cookies.get(_LOGIN, ""))) is not None:
                login.ends.discard(end)

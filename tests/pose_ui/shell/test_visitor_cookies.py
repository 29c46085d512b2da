"""The middleware that sees to cookies, called as the server calls it."""

from __future__ import annotations

import re

import pytest
from starlette.types import Message, Receive, Scope, Send

from pose_ui.shell.visitor_cookies import VisitorCookies
from pose_ui.shell.visitors import COOKIE, Visitors
from tests.support.waiting import in_a_loop

Headers = list[tuple[bytes, bytes]]
PAGE: Headers = [(b"content-type", b"text/html; charset=utf-8")]


def ask(
    path: str,
    response: Headers,
    *headers: tuple[bytes, bytes],
    visitors: Visitors | None = None,
    closed: bool = False,
    scheme: str = "http",
) -> tuple[int, list[bytes]]:
    """The answer's status and the cookies that it sets."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": response})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": list(headers), "scheme": scheme}
    in_a_loop(VisitorCookies(app, visitors or Visitors(), closed=closed)(scope, receive, send))
    return sent[0]["status"], [value for name, value in sent[0]["headers"] if name == b"set-cookie"]


def test_a_browser_gets_one_cookie_that_no_script_can_read_and_keeps_it() -> None:
    _, (cookie,) = ask("/photo", PAGE)
    assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Path=/; SameSite=Lax", cookie.decode())
    _, (other,) = ask("/photo", PAGE)
    assert other != cookie
    assert ask("/photo", PAGE, (b"cookie", cookie.split(b";")[0])) == (200, [])
    assert len(ask("/photo", PAGE, (b"cookie", f"{COOKIE}=guessed".encode()))[1]) == 1


def test_a_page_from_the_browsers_cache_gets_it_before_its_websocket_and_programs_get_none() -> None:
    json: Headers = [(b"content-type", b"application/json")]
    assert len(ask("/base/_stcore/host-config", json)[1]) == 1
    assert ask("/api/v1/health", json)[1] == []
    assert ask("/static/index.js", [(b"content-type", b"text/javascript")])[1] == []


@pytest.mark.parametrize(
    ("scheme", "told", "secure"),
    [
        ("http", b"", False),
        ("http", b"http", False),
        ("https", b"", True),
        ("http", b"https", True),
        ("http", b"https, http", True),
    ],
)
def test_over_https_every_cookie_is_secure(scheme: str, told: bytes, secure: bool) -> None:
    response = [*PAGE, (b"Set-Cookie", b"a=1; Path=/"), (b"set-cookie", b"b=2; secure; Path=/")]
    _, cookies = ask("/", response, (b"x-forwarded-proto", told), scheme=scheme)
    assert b"b=2; secure; Path=/" in cookies
    assert all((b"; secure" in cookie.lower()) == secure for cookie in cookies if b"b=2" not in cookie)


def test_a_login_begins_with_the_callbacks_cookies_and_ends_with_the_logout() -> None:
    visitors = Visitors()
    login = {"_streamlit_user": "signed"}
    stale = (b"set-cookie", b'_streamlit_user=""; Max-Age=0; Path=/')
    ask(
        "/base/oauth2callback",
        [stale, (b"set-cookie", b"_streamlit_user=signed; HttpOnly")],
        visitors=visitors,
    )
    assert visitors.is_logged_in(login)
    ask("/", [(b"set-cookie", b"_streamlit_user=forged")], visitors=visitors)
    assert not visitors.is_logged_in({"_streamlit_user": "forged"})
    ask("/base/auth/logout", [], (b"cookie", b"a=1; _streamlit_user=signed"), visitors=visitors)
    assert not visitors.is_logged_in(login)


@pytest.mark.parametrize(
    "path", ["metrics", "metrics/", "script-health-check", "agent/openapi.json", "agent/mcp"]
)
@pytest.mark.parametrize("base", ["", "/some/where"])
def test_what_streamlit_tells_about_itself_is_closed_where_visitors_sign_in(path: str, base: str) -> None:
    assert ask(f"{base}/_stcore/{path}", [], closed=True)[0] == 404
    assert ask(f"{base}/_stcore/{path}", [])[0] == 200


@pytest.mark.parametrize("path", ["/_stcore/health", "/_stcore/host-config", "/api/v1/metrics", "/metrics"])
def test_what_pages_and_probes_need_stays_open(path: str) -> None:
    assert ask(path, [], closed=True)[0] == 200

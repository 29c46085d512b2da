"""The middleware that adds headers to responses, called as the server calls it. tests/e2e tests them in a browser."""

from __future__ import annotations

from typing import Any

from starlette.types import Message, Receive, Scope, Send

from pose_ui.shell.security_headers import SecurityHeaders, content_security_policy
from tests.support.waiting import in_a_loop


def ask(kind: str, *headers: tuple[bytes, bytes]) -> tuple[list[Message], bool]:
    """What an application sends that responds with `headers`, and whether it got the server's own `send`."""
    sent: list[Message] = []
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(send)
        await send({"type": f"{kind}.start", "status": 200, "headers": list(headers)})
        await send({"type": f"{kind}.body", "body": b"x"})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": kind.partition(".")[0]}
    in_a_loop(SecurityHeaders(app)(scope, receive, send))
    return sent, seen == [send]


def test_a_response_gets_all_headers_and_keeps_its_own() -> None:
    (start, body), _ = ask("http.response", (b"content-type", b"text/html"))
    names = [name for name, _ in start["headers"]]
    assert names == [
        b"content-type",
        b"content-security-policy",
        b"x-content-type-options",
        b"referrer-policy",
        b"permissions-policy",
    ]
    assert body == {"type": "http.response.body", "body": b"x"}


def test_a_header_already_present_in_any_case_is_not_added_again() -> None:
    (start, _), _ = ask("http.response", (b"Content-Security-Policy", b"default-src 'none'"))
    policies = [value for name, value in start["headers"] if name.lower() == b"content-security-policy"]
    assert policies == [b"default-src 'none'"]


def test_a_websocket_talks_directly_to_the_server() -> None:
    (start, _), straight = ask("websocket.http.response")
    assert straight
    assert start["headers"] == []


def test_the_policy_names_the_one_inline_script_of_streamlit_by_its_hash() -> None:
    script = next(
        part for part in content_security_policy().split("; ") if part.startswith("script-src ")
    ).split()
    assert [source for source in script if source.startswith("'sha256-")]
    assert "'unsafe-inline'" not in script
    assert "'unsafe-eval'" not in script

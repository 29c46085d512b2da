"""Who may upload: the session's id, which stands in the address, is no proof."""

from __future__ import annotations

import pytest
from starlette.types import Message, Receive, Scope, Send

from pose_ui.shell import upload_gate
from pose_ui.shell.state import SIGNED_IN
from pose_ui.shell.upload_gate import UploadGate, may_upload
from pose_ui.shell.upload_refusals import UploadRefusals
from pose_ui.shell.visitors import COOKIE, visitor_of
from tests.support.waiting import in_a_loop

OWN, OTHER = "a" * 43, "b" * 43


def headers(cookie: str) -> list[tuple[bytes, bytes]]:
    return [(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else []


@pytest.fixture(autouse=True)
def _sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signed-in session and one before sign-in, both of the same browser."""
    states = {"in": {SIGNED_IN: True}, "before": {}}
    monkeypatch.setattr(upload_gate, "open_session_state", states.get)
    monkeypatch.setattr(upload_gate, "visitor_in", lambda session: visitor_of({COOKIE: OWN}))


@pytest.mark.parametrize(
    ("session", "cookie", "allowed"),
    [
        ("in", OWN, True),
        ("in", OTHER, False),
        ("in", "", False),
        ("before", OWN, False),
        ("none", OWN, False),
    ],
)
def test_where_visitors_sign_in_only_the_browser_that_did_may_upload(
    session: str, cookie: str, allowed: bool
) -> None:
    assert may_upload(session, headers(cookie), closed=True) is allowed


def test_where_nobody_signs_in_an_open_page_is_enough() -> None:
    assert may_upload("before", [], closed=False)
    assert not may_upload("none", headers(OWN), closed=False)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(("cookie", "status"), [(OWN, 204), (OTHER, 403)])
def test_nobody_adds_or_removes_files_of_others(method: str, cookie: str, status: int) -> None:
    sent: list[Message] = []

    async def streamlit(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": "/_stcore/upload_file/in/some-file",
        "headers": [*headers(cookie), (b"content-length", b"10")],
    }
    in_a_loop(UploadGate(streamlit, UploadRefusals(), closed=True)(scope, receive, send))
    assert sent[0]["status"] == status

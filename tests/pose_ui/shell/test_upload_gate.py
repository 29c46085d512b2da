"""Who may upload: the session's id, which stands in the address, is no proof."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from starlette.types import Message, Receive, Scope, Send

from pose_core.media.images import MAX_FILE_MB
from pose_ui.shell import upload_gate
from pose_ui.shell.state import SIGNED_IN
from pose_ui.shell.upload_gate import UploadGate, may_upload
from pose_ui.shell.upload_refusals import Refusal, UploadRefusals
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


def ask(
    gate: UploadGate, method: str, headers: list[tuple[bytes, bytes]], pieces: list[bytes] | None = None
) -> tuple[int, str, list[bytes]]:
    """Status, text and the pieces of the body that were left unread."""
    left, sent = list(pieces or ()), list[Message]()

    async def receive() -> Message:
        if not left:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": left.pop(0), "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": "/_stcore/upload_file/in/some-file",
        "headers": headers,
    }
    in_a_loop(gate(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode(), left


async def streamlit(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204})


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(("cookie", "status"), [(OWN, 204), (OTHER, 403)])
def test_nobody_adds_or_removes_files_of_others(method: str, cookie: str, status: int) -> None:
    refusals = UploadRefusals()
    gate = UploadGate(streamlit, refusals, closed=True)
    large = b"999999999" if status == 403 else b"10"  # a stranger learns nothing about sizes
    assert ask(gate, method, [*headers(cookie), (b"content-length", large)])[0] == status
    assert not refusals.waits("in")


@pytest.mark.parametrize(
    ("start", "name"),
    [
        ('form-data; name="file"; filename="Küche *1*.jpg"\r\n\r\n'.encode(), "Küche *1*.jpg"),
        (b'form-data; filename="' + b"a" * 300 + b'"', "?"),
        (b"-" * 2000 + b'filename="late.jpg"', "?"),
        (b'filename="\xff.jpg"', "\ufffd.jpg"),
        (b"", "?"),
    ],
    ids=["named", "long", "late", "not_utf8", "nothing"],
)
def test_a_file_that_is_too_large_is_refused_by_its_name_and_the_rest_stays_unread(
    start: bytes, name: str
) -> None:
    refusals = UploadRefusals()
    gate = UploadGate(streamlit, refusals, closed=True)
    size = MAX_FILE_MB * 1024 * 1024
    status, text, left = ask(
        gate, "PUT", [*headers(OWN), (b"content-length", str(size + 1).encode())], [start, b"more"]
    )
    assert (status, left) == (413, [b"more"])
    assert f"may have {MAX_FILE_MB} MB" in text
    assert [(one.name, round(one.megabytes)) for one in refusals.take("in")] == [(name, MAX_FILE_MB)]
    assert ask(gate, "PUT", [*headers(OWN), (b"content-length", str(size).encode())])[0] == 204
    assert not refusals.waits("in")


def test_each_refusal_is_told_once_and_not_more_than_twenty() -> None:
    refusals = UploadRefusals()
    for number in range(30):
        refusals.note("in", Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{number}.jpg", 60))
        refusals.note("in", Refusal(HTTPStatus.INSUFFICIENT_STORAGE))
    told = refusals.take("in")
    assert (len(told), told[-1].name, told[-2].name) == (20, "", "29.jpg")
    assert not refusals.take("in")

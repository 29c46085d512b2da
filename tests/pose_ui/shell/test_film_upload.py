"""A film comes only from a page that is open and signed in, within the room there is, and stays in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import Message

from ops.films import FilmStudio
from pose_ui.shell import film_upload as film_upload_module
from pose_ui.shell import upload_gate
from pose_ui.shell.film_upload import FILM_PATH, NAME_HEADER, film_owner, film_upload_route
from pose_ui.shell.state import SIGNED_IN
from pose_ui.shell.visitors import COOKIE, visitor_of
from tests.support.waiting import in_a_loop

OWN, OTHER = "a" * 43, "b" * 43
SESSION = "session-of-own"


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FilmStudio]:
    states = {SESSION: {SIGNED_IN: True}, "session-before": {}}
    monkeypatch.setattr(upload_gate, "open_session_state", states.get)
    for module in (upload_gate, film_upload_module):
        monkeypatch.setattr(module, "visitor_in", lambda session: visitor_of({COOKIE: OWN}))
    made = FilmStudio(budget_mb=1, workers=1)
    yield made
    made.close()


def put(
    studio: FilmStudio, *pieces: bytes, session: str = SESSION, cookie: str = OWN, **more: Any
) -> tuple[int, Any]:
    """Send a film piece by piece; how the route answers."""
    size = more.get("size", sum(map(len, pieces)))
    arriving = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        for number, piece in enumerate(pieces)
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return arriving.pop(0) if arriving else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [
        (b"cookie", f"{COOKIE}={cookie}".encode()),
        (NAME_HEADER.lower().encode(), b"my%20squat.mp4"),
        *([(b"content-length", str(size).encode())] if size is not None else []),
    ]
    scope = {
        "type": "http",
        "method": more.get("method", "PUT"),
        "path": f"/some/folder/{FILM_PATH}{session}",
        "query_string": b"",
        "headers": headers,
    }
    app = Starlette(routes=[film_upload_route(lambda: studio, closed=True)])
    in_a_loop(app(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent)
    status = next(message["status"] for message in sent if "status" in message)
    return status, json.loads(body) if body.startswith(b"{") else body


def test_a_film_arrives_whole_under_its_owner_and_name(studio: FilmStudio) -> None:
    status, answer = put(studio, b"first ", b"second")
    assert status == 201
    film = studio.film(answer["film"], film_owner(SESSION))
    assert film is not None
    assert (film.data, film.name) == (b"first second", "my squat.mp4")


@pytest.mark.parametrize(
    ("session", "cookie"),
    [(SESSION, OTHER), ("session-before", OWN), ("session-of-none", OWN), ("../x", OWN)],
    ids=["another browser", "before sign-in", "no session", "no id"],
)
def test_strangers_send_nothing(studio: FilmStudio, session: str, cookie: str) -> None:
    status, _ = put(studio, b"film", session=session, cookie=cookie)
    assert status in (403, 404)
    assert studio.bytes_kept == 0


@pytest.mark.parametrize(
    ("size", "status", "code"),
    [
        (None, 411, "film_cut_off"),
        (0, 400, "clip_empty"),
        (2 * 1024 * 1024, 507, "films_full"),
        (400 * 1024 * 1024, 413, "file_too_large"),
        (3, 400, "film_larger_than_stated"),
        (30, 400, "film_cut_off"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(
    studio: FilmStudio, size: int | None, status: int, code: str
) -> None:
    got, answer = put(studio, b"four", size=size)
    assert (got, answer["code"]) == (status, code)
    assert studio.bytes_kept == 0


def test_a_film_whose_sender_leaves_is_forgotten(studio: FilmStudio) -> None:
    status, _ = put(studio, size=100)
    assert status == 204
    assert studio.bytes_kept == 0

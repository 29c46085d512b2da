"""The player's routes give a film and its people to the browser whose film it is, and to nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.types import Message

from ops.films import FilmStudio
from pose_core.pipeline.video import VideoSettings
from pose_core.settings import DetectionSettings, PoseSettings
from pose_ui.shell import film_upload, private_film, upload_gate
from pose_ui.shell.film_upload import film_owner
from pose_ui.shell.state import SIGNED_IN
from pose_ui.shell.visitors import COOKIE, visitor_of
from pose_ui.video.routes import film_routes, people_path, picture_path
from tests.support.numbered_film import numbered_film
from tests.support.waiting import in_a_loop

OWN, OTHER = "a" * 43, "b" * 43
#: Two browsers, each with an open session.
SESSIONS = {"session-of-own": OWN, "session-of-other": OTHER}
FILM = numbered_film(3)


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FilmStudio]:
    states = {session: {SIGNED_IN: True} for session in SESSIONS}
    monkeypatch.setattr(upload_gate, "open_session_state", states.get)
    for module in (upload_gate, film_upload, private_film):
        monkeypatch.setattr(
            module, "visitor_in", lambda session: visitor_of({COOKIE: SESSIONS.get(session, "")})
        )
    made = FilmStudio(workers=1)
    yield made
    made.close()


@pytest.fixture
def job(studio: FilmStudio) -> str:
    with studio.arrive(film_owner("session-of-own"), "a.mp4", len(FILM)) as film:
        film.add(FILM)
        film.finish()
    settings = VideoSettings(PoseSettings(DetectionSettings("lite")))
    started = studio.analyse(film, settings, with_copy=True)
    assert started.over.wait(60)
    return started.id


def get(
    studio: FilmStudio, path: str, *, cookie: str = OWN, closed: bool = True, asked: str = ""
) -> tuple[int, Headers, bytes]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())] + ([(b"range", asked.encode())] if asked else [])
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/some/folder/{path}",
        "query_string": b"",
        "headers": headers,
        "root_path": "",
        "asgi": {"spec_version": "2.4"},
    }
    in_a_loop(Starlette(routes=film_routes(lambda: studio, closed=closed))(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], Headers(raw=sent[0]["headers"]), body


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-", FILM),
        ("bytes=10-19", FILM[10:20]),
        ("bytes=-7", FILM[-7:]),
        ("bytes=5-9999999", FILM[5:]),
    ],
    ids=["all", "inside", "end", "beyond"],
)
def test_a_player_gets_the_part_that_it_asks_for(
    studio: FilmStudio, job: str, asked: str, part: bytes
) -> None:
    status, headers, body = get(studio, picture_path("session-of-own", job), asked=asked)
    assert (status, body) == (206, part)
    first = len(FILM) - 7 if asked == "bytes=-7" else FILM.index(part)
    assert headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(FILM)}"
    assert headers["content-length"] == str(len(part))
    assert headers["cache-control"] == "no-store"


def test_a_whole_film_and_an_impossible_part(studio: FilmStudio, job: str) -> None:
    path = picture_path("session-of-own", job)
    assert get(studio, path)[::2] == (200, FILM)
    assert get(studio, path, asked=f"bytes={len(FILM)}-")[0] == 416


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
def test_nobody_else_gets_anything(studio: FilmStudio, job: str, closed: bool) -> None:
    own, other = "session-of-own", "session-of-other"
    for path in (picture_path, lambda session, job: people_path(session, job, 0)):
        assert get(studio, path(own, job), closed=closed)[0] == 200
        assert get(studio, path(own, job), cookie=OTHER, closed=closed)[0] == 404
        assert get(studio, path(other, job), cookie=OTHER, closed=closed)[0] == 404
        assert get(studio, path("session-unknown", job), closed=closed)[0] == 404
        assert get(studio, path(own, "another-job"), closed=closed)[0] == 404

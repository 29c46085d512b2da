"""A comparison's film and people go to the browser whose they are, and those of the performer to every visitor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.types import Message

from ops.films import FilmStudio
from pose_core.evaluation.side_by_side.comparing import compare
from pose_core.evaluation.side_by_side.settings import SideBySideSettings
from pose_core.export.people_message import decode_people
from pose_core.export.sides_message import encode_sides, read_sides
from pose_ui.shell import film_upload, private_film, upload_gate
from pose_ui.shell.film_upload import film_owner
from pose_ui.shell.resources import close_pool, film_studio, performer_comparisons
from pose_ui.shell.state import SIGNED_IN
from pose_ui.shell.visitors import COOKIE, visitor_of
from pose_ui.side_by_side.routes import people_path, picture_path, sides_routes
from pose_ui.side_by_side.work import Outcome, owner_of_sides
from tests.support.poses import make_pose
from tests.support.sides import looked
from tests.support.waiting import in_a_loop

OWN, OTHER = "a" * 43, "b" * 43
#: Two browsers, each with an open session.
SESSIONS = {"session-of-own": OWN, "session-of-other": OTHER}
SETTINGS = SideBySideSettings(resamples=100)
ZERO = make_pose().image_xy_px * 0


@pytest.fixture(autouse=True)
def _two_browsers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    states = {session: {SIGNED_IN: True} for session in SESSIONS}
    monkeypatch.setattr(upload_gate, "open_session_state", states.get)
    for module in (upload_gate, film_upload, private_film):
        monkeypatch.setattr(
            module, "visitor_in", lambda session: visitor_of({COOKIE: SESSIONS.get(session, "")})
        )
    yield
    close_pool()


def _outcome() -> Outcome:
    seen = looked(3, lambda _: ZERO, lambda n: ZERO + n if n else None)
    return Outcome("film", "a.mp4", compare(seen, SETTINGS), film=b"\0\0\0\0ftyp" + bytes(92))


def _get(path: str, cookie: str = OWN, asked: str = "") -> tuple[int, bytes]:
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
    in_a_loop(Starlette(routes=sides_routes(closed=True))(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def _done(studio: FilmStudio, session: str) -> Outcome:
    outcome = _outcome()
    job = studio.jobs.start(owner_of_sides(film_owner(session)), lambda _: outcome)
    assert job.over.wait(60)
    return outcome


def test_only_the_browser_whose_comparison_it_is_gets_film_and_people() -> None:
    outcome = _done(film_studio(), "session-of-own")
    for path in (picture_path, people_path):
        assert _get(path("session-of-own", outcome.id))[0] == 200
        assert _get(path("session-of-other", outcome.id), OTHER)[0] == 404
        assert _get(path("session-of-own", outcome.id), OTHER)[0] == 404
        assert _get(path("session-of-own", "another"))[0] == 404
    assert _get(picture_path("session-of-own", outcome.id), asked="bytes=10-19") == (206, bytes(10))


def test_what_was_found_on_the_performer_is_for_every_visitor_but_not_for_strangers() -> None:
    outcome = _outcome()
    performer_comparisons().put(SETTINGS, outcome)
    assert _get(picture_path("session-of-other", outcome.id), OTHER)[0] == 200
    assert _get(picture_path("no-such-session", outcome.id), OTHER)[0] == 404


def test_people_are_sent_frame_by_frame_a_before_b() -> None:
    seen = _outcome().comparison.looked.seen
    pairs = [(decode_people(a), decode_people(b)) for a, b in read_sides(encode_sides(seen))]
    assert [(len(a.people), len(b.people)) for a, b in pairs] == [(1, 0), (1, 1), (1, 1)]
    assert [a.frame_id for a, _ in pairs] == [0, 1, 2]
    moved = pairs[2][1].people[0].xy_norm - pairs[2][0].people[0].xy_norm
    assert moved[0, 0] * 640 == pytest.approx(2, abs=0.1)

"""Landmarks from a browser: only from a page that is open and signed in, only while they are wanted, never too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from pose_core.export.landmarks_message import LONGEST
from pose_core.pipeline.live import ToldStream
from pose_ui.live_view.browser_model import landmarks_route as route
from pose_ui.live_view.browser_model.landmarks_route import LANDMARKS_PATH, landmarks_route
from pose_ui.shell import upload_gate
from pose_ui.shell.state import LIVE, SIGNED_IN
from pose_ui.shell.visitors import COOKIE, visitor_of
from tests.support.landmarks import landmarks_message
from tests.support.poses import make_pose
from tests.support.rest_client import Client
from tests.support.routes import serving
from tests.support.watching import Note

Post = Callable[..., int]

OWN, OTHER = "a" * 43, "b" * 43
SESSION = "session-of-own"
TURN = 4
FRAMES = [(40.0 * number, (640, 480), [(1, make_pose())]) for number in range(3)]


@pytest.fixture
def note(monkeypatch: pytest.MonkeyPatch) -> Note:
    """Watches what the session's connection is told."""
    note = Note()
    connection = SimpleNamespace(turn=TURN, told=ToldStream(watchers=[note]))
    states = {
        SESSION: {SIGNED_IN: True, LIVE: SimpleNamespace(connection=connection)},
        "session-elsewhere": {SIGNED_IN: True},
        "session-of-nobody": {SIGNED_IN: True, LIVE: SimpleNamespace(connection=SimpleNamespace(told=None))},
        "session-before": {LIVE: SimpleNamespace(connection=connection)},
    }
    for module in (route, upload_gate):
        monkeypatch.setattr(module, "open_session_state", states.get)
    monkeypatch.setattr(upload_gate, "visitor_in", lambda session: visitor_of({COOKIE: OWN}))
    return note


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    with serving(landmarks_route(closed=True)) as (port, _):

        def ask(
            body: bytes, session: str = SESSION, *, cookie: str = OWN, method: str = "POST", folder: str = ""
        ) -> int:
            headers = {"cookie": f"{COOKIE}={cookie}"}
            answer = Client(port).ask(method, f"/{folder}{LANDMARKS_PATH}{session}", body, headers=headers)
            return answer.status

        yield ask


@pytest.mark.parametrize("folder", ["", "some/where/"])
def test_what_the_page_sends_reaches_the_watchers(note: Note, post: Post, folder: str) -> None:
    assert post(landmarks_message(*FRAMES, turn=TURN), folder=folder) == 204
    assert [len(frame.people) for frame in note.frames] == [1, 1, 1]


@pytest.mark.parametrize(
    ("session", "cookie", "status"),
    [
        ("no-such-session", OWN, 403),
        ("no_session", OWN, 403),
        (SESSION, OTHER, 403),
        ("session-before", OWN, 403),
        ("session-elsewhere", OWN, 409),
        ("session-of-nobody", OWN, 409),
    ],
)
def test_nobody_else_is_heard(note: Note, post: Post, session: str, cookie: str, status: int) -> None:
    assert post(landmarks_message(*FRAMES, turn=TURN), session, cookie=cookie) == status
    assert note.frames == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (landmarks_message(*FRAMES, turn=TURN - 1), 409),
        (b"", 400),
        (b"{}", 400),
        (landmarks_message(*FRAMES, turn=TURN)[:-1], 400),
        (bytes(LONGEST + 1), 413),
    ],
    ids=["an_earlier_start", "empty", "json", "cut_off", "too_long"],
)
def test_anything_else_is_refused(note: Note, post: Post, body: bytes, status: int) -> None:
    assert post(body) == status
    assert note.frames == []


def test_a_flood_is_refused(note: Note, post: Post) -> None:
    answers = {
        post(landmarks_message(*((at + 1.0 * number, (640, 480), []) for number in range(60)), turn=TURN))
        for at in (0, 60, 120, 180, 240, 300)
    }
    assert answers == {204, 429}
    assert len(note.frames) <= 240


def test_only_posts_are_answered(note: Note, post: Post) -> None:
    assert post(b"", method="PUT") == 405


def test_when_nobody_watches_any_more_nothing_is_taken(note: Note, post: Post) -> None:
    connection = route._connection_of(SESSION)
    assert connection is not None
    assert connection.told is not None
    connection.told.watchers.remove(note)
    assert post(landmarks_message(*FRAMES, turn=TURN)) == 409

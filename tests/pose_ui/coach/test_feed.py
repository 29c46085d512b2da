"""The counter's feed: for the browser of an open session only, and only while something is counted."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pose_ui.coach import feed
from pose_ui.coach.feed import FEED_PATH, coach_feed_route
from pose_ui.coach.session import LiveCoach
from pose_ui.shell.state import COACH
from tests.support.performing import Show, truly
from tests.support.routes import serving

SESSION = "0123abcd-session"


def _get(path: str) -> tuple[int, str, str]:
    """Status, type and body of an answer."""
    with serving(coach_feed_route(closed=False)) as (port, _):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=60) as answer:
                return answer.status, answer.headers["content-type"] or "", answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, "", ""


def _open(monkeypatch: pytest.MonkeyPatch, kept: dict[str, Any]) -> None:
    monkeypatch.setattr(feed, "open_session_state", lambda session: kept if session == SESSION else None)
    monkeypatch.setattr(feed, "may_upload", lambda session, headers, *, closed: session == SESSION)


@pytest.mark.parametrize("session", [SESSION, "no_such.session"])
def test_a_session_that_is_not_open_gets_nothing(session: str) -> None:
    assert _get(FEED_PATH + session)[0] == 403


@pytest.mark.parametrize("kept", [{}, {COACH: SimpleNamespace(live=None)}], ids=["new", "idle"])
def test_the_browser_is_told_not_to_ask_again_while_nothing_is_counted(
    monkeypatch: pytest.MonkeyPatch, kept: dict[str, Any]
) -> None:
    _open(monkeypatch, kept)
    assert _get(f"some/where/{FEED_PATH}{SESSION}")[0] == 204


def test_each_new_state_is_sent_and_the_answer_ends_with_the_set(monkeypatch: pytest.MonkeyPatch) -> None:
    live = LiveCoach("squat", lambda: np.zeros((48, 64, 3), dtype=np.uint8))
    frames = iter(truly(Show("squat_right", 90.0, 1.0, cycles=1)))
    session = SimpleNamespace(live=live)

    async def next_frame(_: float) -> None:
        frame = next(frames, None)
        if frame is None:
            session.live = None
        else:
            live.add(frame)

    monkeypatch.setattr(feed, "asyncio", SimpleNamespace(sleep=next_frame))
    _open(monkeypatch, {COACH: session})
    status, kind, body = _get(FEED_PATH + SESSION)
    assert status == 200
    assert kind.startswith("text/event-stream")
    told = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: ")]
    assert [one["count"] for one in (told[0], told[-1])] == [0, 1]

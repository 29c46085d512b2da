"""Who may upload: the session's id, which stands in the address, is no proof."""

from __future__ import annotations

import pytest

from pose_ui.shell import upload_gate
from pose_ui.shell.state import SIGNED_IN
from pose_ui.shell.upload_gate import may_upload
from pose_ui.shell.visitors import COOKIE, visitor_of

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

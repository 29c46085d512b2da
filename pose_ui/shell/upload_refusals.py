"""Uploads that were refused before Streamlit saw them, until their visitors have been told."""

from __future__ import annotations

import threading
from collections.abc import Container
from http import HTTPStatus

__all__ = ["UploadRefusals"]


class UploadRefusals:
    """The last refusal of each session; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, HTTPStatus] = {}

    def note(self, session_id: str, status: HTTPStatus) -> None:
        """An upload of this session was refused."""
        with self._lock:
            self._last[session_id] = status

    def waits(self, session_id: str) -> bool:
        """Whether there is something to tell."""
        with self._lock:
            return session_id in self._last

    def take(self, session_id: str) -> HTTPStatus | None:
        """What to tell, once."""
        with self._lock:
            return self._last.pop(session_id, None)

    def forget_all_but(self, session_ids: Container[str]) -> None:
        """Those of all other sessions are of no use any more."""
        with self._lock:
            self._last = {session: status for session, status in self._last.items() if session in session_ids}

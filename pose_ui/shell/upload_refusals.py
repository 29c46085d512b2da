"""Uploads that were refused before Streamlit saw them, until their visitors have been told."""

from __future__ import annotations

import threading
from collections.abc import Container
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

__all__ = ["Refusal", "UploadRefusals"]

_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an upload was refused.

    Attributes
    ----------
    status : HTTPStatus
        What the browser was answered.
    name : str
        The file's, if it is too large by itself; empty otherwise.
    megabytes : float
        Its size; 0 without a name.
    """

    status: HTTPStatus
    name: str = ""
    megabytes: float = 0.0


class UploadRefusals:
    """What each session has to be told; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Refusal, ...]] = {}

    def note(self, session_id: str, refusal: Refusal) -> None:
        """An upload of this session was refused. The last twenty different refusals are kept."""
        with self._lock:
            others = [one for one in self._waiting.get(session_id, ()) if one != refusal]
            self._waiting[session_id] = (*others, refusal)[-_MOST:]

    def waits(self, session_id: str) -> bool:
        """Whether there is something to tell."""
        with self._lock:
            return session_id in self._waiting

    def take(self, session_id: str) -> tuple[Refusal, ...]:
        """What to tell, once."""
        with self._lock:
            return self._waiting.pop(session_id, ())

    def forget_all_but(self, session_ids: Container[str]) -> None:
        """Those of all other sessions are of no use any more."""
        with self._lock:
            self._waiting = {
                session: refusals for session, refusals in self._waiting.items() if session in session_ids
            }

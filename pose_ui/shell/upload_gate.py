"""Uploads from pages: only from visitors who are signed in, only so many megabytes, and freed when they have left.

Streamlit takes an upload for any session there is. It keeps it until the visitor removes it or, once the visitor has
left, until some other visitor leaves, too.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.pace import Pace, TooSlowError, paced
from pose_core.media.images import MAX_FILE_MB
from pose_ui.shell.state import OWN_MODEL, PHOTO, SIDES, SIGNED_IN, VALIDATE
from pose_ui.shell.streamlit_bindings import (
    SMALLEST,
    ShownPage,
    all_session_states,
    forget_sessions_that_left,
    open_session_state,
    upload_sizes,
    visitor_in,
)
from pose_ui.shell.upload_refusals import Refusal, UploadRefusals
from pose_ui.shell.visitors import cookies_of, visitor_of

__all__ = ["ALL_MB", "ANY_SIZE_MB", "SESSION_ID", "SESSION_MB", "SLOWEST_KB_S", "UploadGate", "may_upload"]

_MB: Final = 1024 * 1024
#: For `st.file_uploader`: its browser side refuses nothing, since its own line on that is gone at the next run.
ANY_SIZE_MB: Final = 1_000_000
#: What one visitor's files may take in memory, those on their way included. The Photo page keeps at most 200 MB of it
#: (`pose_ui.photo.session`); the rest is for a clip, and for the drop that is one too many and is told so.
SESSION_MB: Final = 250
#: The same for all visitors together.
ALL_MB: Final = 500
#: How often the sessions of visitors who left are looked for. They may come back within two minutes.
LOOK_EVERY_S: Final = 15.0
#: What a session's id in an address may look like.
SESSION_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
_UPLOAD: Final = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+")
#: The largest body that Streamlit reads if it states no size: the file and the form around it.
_LARGEST: Final = (MAX_FILE_MB + 1) * _MB
#: As slow as a mobile network gets; without an end, as 50 MB take their time there.
SLOWEST_KB_S: Final = 16
#: So many bytes of a form contain the file's name.
_FORM_HEAD: Final = 1000
_FILE_NAME: Final = re.compile(rb'filename="([^"\r\n]{1,255})"')
_PACE: Final = Pace(grace_s=10.0, bytes_s=SLOWEST_KB_S * 1024, whole_s=3600.0)

_SENTENCES: Final = {
    HTTPStatus.FORBIDDEN: "An upload must come from a page that is open and signed in; this one does not. Reload the "
    "page and sign in.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"A file may have {MAX_FILE_MB} MB, and the files of one visitor "
    f"{SESSION_MB} MB at a time; with this one they would have more. Remove some, or choose smaller ones.",
    HTTPStatus.INSUFFICIENT_STORAGE: f"The files of all visitors may have {ALL_MB} MB at a time; with this one they "
    "would have more. Try again in a few minutes.",
    HTTPStatus.REQUEST_TIMEOUT: f"A file must arrive at {SLOWEST_KB_S} kB a second or faster; this one did "
    "not. Try again, or choose a smaller one.",
}


def may_upload(session_id: str, headers: Iterable[tuple[bytes, bytes]], *, closed: bool) -> bool:
    """Whether a browser has this session open and, if visitors must sign in, is the one that signed in there.

    The session's id alone proves nothing: it stands in the address.
    """
    state = open_session_state(session_id)
    if state is None or not closed:
        return state is not None
    visitor = visitor_of(cookies_of(headers))
    try:
        return state[SIGNED_IN] is True and visitor is not None and visitor == visitor_in(session_id)
    except KeyError:
        return False


def _kept() -> Counter[str]:
    """Bytes of files that each session keeps: in Streamlit's memory, and on the pages that keep some."""
    kept = Counter(upload_sizes())
    for session_id, state in all_session_states().items():
        for page in (OWN_MODEL, PHOTO, VALIDATE, SIDES):
            try:
                kept[session_id] += state[page].kept_bytes
            except KeyError:
                continue
    return kept


class UploadGate:
    """ASGI middleware in front of Streamlit's upload route: refuses, before the body is read, what may not come in.

    Parameters
    ----------
    app : ASGI application
    refusals : UploadRefusals
        Gets what pages should tell their visitors: Streamlit's uploader shows just a status code.
    closed : bool
        Whether visitors must sign in.
    look_every_s : float
        How often what belongs to visitors who left is freed.
    """

    def __init__(
        self, app: ASGIApp, refusals: UploadRefusals, *, closed: bool, look_every_s: float = LOOK_EVERY_S
    ) -> None:
        self._app = app
        self._refusals = refusals
        self._closed = closed
        self._look_every_s = look_every_s
        self._arriving: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, or refuse an upload."""
        if scope["type"] != "lifespan" and self._timer is None:
            self._look()
        upload = _UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if upload is None or scope["method"] not in ("PUT", "DELETE"):
            await self._app(scope, receive, send)
            return
        session_id = upload[1]
        if not may_upload(session_id, scope["headers"], closed=self._closed):
            await _refuse(HTTPStatus.FORBIDDEN, scope, receive, send)
            return
        if scope["method"] == "DELETE":
            await self._app(scope, receive, send)
            return
        stated = _stated_size(scope)
        size = max(SMALLEST, _LARGEST if stated is None else stated)
        if stated is not None and stated > MAX_FILE_MB * _MB:  # with the form around it, as Streamlit counts
            refusal: Refusal | None = await _too_large(stated, receive)
        else:
            refusal = self._refusal(session_id, size)
        if refusal is not None:
            self._tell(session_id, refusal)
            await _refuse(refusal.status, scope, receive, send)
            return
        self._arriving[session_id] += size
        try:
            await self._take(session_id, scope, receive, send)
        finally:
            self._arriving[session_id] -= size
            if not self._arriving[session_id]:
                del self._arriving[session_id]

    def _refusal(self, session_id: str, size: int) -> Refusal | None:
        kept = _kept()
        if kept[session_id] + self._arriving[session_id] + size > SESSION_MB * _MB:
            return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if kept.total() + self._arriving.total() + size > ALL_MB * _MB:
            return Refusal(HTTPStatus.INSUFFICIENT_STORAGE)
        return None

    async def _take(self, session_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def observed(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, paced(receive, _PACE), observed)
        except (
            ClientDisconnect
        ):  # cancelled, or the tab was closed: nobody is left to answer, and nothing is wrong
            return
        except TooSlowError:
            if not started:
                self._tell(session_id, Refusal(HTTPStatus.REQUEST_TIMEOUT))
                await _refuse(HTTPStatus.REQUEST_TIMEOUT, scope, receive, send)

    def _tell(self, session_id: str, refusal: Refusal) -> None:
        """Have the page say so."""
        self._refusals.note(session_id, refusal)
        ShownPage(session_id).wake(lambda: self._refusals.waits(session_id))

    def _look(self) -> None:
        forget_sessions_that_left()
        self._refusals.forget_all_but(all_session_states())
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._look_every_s, self._look)


def _stated_size(scope: Scope) -> int | None:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None


async def _too_large(size: int, receive: Receive) -> Refusal:
    """For a file that is too large by itself: of its body only the first piece is read, with its name."""
    try:
        start = (await paced(receive, _PACE)()).get("body", b"")
    except TooSlowError:
        start = b""
    name = _FILE_NAME.search(start[:_FORM_HEAD])
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, name[1].decode(errors="replace") if name else "?", size / _MB
    )


async def _refuse(status: HTTPStatus, scope: Scope, receive: Receive, send: Send) -> None:
    # The browser may be sending still: the connection ends with this answer rather than after the whole file.
    response = PlainTextResponse(_SENTENCES[status], status, {"Connection": "close"})
    await response(scope, receive, send)

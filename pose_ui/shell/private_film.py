"""What routes for a visitor's own film share: whose it is, and the parts of it that a player asks for."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pose_ui.shell.film_upload import film_owner
from pose_ui.shell.streamlit_bindings import visitor_in
from pose_ui.shell.upload_gate import may_upload
from pose_ui.shell.visitors import cookies_of, visitor_of

__all__ = ["owner_who_asks", "ranged"]

_PIECE: Final = 256 * 1024
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")
_MP4, _WEBM = "video/mp4", "video/webm"
#: Private, and gone with the film.
_HEADERS: Final = {"Cache-Control": "no-store", "Accept-Ranges": "bytes"}


def owner_who_asks(request: Request, *, closed: bool) -> str | None:
    """The owner of the session in the path's ``session_id``; None for a browser that does not have it open.

    Parameters
    ----------
    request : Request
    closed : bool
        Whether visitors must sign in.
    """
    session_id, headers = request.path_params["session_id"], request.scope["headers"]
    if not may_upload(session_id, headers, closed=closed):
        return None
    visitor = visitor_in(session_id)
    if visitor is not None and visitor != visitor_of(cookies_of(headers)):
        return None
    return film_owner(session_id)


def ranged(data: bytes, asked: str) -> Response:
    """The film, or the part of it that a player asks for, piece by piece: never a second copy of it in memory.

    Parameters
    ----------
    data : bytes
    asked : str
        The request's header Range; empty for all.
    """
    size = len(data)
    first, last, status = 0, size - 1, HTTPStatus.OK
    headers = dict(_HEADERS)
    found = _RANGE.fullmatch(asked)
    if found and (found[1] or found[2]):
        if found[1]:
            first = int(found[1])
            last = min(int(found[2]), last) if found[2] else last
        else:
            first = max(0, size - int(found[2]))
        if first > last:
            headers["Content-Range"] = f"bytes */{size}"
            return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(first, last + 1, _PIECE):
            yield data[start : min(start + _PIECE, last + 1)]

    kind = _WEBM if data[:4] == b"\x1aE\xdf\xa3" else _MP4
    return StreamingResponse(pieces(), status, headers, kind)

"""Where the player gets a film and its people: from memory, for the browser whose film it is and for nobody else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ops.films import FilmStudio
from ops.jobs import NoSuchJobError
from pose_core.export.film_message import encode_film
from pose_ui.shell.film_upload import FILM_PATH, film_owner
from pose_ui.shell.streamlit_bindings import visitor_in
from pose_ui.shell.upload_gate import may_upload
from pose_ui.shell.visitors import cookies_of, visitor_of

__all__ = ["film_routes", "people_path", "picture_path"]

_PIECE: Final = 256 * 1024
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")
_MP4, _WEBM = "video/mp4", "video/webm"
#: Private, and gone with the film.
_HEADERS: Final = {"Cache-Control": "no-store", "Accept-Ranges": "bytes"}


def picture_path(session_id: str, job_id: str) -> str:
    """Address of the film that the player shows, relative to the dashboard's."""
    return f"{FILM_PATH}{session_id}/{job_id}/film"


def people_path(session_id: str, job_id: str, version: int) -> str:
    """Address of `pose_core.export.film_message.encode_film` of a job's result; the version only tells them apart."""
    return f"{FILM_PATH}{session_id}/{job_id}/people-{version}"


def film_routes(studio: Callable[[], FilmStudio], *, closed: bool) -> tuple[Route, ...]:
    """The routes, below any folder. What is not there, and what is somebody else's, is 404.

    Parameters
    ----------
    studio : callable
        Returns the one studio of the process.
    closed : bool
        Whether visitors must sign in.
    """

    def allowed(request: Request) -> str | None:
        """The owner; None for a browser that does not have the session open."""
        session_id, headers = request.path_params["session_id"], request.scope["headers"]
        if not may_upload(session_id, headers, closed=closed):
            return None
        visitor = visitor_in(session_id)
        if visitor is not None and visitor != visitor_of(cookies_of(headers)):
            return None
        return film_owner(session_id)

    async def film(request: Request) -> Response:
        owner = allowed(request)
        if owner is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        try:
            outcome = studio().jobs.get(request.path_params["job_id"], owner).result
        except NoSuchJobError:
            outcome = None
        if outcome is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return _ranged(outcome.copy_mp4 or outcome.data, request.headers.get("range", ""))

    async def people(request: Request) -> Response:
        owner = allowed(request)
        if owner is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        try:
            version = studio().version(request.path_params["job_id"], owner)
        except NoSuchJobError:
            version = None
        if version is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        body = await anyio.to_thread.run_sync(encode_film, version.result)
        return Response(body, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})

    folder = "/{folder:path}" + FILM_PATH + "{session_id}/{job_id}/"
    return Route(folder + "film", film), Route(folder + "people-{version:int}", people)


def _ranged(data: bytes, asked: str) -> Response:
    """The film, or the part of it that a player asks for, piece by piece: never a second copy of it in memory."""
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

"""Where the browser sends a film: straight into one buffer in memory, once and never on disk.

Streamlit's own uploader would write it to a temporary file and hold it twice.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ops.films import FilmStudio
from ops.pace import Pace, TooSlowError, paced
from pose_core.errors import BusyError, ClipError, PoseCoreError
from pose_ui.shell.streamlit_bindings import visitor_in
from pose_ui.shell.upload_gate import SESSION_ID, SLOWEST_KB_S, may_upload

__all__ = ["FILM_PATH", "film_owner", "film_upload_route"]

#: Relative to the dashboard's address; the session's id follows. PUT it with the header `NAME_HEADER`.
FILM_PATH: Final = "posedeck/film/"
#: The file's name, percent-encoded.
NAME_HEADER: Final = "X-Film-Name"
_LONGEST_NAME: Final = 200
_PACE: Final = Pace(grace_s=10.0, bytes_s=SLOWEST_KB_S * 1024, whole_s=6 * 3600.0)


def film_owner(session_id: str) -> str:
    """Whose the films and jobs of a page are: the browser's, so that a reload finds them; else the session's."""
    return f"visitor {visitor_in(session_id) or session_id}"


def film_upload_route(studio: Callable[[], FilmStudio], *, closed: bool) -> Route:
    """The route that takes films, below any folder.

    It answers 201 with ``{"film": id}``, for `FilmStudio.film`. A refusal is ``{"code", "values", "message"}``, before
    the body is read: 403 for a session that is not open or not signed in, 411, 413, 507 if there is no room for it.

    Parameters
    ----------
    studio : callable
        Returns the one studio of the process.
    closed : bool
        Whether visitors must sign in.
    """

    async def take(request: Request) -> Response:
        session_id = request.path_params["session_id"]
        if not SESSION_ID.fullmatch(session_id) or not may_upload(
            session_id, request.scope["headers"], closed=closed
        ):
            return _refusal(
                HTTPStatus.FORBIDDEN,
                PoseCoreError(
                    "film_not_signed_in",
                    "A video must come from a page that is open and signed in; this one does not. Reload the page and "
                    "sign in.",
                ),
            )
        length = request.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            return _refusal(
                HTTPStatus.LENGTH_REQUIRED,
                ClipError(
                    "film_cut_off",
                    "The whole video must arrive; the end of this one is missing. Send it again.",
                ),
            )
        name = unquote(request.headers.get(NAME_HEADER, ""))[:_LONGEST_NAME] or "film"
        try:
            with studio().arrive(film_owner(session_id), name, int(length)) as film:
                in_time = Request(request.scope, paced(request.receive, _PACE))
                async for piece in in_time.stream():
                    film.add(piece)
                film.finish()
        except BusyError as error:
            return _refusal(HTTPStatus.INSUFFICIENT_STORAGE, error)
        except ClipError as error:
            large = error.code == "file_too_large"
            return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE if large else HTTPStatus.BAD_REQUEST, error)
        except TooSlowError:
            return _refusal(
                HTTPStatus.REQUEST_TIMEOUT,
                ClipError(
                    "film_too_slow",
                    "A video must arrive at {speed} kB a second or faster; this one did not. Send it again, or a "
                    "smaller one.",
                    speed=SLOWEST_KB_S,
                ),
            )
        except ClientDisconnect:  # cancelled, or the tab was closed: nobody is left to answer
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return JSONResponse({"film": film.id}, status_code=HTTPStatus.CREATED)

    return Route("/{folder:path}" + FILM_PATH + "{session_id}", take, methods=["PUT"])


def _refusal(status: HTTPStatus, error: PoseCoreError) -> Response:
    # The browser may be sending still: the connection ends with this answer rather than after the whole file.
    body = {"code": error.code, "values": error.values, "message": str(error)}
    return JSONResponse(body, status_code=status, headers={"Connection": "close"})

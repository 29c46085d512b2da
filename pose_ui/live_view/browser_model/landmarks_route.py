"""The route to which a browser that runs the model sends its landmarks, while somebody wants them.

Landmarks come from the visitor's own page alone: the session must be open there and signed in, as for a film.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import anyio.to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ops.pace import Pace, TooSlowError, paced
from pose_core.export.landmarks_message import LONGEST, decode_landmarks
from pose_ui.shell.state import LIVE
from pose_ui.shell.streamlit_bindings import open_session_state
from pose_ui.shell.upload_gate import SESSION_ID, may_upload

if TYPE_CHECKING:  # it brings WebRTC with it, which the start of the server need not wait for
    from pose_ui.live_view.connection import Connection

__all__ = ["LANDMARKS_PATH", "landmarks_route"]

#: Relative to the dashboard's address; the session's id follows.
LANDMARKS_PATH: Final = "posedeck/landmarks/"
_PACE: Final = Pace(grace_s=5.0, bytes_s=16 * 1024, whole_s=20.0)


def _connection_of(session_id: str) -> Connection | None:
    """The connection of this session, if it has one that wants landmarks."""
    state = open_session_state(session_id)
    try:
        connection: Connection | None = state[LIVE].connection if state is not None else None
    except KeyError:
        return None
    wanted = connection is not None and connection.told is not None and connection.told.wanted
    return connection if wanted else None


def _take(connection: Connection, body: bytes) -> HTTPStatus:
    try:
        message = decode_landmarks(body)
    except ValueError:
        return HTTPStatus.BAD_REQUEST
    told = connection.told
    if told is None or not told.wanted or message.turn != connection.turn:
        return HTTPStatus.CONFLICT
    return HTTPStatus.NO_CONTENT if told.tell(message.frames) else HTTPStatus.TOO_MANY_REQUESTS


def landmarks_route(*, closed: bool) -> Route:
    """The route, below any folder, for messages of `pose_core.export.landmarks_message`.

    It answers 204. A refusal says only its status: before the body is read 403 for a session that is not open or not
    signed in, 409 where nobody wants landmarks, 411, 413; then 400 for what is no such message, 408, 409 for one of an
    earlier start, and 429 for more frames than a camera has.

    Parameters
    ----------
    closed : bool
        Whether visitors must sign in.
    """

    async def take(request: Request) -> Response:
        session_id = request.path_params["session_id"]
        length = request.headers.get("content-length", "")
        if not SESSION_ID.fullmatch(session_id) or not may_upload(
            session_id, request.scope["headers"], closed=closed
        ):
            return _refusal(HTTPStatus.FORBIDDEN)
        connection = _connection_of(session_id)
        if connection is None:
            return _refusal(HTTPStatus.CONFLICT)
        if not (length.isascii() and length.isdigit()):
            return _refusal(HTTPStatus.LENGTH_REQUIRED)
        if int(length) > LONGEST:
            return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            body = await Request(request.scope, paced(request.receive, _PACE)).body()
        except TooSlowError:
            return _refusal(HTTPStatus.REQUEST_TIMEOUT)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return Response(status_code=await anyio.to_thread.run_sync(_take, connection, body))

    return Route("/{folder:path}" + LANDMARKS_PATH + "{session_id}", take, methods=["POST"])


def _refusal(status: HTTPStatus) -> Response:
    return Response(status_code=status, headers={"Connection": "close"})  # the rest of the body is not read

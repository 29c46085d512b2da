"""The route that sends the counter to the visitor's browser, frame by frame, without a run of the page.

Server-sent events: each is a `coach_message`. An answer ends after a while, and when the page is closed or nothing is
counted; the browser then asks again by itself as long as its page wants more.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pose_ui.coach.message import coach_message
from pose_ui.coach.session import LiveCoach
from pose_ui.shell.state import COACH
from pose_ui.shell.streamlit_bindings import open_session_state
from pose_ui.shell.upload_gate import SESSION_ID, may_upload

__all__ = ["FEED_PATH", "coach_feed_route"]

#: Relative to the dashboard's address; the session's id follows.
FEED_PATH: Final = "posedeck/coach/"
#: How often it looks for something new: a third of the time between two frames.
_LOOK_S: Final = 0.01
_LONGEST_S: Final = 20.0
_AGAIN_MS: Final = 100
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def _live_of(session_id: str) -> LiveCoach | None:
    """The coach that runs in this session; None if nothing runs, or the page is closed."""
    state = open_session_state(session_id)
    try:
        live: LiveCoach | None = state[COACH].live if state is not None else None
    except KeyError:
        return None
    return live


async def _events(session_id: str) -> AsyncIterator[str]:
    yield f"retry: {_AGAIN_MS}\n\n"
    end_s = time.monotonic() + _LONGEST_S
    sent = -1.0
    while time.monotonic() < end_s and (live := _live_of(session_id)) is not None:
        at_ms = live.at_ms
        if at_ms != sent:
            sent = at_ms
            yield f"data: {json.dumps(coach_message(live.state, at_ms), allow_nan=False)}\n\n"
        await asyncio.sleep(_LOOK_S)


def coach_feed_route(*, closed: bool) -> Route:
    """The route, below any folder. It answers 403 for a session that is not open or not signed in, 204 if nothing runs.

    Parameters
    ----------
    closed : bool
        Whether visitors must sign in.
    """

    async def feed(request: Request) -> Response:
        session_id = request.path_params["session_id"]
        if not SESSION_ID.fullmatch(session_id) or not may_upload(
            session_id, request.scope["headers"], closed=closed
        ):
            return Response(status_code=HTTPStatus.FORBIDDEN)
        if _live_of(session_id) is None:
            return Response(status_code=HTTPStatus.NO_CONTENT)  # tells the browser not to ask again
        return StreamingResponse(_events(session_id), media_type="text/event-stream", headers=_HEADERS)

    return Route("/{folder:path}" + FEED_PATH + "{session_id}", feed)

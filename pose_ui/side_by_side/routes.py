"""Where the browser gets the film of a comparison and both settings' people, from memory."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pose_core.export.sides_message import encode_sides
from pose_ui.shell.private_film import owner_who_asks, ranged
from pose_ui.side_by_side.work import Outcome, find_outcome

__all__ = ["people_path", "picture_path", "sides_routes"]

_FOLDER: Final = "posedeck/sides/"


def picture_path(session_id: str, outcome_id: str) -> str:
    """Address of the film, relative to the dashboard's."""
    return f"{_FOLDER}{session_id}/{outcome_id}/film"


def people_path(session_id: str, outcome_id: str) -> str:
    """Address of `pose_core.export.sides_message.encode_sides` of the comparison."""
    return f"{_FOLDER}{session_id}/{outcome_id}/people"


def sides_routes(*, closed: bool) -> tuple[Route, ...]:
    """The routes, below any folder. What is not there, and what is somebody else's, is 404.

    Parameters
    ----------
    closed : bool
        Whether visitors must sign in.
    """

    def answer(make: Callable[[Outcome, Request], Response]) -> Callable[[Request], Response]:
        def found(request: Request) -> Response:  # not async: it runs in a thread of its own
            owner = owner_who_asks(request, closed=closed)
            outcome = None if owner is None else find_outcome(request.path_params["outcome_id"], owner)
            return Response(status_code=HTTPStatus.NOT_FOUND) if outcome is None else make(outcome, request)

        return found

    def film(outcome: Outcome, request: Request) -> Response:
        return ranged(outcome.copy_mp4 or outcome.film, request.headers.get("range", ""))

    def people(outcome: Outcome, _: Request) -> Response:
        body = encode_sides(outcome.comparison.looked.seen)
        return Response(body, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})

    folder = "/{folder:path}" + _FOLDER + "{session_id}/{outcome_id}/"
    return Route(folder + "film", answer(film)), Route(folder + "people", answer(people))

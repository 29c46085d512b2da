"""Where the player gets a film and its people: from memory, for the browser whose film it is and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.films import FilmStudio
from ops.jobs import NoSuchJobError
from pose_core.export.film_message import encode_film
from pose_ui.shell.film_upload import FILM_PATH
from pose_ui.shell.private_film import owner_who_asks, ranged

__all__ = ["film_routes", "people_path", "picture_path"]


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

    async def film(request: Request) -> Response:
        owner = owner_who_asks(request, closed=closed)
        if owner is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        try:
            outcome = studio().jobs.get(request.path_params["job_id"], owner).result
        except NoSuchJobError:
            outcome = None
        if outcome is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return ranged(outcome.copy_mp4 or outcome.data, request.headers.get("range", ""))

    async def people(request: Request) -> Response:
        owner = owner_who_asks(request, closed=closed)
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

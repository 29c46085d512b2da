"""The route that gives a browser the model and the program that runs it: only to visitors who may see the pages."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from typing import Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from pose_ui.live_view.browser_model.files import ServedFile, served_files, version
from pose_ui.shell.visitors import Visitors, cookies_of, visitor_of

__all__ = ["browser_model_folder", "browser_model_route"]

_FOLDER: Final = "posedeck/browser-model-"
_YEAR_S: Final = 365 * 24 * 3600


def browser_model_folder() -> str:
    """Where `served_files` are, relative to the dashboard's address. It has a version, so all may be kept forever."""
    return f"{_FOLDER}{version()}/"


@cache
def _unpacked(file: ServedFile) -> bytes:
    return gzip.decompress(file.path.read_bytes())


def browser_model_route(visitors: Callable[[], Visitors], *, closed: bool) -> Route:
    """The route, below any folder. Whoever is not signed in gets 403.

    Parameters
    ----------
    visitors : callable
        Returns those of the process.
    closed : bool
        Whether visitors must sign in.
    """
    # What only some may have must not be kept by a proxy that serves all.
    kept = {"Cache-Control": f"{'private' if closed else 'public'}, max-age={_YEAR_S}, immutable"}

    async def answer(request: Request) -> Response:
        if closed:
            visitor = visitor_of(cookies_of(request.scope["headers"]))
            if visitor is None or not visitors().is_admitted(visitor):
                return Response(status_code=HTTPStatus.FORBIDDEN)
        file = served_files().get(request.path_params["name"])
        if file is None or request.path_params["version"] != version():
            return Response(status_code=HTTPStatus.NOT_FOUND)
        headers = dict(kept)
        if file.compressed:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" not in request.headers.get("Accept-Encoding", ""):
                body = await anyio.to_thread.run_sync(_unpacked, file)
                return Response(body, media_type=file.media_type, headers=headers)
            headers["Content-Encoding"] = "gzip"  # Streamlit leaves alone what is compressed already
        return FileResponse(file.path, media_type=file.media_type, headers=headers)

    return Route("/{folder:path}" + _FOLDER + "{version}/{name}", answer)

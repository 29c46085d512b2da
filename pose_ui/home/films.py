"""The short films of the Home page, made by ``scripts/make_films.py`` and served from disk."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

__all__ = ["FOLDER", "film_path", "film_route"]

FOLDER: Final = Path(__file__).with_name("films")

_PATH: Final = "posedeck/films/"
_TYPES: Final = {".mp4": "video/mp4", ".jpg": "image/jpeg"}
#: A check sum is part of the address, so a browser may keep the file forever.
_HEADERS: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


@cache
def _files() -> dict[str, Path]:
    """The files by their name in the address."""
    return {
        f"{file.stem}-{hashlib.sha256(file.read_bytes()).hexdigest()[:12]}{file.suffix}": file
        for file in sorted(FOLDER.iterdir())
        if file.suffix in _TYPES
    }


def film_path(name: str, suffix: str) -> str:
    """Address of a film ("mp4") or its still ("jpg"), relative to the dashboard's."""
    return _PATH + next(shown for shown, file in _files().items() if file.name == f"{name}.{suffix}")


async def _film(request: Request) -> Response:
    file = _files().get(request.path_params["name"])
    if file is None:
        raise HTTPException(404)
    return FileResponse(file, media_type=_TYPES[file.suffix], headers=_HEADERS)


def film_route() -> Route:
    """The route that serves them under any folder, as `pose_ui.shell.plotly_route` does."""
    return Route("/{folder:path}" + _PATH + "{name:str}", _film)

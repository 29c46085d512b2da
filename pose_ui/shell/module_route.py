"""The project's own JavaScript modules, served as they are: no build step."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["module_path", "module_route"]

_ROOT: Final = files("pose_ui")
#: By the name that they have in the browser, where all lie in one folder and import each other.
_FILES: Final = {
    path.name: path
    for path in (
        _ROOT / "widgets" / "pose_canvas" / "pose_canvas.js",
        _ROOT / "widgets" / "pose_canvas" / "people_message.js",
        _ROOT / "live_view" / "camera_view.js",
        _ROOT / "live_view" / "camera_overlay.js",
        _ROOT / "live_view" / "browser_model" / "landmarks_sender.js",
        _ROOT / "live_view" / "browser_model" / "model_view.js",
        _ROOT / "live_view" / "browser_model" / "model_worker.js",
        _ROOT / "live_view" / "browser_model" / "people_tracker.js",
        _ROOT / "video" / "film_player.js",
        _ROOT / "video" / "film_charts.js",
        _ROOT / "video" / "film_marks.js",
        _ROOT / "side_by_side" / "sides_view.js",
        _ROOT / "side_by_side" / "sides_clock.js",
    )
}
_FOLDER: Final = "posedeck/modules-"
_HEADERS: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


@cache
def _contents() -> tuple[str, dict[str, bytes]]:
    """A version that changes with any of the files, and what is in each."""
    contents = {name: path.read_bytes() for name, path in _FILES.items()}
    return hashlib.sha256(b"\0".join(contents.values())).hexdigest()[:16], contents


def module_path(name: str) -> str:
    """Address of a module, relative to the dashboard's. It has a version, so a browser may keep the file forever."""
    version, contents = _contents()
    if name not in contents:
        raise KeyError(name)
    return f"{_FOLDER}{version}/{name}"


async def _module(request: Request) -> Response:
    version, contents = _contents()
    body = contents.get(request.path_params["name"])
    if body is None or request.path_params["version"] != version:
        return Response(status_code=404)
    return Response(body, media_type="text/javascript", headers=_HEADERS)


def module_route() -> Route:
    """The route that serves `module_path` under any folder, like `pose_ui.shell.plotly_route`."""
    return Route(f"/{{folder:path}}{_FOLDER}{{version}}/{{name}}", _module)

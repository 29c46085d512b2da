"""Where requests come in: the routes for the application, counted, and quiet about what nobody foresaw."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import PurePath
from typing import Final

from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pose_core.pool import PosePool
from service.api import build_api
from service.desk import Desk, Limits
from service.metrics import Metrics

__all__ = ["routes"]

#: Also the only names of routes in the metrics; everything else is "other".
_PATHS: Final = frozenset(
    {
        "/predict",
        "/api/v1/pose",
        "/api/v1/models",
        "/api/v1/health",
        "/api/v1/metrics",
        "/api/v1/openapi.json",
    }
)
_OURS: Final = ("/predict", "/api/v1", "/api/v1/{rest:path}")
_log = logging.getLogger("posedeck")


def _log_unexpected(error: Exception) -> None:
    """Type and place only: the message might quote what a client sent."""
    trace = error.__traceback__
    places = []
    while trace is not None:
        places.append(f"{PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    _log.error("unexpected %s at %s", type(error).__name__, " > ".join(places[-6:]))


class _Gate:
    """ASGI application around the API, for each of its routes."""

    def __init__(self, api: ASGIApp, metrics: Metrics) -> None:
        self._api = api
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start_s = time.perf_counter()
        status = 0
        # Streamlit's server.baseUrlPath stays in the path of routes; to the API it is where it is mounted.
        folder = scope["path_params"].get("folder", "")
        root = f"{scope.get('root_path', '')}/{folder}" if folder else scope.get("root_path", "")
        inner = {**scope, "root_path": root, "path_params": {}}

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._api(inner, receive, watched)
        except Exception as error:  # noqa: BLE001 - the last place before a server would print a traceback
            _log_unexpected(error)  # the client has its answer already: see service.api
        finally:
            path = scope["path"].removeprefix(root)
            name = path if path in _PATHS else "other"
            self._metrics.count(name, status, time.perf_counter() - start_s)


def routes(pool: Callable[[], PosePool], limits: Limits | None = None) -> list[Route]:
    """The routes of the REST interface, below any folder.

    Below any, because the application gives its routes the whole path, ``server.baseUrlPath`` included.

    Parameters
    ----------
    pool : callable
        Returns the one pool of the process; called once for each request, when it is needed.
    limits : Limits, optional

    Returns
    -------
    list of Route
        For `st.App` or any other Starlette application.
    """
    metrics = Metrics()
    gate = _Gate(build_api(Desk(pool, limits or Limits()), metrics), metrics)
    return [Route(folder + path, gate) for folder in ("", "/{folder:path}") for path in _OURS]

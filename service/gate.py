"""Where requests enter: routes for the application that count, log, and keep unexpected errors quiet."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.configuration import Configuration
from ops.films import FilmStudio
from ops.log import log_event, log_unexpected
from pose_core.models.pool import PosePool
from service.access import Access
from service.api import build_api
from service.metrics import Metrics
from service.validation import VALIDATE, Validations
from service.video import VIDEO
from service.workers import Limits, Workers

__all__ = ["routes"]

#: Also the only names of routes in the metrics; everything else is "other".
_PATHS: Final = frozenset(
    {
        "/predict",
        "/api/v1/pose",
        VIDEO,
        VALIDATE,
        "/api/v1/models",
        "/api/v1/health",
        "/api/v1/metrics",
        "/api/v1/openapi.json",
    }
)
_ROUTES: Final = ("/predict", "/api/v1", "/api/v1/{rest:path}")
#: A client may send any text as the method; the log has only these.
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: If an answer of this interface is opened as a page, it loads and runs nothing.
_HEADERS: Final = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
)


@dataclass(slots=True)
class _Tally:
    """What is known of a request once it is over."""

    status: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class _Gate:
    """ASGI application around the API, for each of its routes; counts and logs requests."""

    def __init__(self, api: ASGIApp, metrics: Metrics) -> None:
        self._api = api
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start_s = time.perf_counter()
        tally = _Tally()
        # Routes get the path with Streamlit's server.baseUrlPath; to the API that is where it is mounted.
        folder = scope["path_params"].get("folder", "")
        root = f"{scope.get('root_path', '')}/{folder}" if folder else scope.get("root_path", "")
        inner = {**scope, "root_path": root, "path_params": {}}
        headers_alone = scope["method"] == "HEAD"  # answered as a GET without its body
        if headers_alone:
            inner["method"] = "GET"

        async def counted() -> Message:
            message = await receive()
            tally.bytes_in += len(message.get("body", b""))
            return message

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                tally.status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
            elif headers_alone:
                message = {**message, "body": b""}
            else:
                tally.bytes_out += len(message.get("body", b""))
            await send(message)

        try:
            await self._api(inner, counted, observed)
        except Exception as error:  # noqa: BLE001 - beyond this the server would print a traceback
            log_unexpected(error)  # the client already has its answer: see service.api
        finally:
            elapsed_s = time.perf_counter() - start_s
            path = scope["path"].removeprefix(root)
            job = next((kind for kind in (VIDEO, VALIDATE) if path.startswith(f"{kind}/")), None)
            route = job or (path if path in _PATHS else "other")
            self._metrics.count(route, tally.status, elapsed_s)
            log_event(
                "request",
                method=scope["method"] if scope["method"] in _METHODS else "other",
                route=route,
                status=tally.status,
                ms=round(elapsed_s * 1e3, 1),
                bytes_in=tally.bytes_in,
                bytes_out=tally.bytes_out,
            )


def routes(
    pool: Callable[[], PosePool],
    limits: Limits | None = None,
    configuration: Configuration | None = None,
    studio: Callable[[], FilmStudio] | None = None,
    validations: Validations | None = None,
) -> list[Route]:
    """The routes of the REST interface, below any folder.

    The application passes its routes the whole path, ``server.baseUrlPath`` included.

    Parameters
    ----------
    pool : callable
        Returns the one pool of the process; called once for each request that needs it.
    limits : Limits, optional
    configuration : Configuration, optional
        Token, origins and rate; without it the defaults.
    studio : callable, optional
        Returns the one studio for films of the process; without it there are no addresses for films.
    validations : Validations, optional
        What the addresses for validations need; without it there are none.

    Returns
    -------
    list of Route
        For `st.App` or any other Starlette application.
    """
    metrics = Metrics()
    configuration = configuration or Configuration()
    guarded = configuration.api_token is not None
    api = build_api(
        Workers(pool, limits or Limits()), metrics, guarded=guarded, studio=studio, validations=validations
    )
    gate = _Gate(Access(api, configuration), metrics)
    return [Route(folder + path, gate) for folder in ("", "/{folder:path}") for path in _ROUTES]

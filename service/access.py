"""Who may use the REST interface, and how often. Nothing here reads a request's body."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ops.configuration import Configuration
from ops.rate import RateLimit
from service import examples
from service.problems import Problem, problem_response

__all__ = ["HEALTH", "PREDICT", "Access", "describe_access"]

PREDICT: Final = "/predict"
#: Open to all and never limited, so that monitoring needs no token.
HEALTH: Final = "/api/v1/health"
_SCHEME: Final = "bearer"


class Access:
    """ASGI application in front of another one: lets a request through or answers it with 401 or 429.

    Parameters
    ----------
    app : ASGI application
    configuration : Configuration
        Only `api_token`, `origins` and `rate` matter here.
    """

    def __init__(self, app: ASGIApp, configuration: Configuration) -> None:
        self._app = app
        token = configuration.api_token
        self._token = None if token is None else token.encode()
        self._origins = configuration.origins
        self._limit = RateLimit(configuration.rate)
        # A budget of its own: behind a proxy, or in one office, wrong tokens may come from the address of a right one.
        # It saves work and log lines; what keeps a token from being guessed is its length.
        self._wrong_tokens = RateLimit(configuration.rate)
        self._inner: ASGIApp = self._checked
        if configuration.origins:
            # Outside the checks: a browser's preflight request carries no token, and pages may read refusals.
            self._inner = CORSMiddleware(
                self._checked,
                allow_origins=configuration.origins,
                allow_methods=("GET", "POST", "DELETE"),
                allow_headers=("Authorization", "Content-Type"),
                expose_headers=("Retry-After", "Location"),
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it."""
        await self._inner(scope, receive, send)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        problem = None if path == HEALTH else self._refusal(scope)
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await problem_response(problem, as_older_demo=path == PREDICT)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        # A browser sends a form to any address that a page names, and only hides the answer from the page.
        foreign = headers.get("sec-fetch-site") == "cross-site" and headers.get("origin") not in self._origins
        if foreign and scope["method"] == "POST":
            return _problem(HTTPStatus.FORBIDDEN, {})
        # The server names the client; it believes X-Forwarded-For only from proxies that it was told to trust.
        client = scope.get("client")
        known = self._token is None or self._has_token(headers.get("authorization", ""))
        limit = self._limit if known else self._wrong_tokens
        wait_s = limit.wait_s(client[0] if client else None)
        if wait_s:
            return _problem(HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(wait_s)})
        return None if known else _problem(HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})

    def _has_token(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        # Starlette decodes headers as Latin-1, so this restores the bytes that were sent.
        sent = token.strip().encode("latin-1")
        return scheme.lower() == _SCHEME and hmac.compare_digest(sent, self._token or b"")


def _problem(status: HTTPStatus, headers: dict[str, str]) -> Problem:
    known = examples.PROBLEMS[status]
    return Problem(status, known["code"], known["message"], known["hint"], headers)


def describe_access(document: dict[str, Any], guarded: bool) -> None:
    """Write into an OpenAPI document whether a token is needed: everywhere but at `HEALTH`, or nowhere."""
    if guarded:
        scheme = {"type": "http", "scheme": _SCHEME}
        document["components"]["securitySchemes"] = {"token": scheme}
        document["security"] = [{"token": []}]
        document["paths"][HEALTH]["get"]["security"] = []
        return
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop(str(int(HTTPStatus.UNAUTHORIZED)), None)

"""The REST interface itself: what each address answers."""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ops.films import FilmStudio
from pose_core.errors import PoseCoreError
from pose_core.models.bundles import bundle
from pose_core.models.landmarker import runtime_version
from pose_core.settings import VARIANTS, PoseSettings
from pose_core.version import VERSION
from service import examples
from service.access import HEALTH, PREDICT, describe_access
from service.metrics import METRICS_TYPE, Metrics
from service.negotiation import best_offer
from service.problems import Problem, from_core, problem_response
from service.schemas import (
    DemoLandmark,
    DemoProblemAnswer,
    HealthAnswer,
    Model,
    Options,
    PoseAnswer,
    ProblemAnswer,
)
from service.uploads import FIELD, check_head, read_uploads
from service.validation import Validations, add_validation
from service.video import add_video
from service.work import MANY, ONE, NobodyFoundError, answer_demo, answer_pose
from service.workers import Workers

__all__ = ["build_api"]

#: Only for the metrics, as nobody is left to read it. nginx logs the same number.
_CLIENT_LEFT: Final = 499
_NO_SUCH_ACCEPT: Final = (
    "Ask for application/json or text/csv or, with a single picture, for image/jpeg or image/png."
)

_ABOUT: Final = (
    "MediaPipe Pose over HTTP, from the process that serves the dashboard. Pictures stay in memory and are forgotten "
    "once the answer is sent."
)


def _problems(*statuses: int, model: type = ProblemAnswer) -> dict[int | str, dict[str, Any]]:
    """Entries of the OpenAPI document for errors."""
    entries: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        example = examples.PROBLEMS[status]
        if model is DemoProblemAnswer:
            example = {"error": example["message"]} | example
        entries[status] = {
            "model": model,
            "description": HTTPStatus(status).phrase,
            "content": {"application/json": {"example": example}},
        }
        if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            about = "Seconds to wait before the next request."
            entries[status]["headers"] = {
                "Retry-After": {"description": about, "schema": {"type": "integer"}}
            }
    return entries


def _form(images: int) -> dict[str, Any]:
    """The request body, as `service.uploads` reads it, for the OpenAPI document."""
    file = {"type": "string", "format": "binary", "description": "JPG, PNG, WebP, GIF, HEIC or AVIF."}
    field = file if images == 1 else {"type": "array", "items": file, "minItems": 1, "maxItems": images}
    schema = {"type": "object", "required": [FIELD], "properties": {FIELD: field}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def _versions() -> dict[str, str]:
    return {
        "posedeck": VERSION,
        "mediapipe": runtime_version(),
        "python": platform.python_version(),
    }


def _answer_problems(api: FastAPI) -> None:
    """Answer every error with JSON that has a code, a message and a hint."""

    def answer(request: Request, problem: Problem) -> Response:
        return problem_response(problem, as_older_demo=request.url.path.endswith(PREDICT))

    async def on_problem(request: Request, error: Problem) -> Response:
        return answer(request, error)

    async def on_core_error(request: Request, error: PoseCoreError) -> Response:
        return answer(request, from_core(error))

    async def on_bad_option(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"][1:])[:60]
        message = f"The option {name} is not valid: {first['msg']}."
        hint = "/api/v1/openapi.json has the names and ranges of all options."
        return answer(request, Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "option_invalid", message, hint))

    async def on_http_error(request: Request, error: HTTPException) -> Response:
        known = examples.PROBLEMS.get(error.status_code, examples.UNEXPECTED)
        problem = Problem(error.status_code, known["code"], known["message"], known["hint"], error.headers)
        return answer(request, problem)

    async def on_client_gone(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=_CLIENT_LEFT)

    async def on_unexpected(request: Request, _: Exception) -> Response:
        known = examples.UNEXPECTED
        problem = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, known["code"], known["message"], known["hint"])
        return answer(request, problem)

    handlers: list[tuple[type[Exception], Any]] = [
        (Problem, on_problem),
        (PoseCoreError, on_core_error),
        (RequestValidationError, on_bad_option),
        (HTTPException, on_http_error),
        (ClientDisconnect, on_client_gone),
        (Exception, on_unexpected),
    ]
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)


def _add_pictures(api: FastAPI, workers: Workers) -> None:
    """The two addresses that take pictures."""
    limits = workers.limits

    @api.post(
        PREDICT,
        tags=["older demo"],
        summary="The first person in one picture, in the older demo's format",
        response_class=Response,
        responses={
            200: {
                "model": list[DemoLandmark],
                "description": "The picture with the skeleton on it or, with format=json, its 33 landmarks.",
                "content": {
                    "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
                    "application/json": {"example": examples.DEMO},
                },
            },
            **_problems(400, 401, 403, 405, 408, 413, 415, 422, 429, 500, 503, model=DemoProblemAnswer),
        },
        openapi_extra=_form(1),
    )
    async def predict(
        request: Request,
        format: Annotated[
            str, Query(description="json for landmarks; anything else for the picture.", examples=["json"])
        ] = "jpeg",
    ) -> Response:
        check_head(request, limits.body_mb)
        async with workers.place(_host(request)) as arrived:
            (upload,) = await read_uploads(request, body_mb=limits.body_mb, images=1, pace=limits.pace)
            arrived()
            try:
                body = await workers.run(request, partial(answer_demo, upload, format == "json"))
            except NobodyFoundError:
                return JSONResponse(examples.NOBODY, status_code=HTTPStatus.BAD_REQUEST)
        return Response(body, media_type="application/json" if format == "json" else "image/jpeg")

    @api.post(
        "/api/v1/pose",
        tags=["pose"],
        summary="People in one or several pictures",
        response_class=Response,
        responses={
            200: {
                "model": PoseAnswer | list[PoseAnswer],
                "description": (
                    "By Accept: JSON (an object for one picture, a list of objects for several), CSV (its column "
                    "frame is the number of the picture, from 0), or one picture with the skeletons on it."
                ),
                "content": {
                    "application/json": {"example": examples.pose()},
                    "text/csv": {"schema": {"type": "string"}, "example": examples.CSV},
                    "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
                    "image/png": {"schema": {"type": "string", "format": "binary"}},
                },
            },
            **_problems(400, 401, 403, 405, 406, 408, 413, 415, 422, 429, 500, 503),
        },
        openapi_extra=_form(limits.images),
    )
    async def pose(request: Request, options: Annotated[Options, Query()]) -> Response:
        accept = request.headers.get("accept")
        _choose(accept, ONE)  # before the pictures are sent
        check_head(request, limits.body_mb)
        async with workers.place(_host(request)) as arrived:
            uploads = await read_uploads(
                request, body_mb=limits.body_mb, images=limits.images, pace=limits.pace
            )
            arrived()
            kind = _choose(accept, ONE if len(uploads) == 1 else MANY)
            body = await workers.run(request, partial(answer_pose, uploads, options.settings(), kind))
        return Response(body, media_type=kind)


def _host(request: Request) -> str | None:
    return request.client.host if request.client else None


def _choose(accept: str | None, offers: tuple[str, ...]) -> str:
    kind = best_offer(accept, offers)
    if kind is None:
        message = f"The header Accept must allow one of {', '.join(offers)}; it allows none of them."
        raise Problem(HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", message, _NO_SUCH_ACCEPT)
    return kind


def _add_state(api: FastAPI, workers: Workers, metrics: Metrics) -> None:
    """The addresses that describe the process."""

    @api.get(
        "/api/v1/models",
        tags=["state"],
        summary="The included models",
        responses=_problems(401, 405, 429, 500),
    )
    def models() -> list[Model]:
        default = PoseSettings().detection.model
        return [
            Model.model_validate(
                {
                    "variant": found.variant,
                    "size_bytes": found.size_bytes,
                    "sha256": found.sha256,
                    "licence": found.licence,
                    "default": found.variant == default,
                }
            )
            for found in map(bundle, VARIANTS)
        ]

    @api.get(
        HEALTH,
        tags=["state"],
        summary="Whether the process is alive and warmed up, and how much of it is in use",
        responses=_problems(405, 500),
    )
    async def health() -> HealthAnswer:
        status = workers.pool().status()
        return HealthAnswer.model_validate(
            {
                "status": "ok",
                "warmed": status.warm_s is not None,
                "seats": {"taken": status.streams, "limit": status.stream_limit},
                "image_landmarkers": {
                    "loaded": status.image_landmarkers,
                    "busy": status.image_busy,
                    "limit": status.image_limit,
                },
                "versions": _versions(),
            }
        )

    @api.get(
        "/api/v1/metrics",
        tags=["state"],
        summary="Counts since the start, for Prometheus",
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": examples.METRICS}}},
            **_problems(401, 405, 429, 500),
        },
    )
    async def prometheus() -> Response:
        return Response(metrics.text(workers.pool().status(), workers.in_flight), media_type=METRICS_TYPE)


def build_api(
    workers: Workers,
    metrics: Metrics,
    *,
    guarded: bool = False,
    studio: Callable[[], FilmStudio] | None = None,
    validations: Validations | None = None,
) -> FastAPI:
    """The application that answers at ``/predict`` and below ``/api/v1``.

    Parameters
    ----------
    workers : Workers
    metrics : Metrics
        What ``/api/v1/metrics`` shows; counted by `service.gate`.
    guarded : bool
        Whether the OpenAPI document says that a token is needed; `service.access` checks the token.
    studio : callable, optional
        Returns the studio for films; without it there are no addresses for them.
    validations : Validations, optional
        What the addresses for validations need; without it there are none.
    """
    api = FastAPI(
        title="PoseDeck",
        version=VERSION,
        description=_ABOUT,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # these pages would load files from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        root_path_in_servers=False,  # any folder leads here, and the document should name none
        # Whatever the environment says, nothing about requests is sent anywhere.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    _versions()  # opens the packages' files now: later there may be no descriptor left for them
    _answer_problems(api)
    _add_pictures(api, workers)
    if studio is not None:
        add_video(api, workers, studio, _problems)
    if validations is not None:
        add_validation(api, workers, validations, _problems)
    _add_state(api, workers, metrics)
    make_document = api.openapi

    def document() -> dict[str, Any]:
        """Make the document on the first request for it, since nothing else here takes as long."""
        if api.openapi_schema is None:
            describe_access(make_document(), guarded)  # FastAPI keeps the document
        return make_document()

    api.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to change the document
    return api

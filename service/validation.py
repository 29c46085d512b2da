"""The addresses for validations: one takes annotated pictures and returns a job; the others are about that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, Literal, cast

from fastapi import FastAPI, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from ops.jobs import Job, JobStatus
from ops.validations import MAX_UPLOAD_MB, ValidationStudio
from pose_core.evaluation.outcomes import PROTOCOLS, Protocol
from pose_core.evaluation.validate import ValidationResult
from pose_core.export import validations as files
from pose_core.export.file_names import safe_stem
from pose_core.export.photos import to_zip
from service import examples
from service.job_answers import (
    ALL_FILES,
    UPLOAD_PACE,
    JobId,
    Problems,
    add_state_and_end,
    file_answer,
    found_job,
    missing,
    no_result,
    owner_of,
    receive,
    stated_size,
    status_fields,
    too_slow,
)
from service.problems import Problem
from service.schemas import ValidateJobAnswer, ValidateOptions
from service.uploads import check_head, read_form
from service.workers import Workers

__all__ = ["VALIDATE", "Validations", "add_validation"]

VALIDATE: Final = "/api/v1/validate"
_MB: Final = 1024 * 1024
_MAX_FILES: Final = 2000
#: Field of annotations, pictures and ZIPs of them; fields of a model of one's own.
_FILE: Final = "file"
_OWN: Final = ("bundle", "onnx", "declaration")
_JSON, _CSV, _XLSX, _HTML = "validation.json", "validation.csv", "validation.xlsx", "report.html"
_BINARY: Final = {"type": "string", "format": "binary"}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": f"Annotations and pictures, at most {MAX_UPLOAD_MB} MB: one ZIP as it is, or a form.",
        "content": {
            "application/zip": {"schema": _BINARY},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [_FILE],
                    "properties": {
                        _FILE: {"type": "array", "items": _BINARY, "minItems": 1, "maxItems": _MAX_FILES},
                        **dict.fromkeys(_OWN, _BINARY),
                    },
                }
            },
        },
    }
}

_Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Validations:
    """What the addresses need.

    Attributes
    ----------
    studio : callable
        Returns the one studio of the process.
    report : callable
        Makes the HTML report of a result in a language.
    """

    studio: Callable[[], ValidationStudio]
    report: Callable[[ValidationResult, _Language], bytes]


def _answer(job: Job, status: JobStatus) -> ValidateJobAnswer:
    names = list(_makers(job.result, None)) if status.over and job.result is not None else []
    return ValidateJobAnswer(**status_fields(status), files=[*names, ALL_FILES] if names else [])


def _makers(
    result: ValidationResult, report: Callable[[ValidationResult], bytes] | None
) -> Mapping[str, Callable[[], bytes]]:
    def coco(model: str, protocol: Protocol) -> Callable[[], bytes]:
        return lambda: files.to_coco(result, model, protocol)

    return {
        _JSON: lambda: files.to_json(result),
        _CSV: lambda: files.to_csv(result),
        _XLSX: lambda: files.to_xlsx(result),
        _HTML: lambda: report(result) if report is not None else b"",
        **{
            f"coco_{safe_stem(model.name)}_{protocol}.json": coco(model.name, protocol)
            for model in result.settings.models
            for protocol in PROTOCOLS
        },
    }


async def _files(request: Request, size: int) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Annotations and pictures, and the files of a model of one's own, by name."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        if kind not in ("application/zip", "application/x-zip-compressed", "application/octet-stream"):
            raise Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "not_a_zip",
                "The content type must be application/zip or multipart/form-data; got another, or none.",
                "Send one ZIP with annotations and pictures, or a form whose fields file hold them.",
            )
        body = bytearray()

        def add(piece: bytes) -> None:
            body.extend(piece)  # the server itself reads no more than the stated size

        await receive(request, add, "ZIP")
        return {"upload.zip": bytes(body)}, {}
    check_head(request, MAX_UPLOAD_MB)
    found = await read_form(
        request,
        body_mb=-(-size // _MB),
        files=_MAX_FILES,
        fields=(_FILE, *_OWN),
        pace=UPLOAD_PACE,
        slow=too_slow("form"),
        many=Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_many_files",
            f"A form must have at most {_MAX_FILES} files; got more.",
            "Send a ZIP with the pictures in place of single files.",
        ),
    )
    data = {upload.name: upload.data for field, upload in found if field == _FILE}
    mine = {upload.name: upload.data for field, upload in found if field in _OWN}
    if len(data) + len(mine) < len(found):
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "file_twice",
            "Each file of a form must have a name of its own; several have the same one.",
            "Rename them, or send a ZIP.",
        )
    return data, mine


def add_validation(api: FastAPI, workers: Workers, needed: Validations, problems: Problems) -> None:
    """Add the addresses below ``/api/v1/validate``.

    Parameters
    ----------
    api : FastAPI
    workers : Workers
        Makes files off the event loop.
    needed : Validations
    problems : callable
        Entries of the OpenAPI document for statuses.
    """
    example = {"content": {"application/json": {"example": examples.VALIDATE_JOB}}}
    studio = needed.studio

    @api.post(
        VALIDATE,
        tags=["validate"],
        summary="Take annotated pictures, and begin to measure models on them",
        status_code=202,
        responses={202: example, **problems(400, 401, 403, 405, 408, 411, 413, 415, 422, 429, 500, 503)},
        openapi_extra=_BODY,
    )
    async def start(
        request: Request, response: Response, options: Annotated[ValidateOptions, Query()]
    ) -> ValidateJobAnswer:
        settings = options.settings()
        size = stated_size(request, "body")
        with studio().room(owner_of(request), size) as room:
            data, mine = await _files(request, size)
            job = studio().start(room, data, settings, mine)
        response.headers["Location"] = f"{request.scope.get('root_path', '')}{VALIDATE}/{job.id}"
        return _answer(job, studio().jobs.status(job.id))

    add_state_and_end(
        api,
        VALIDATE,
        "validate",
        lambda: studio().jobs,
        _answer,
        model=ValidateJobAnswer,
        summaries=(
            "How a validation stands",
            "Cancel a validation, of which nothing is kept then; forget one that is over",
        ),
        example=example,
        problems=problems,
    )

    @api.get(
        f"{VALIDATE}/{{job_id}}/result",
        tags=["validate"],
        summary="The result as JSON, as docs/validate.md describes it: the file validation.json",
        response_class=Response,
        responses={
            200: {"content": {"application/json": {"schema": {"type": "object"}}}},
            **problems(401, 404, 405, 409, 429, 500, 503),
        },
    )
    async def result(request: Request, job_id: JobId) -> Response:
        return await given(request, job_id, _JSON, "en")

    @api.get(
        f"{VALIDATE}/{{job_id}}/files/{{name}}",
        tags=["validate"],
        summary="One file of the result, or all of them as all.zip",
        response_class=Response,
        responses={
            200: {"content": {"*/*": {"schema": _BINARY}}},
            **problems(401, 404, 405, 409, 422, 429, 500, 503),
        },
    )
    async def file(
        request: Request,
        job_id: JobId,
        name: Annotated[str, Path(description="One of the names that the state lists.", max_length=120)],
        language: Annotated[_Language, Query(description="Of report.html.")] = "en",
    ) -> Response:
        return await given(request, job_id, name, language)

    async def given(request: Request, job_id: str, name: str, language: _Language) -> Response:
        job = found_job(studio().jobs, job_id, VALIDATE)
        if job.result is None:
            raise no_result(VALIDATE)
        makers = _makers(cast(ValidationResult, job.result), lambda one: needed.report(one, language))
        if name not in (*makers, ALL_FILES):
            raise missing("The file must be one of this result; there is no such one.", VALIDATE)

        def make() -> bytes:
            if name == ALL_FILES:
                return to_zip((each, making()) for each, making in makers.items())
            return makers[name]()

        return file_answer(name, await workers.run(request, lambda *_: make()))

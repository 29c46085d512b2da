"""The addresses for films: one takes a film and returns a job; the others tell its state, and give its files."""

from __future__ import annotations

import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Final

import anyio
from fastapi import FastAPI, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from ops.films import Arrival, FilmOutcome, FilmStudio
from ops.jobs import Job, JobStatus, NoSuchJobError
from ops.pace import Pace, TooSlowError, paced
from pose_core.export.english import english
from pose_core.export.photos import to_zip
from pose_core.export.video_files import FILE_NAMES, MORE_FILE_NAMES, FileChoices, make_file
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.media.films import MAX_FILM_MB
from service import examples
from service.problems import Problem, from_core
from service.schemas import ProblemAnswer, VideoJobAnswer, VideoOptions
from service.workers import Workers

__all__ = ["VIDEO", "add_video"]

VIDEO: Final = "/api/v1/video"
_MB: Final = 1024 * 1024
#: 300 MB in an hour are 0.7 Mbit/s.
_PACE: Final = Pace(grace_s=10.0, bytes_s=32 * 1024, whole_s=3600.0)
_TYPES: Final = {
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".zip": "application/zip",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".trc": "text/plain; charset=utf-8",
    ".mot": "text/plain; charset=utf-8",
    ".c3d": "application/octet-stream",
}
_ALL: Final = "all.zip"
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": f"The film itself: MP4, MOV, WebM, MKV or AVI of at most {MAX_FILM_MB} MB, not a form.",
        "content": {"video/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}

_Id = Annotated[str, Path(description="Of the job, as the first answer gave it.", max_length=64)]
_Problems = Callable[..., dict[int | str, dict[str, Any]]]


def _owner(request: Request) -> str:
    """Whose job it is: one at a time for each address."""
    return f"program {request.client.host if request.client else ''}"


def _stated_size(request: Request) -> int:
    """Bytes that the head states.

    Raises
    ------
    Problem
        411 without a length, 415 for a form, which would have to be taken apart in memory.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("multipart/") or kind == "application/x-www-form-urlencoded":
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "not_a_film",
            "The body must be the film itself; got a form.",
            "Send the file as it is, for example with curl -T film.mp4 -X POST -H 'Content-Type: video/mp4'.",
        )
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise Problem(
            HTTPStatus.LENGTH_REQUIRED,
            "length_missing",
            "The header Content-Length must state the film's size; it is missing.",
            "Send the file with its length, not in chunks.",
        )
    return int(length)


async def _receive(request: Request, film: Arrival) -> None:
    in_time = Request(request.scope, paced(request.receive, _PACE))
    try:
        async for piece in in_time.stream():
            film.add(piece)
    except TooSlowError:
        raise Problem(
            HTTPStatus.REQUEST_TIMEOUT,
            "body_too_slow",
            f"A film must arrive within {_PACE.whole_s / 60:g} minutes and, after {_PACE.grace_s:g} s, at "
            f"{_PACE.bytes_s / 1024:g} kB a second or faster; this one did not.",
            "Send a smaller film, or over a faster connection.",
        ) from None
    film.finish()


def _answer(job: Job, status: JobStatus) -> VideoJobAnswer:
    problem = None
    if status.error is not None:
        told = from_core(status.error)
        problem = ProblemAnswer(code=told.code, message=told.message, hint=told.hint)
    return VideoJobAnswer(
        id=status.id,
        state=status.state,
        ahead=status.ahead,
        done=round(status.done, 3),
        total=round(status.total, 3) if math.isfinite(status.total) else None,
        share=round(status.share, 4),
        left_s=None if status.left_s is None else round(status.left_s, 1),
        problem=problem,
        files=_file_names(job.result) if status.over and job.result is not None else [],
    )


def _file_names(outcome: FilmOutcome) -> list[str]:
    needs_person = ("poses.trc", "angles.mot", "poses.c3d", "moments.png")
    names = [
        name
        for name in (*FILE_NAMES, *MORE_FILE_NAMES)
        if (outcome.result.people or name not in needs_person)
        and (name != "annotated.mp4" or outcome.annotated_mp4)
    ]
    return [*names, _ALL]


def _make(outcome: FilmOutcome, name: str, choices: FileChoices) -> bytes:
    if name == _ALL:
        every = ((each, _make(outcome, each, choices)) for each in _file_names(outcome)[:-1])
        return to_zip((each, data) for each, data in every if data)
    if name == "annotated.mp4":
        return outcome.annotated_mp4
    return make_file(name, outcome.data, outcome.result, english, choices) or b""


def _outcome(job: Job) -> FilmOutcome:
    if job.result is None:
        raise Problem(
            HTTPStatus.CONFLICT,
            "job_not_done",
            "The job must be done or cancelled and have a result; this one is not, or it failed.",
            f"Ask {VIDEO}/{{id}} for its state first.",
        )
    outcome: FilmOutcome = job.result
    return outcome


def add_video(api: FastAPI, workers: Workers, studio: Callable[[], FilmStudio], problems: _Problems) -> None:
    """Add the addresses below ``/api/v1/video``.

    Parameters
    ----------
    api : FastAPI
    workers : Workers
        Makes files off the event loop.
    studio : callable
        Returns the one studio of the process.
    problems : callable
        Entries of the OpenAPI document for statuses.
    """
    example = {"content": {"application/json": {"example": examples.VIDEO_JOB}}}

    @api.post(
        VIDEO,
        tags=["video"],
        summary="Take a film, and begin to find people in it",
        status_code=202,
        responses={202: example, **problems(400, 401, 403, 405, 408, 411, 413, 415, 422, 429, 500, 503)},
        openapi_extra=_BODY,
    )
    async def start(
        request: Request, response: Response, options: Annotated[VideoOptions, Query()]
    ) -> VideoJobAnswer:
        settings = options.settings()
        with studio().arrive(_owner(request), options.name, _stated_size(request)) as film:
            await _receive(request, film)
            job = studio().analyse(film, settings, with_film=options.film)
        response.headers["Location"] = f"{request.scope.get('root_path', '')}{VIDEO}/{job.id}"
        return _answer(job, studio().jobs.status(job.id))

    @api.get(
        f"{VIDEO}/{{job_id}}",
        tags=["video"],
        summary="How the work on a film stands",
        responses={200: example, **problems(401, 404, 405, 429, 500)},
    )
    async def state(job_id: _Id) -> VideoJobAnswer:
        return _answer(_found(studio(), job_id), studio().jobs.status(job_id))

    @api.get(
        f"{VIDEO}/{{job_id}}/result",
        tags=["video"],
        summary="The result as JSON, as docs/poses.schema.json describes it: the file poses.json",
        response_class=Response,
        responses={
            200: {"content": {"application/json": {"schema": {"type": "object"}}}},
            **problems(401, 404, 405, 409, 429, 500, 503),
        },
    )
    async def result(request: Request, job_id: _Id) -> Response:
        return await given(request, job_id, "poses.json", FileChoices())

    @api.get(
        f"{VIDEO}/{{job_id}}/files/{{name}}",
        tags=["video"],
        summary="One file of the result, or all of them as all.zip",
        response_class=Response,
        responses={
            200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
            **problems(401, 404, 405, 409, 422, 429, 500, 503),
        },
    )
    async def file(
        request: Request,
        job_id: _Id,
        name: Annotated[str, Path(description="One of the names that the state lists.", max_length=40)],
        height_cm: Annotated[
            float | None, Query(gt=0, le=300, description="Height of the person, for true metres.")
        ] = None,
        floor_deg: Annotated[
            float | None, Query(ge=-45, le=45, description="How much the floor rises to the right.")
        ] = None,
        person: Annotated[int | None, Query(ge=1, description="Whose; the first unless given.")] = None,
        angle: Annotated[str, Query(description="Whose extremes are key moments.")] = "left_knee",
    ) -> Response:
        if angle not in ANGLE_NAMES:
            raise Problem(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "option_invalid",
                f"The option angle must be one of {', '.join(ANGLE_NAMES)}; got another.",
                "Choose one of these.",
            )
        height_m = None if height_cm is None else height_cm / 100
        return await given(
            request,
            job_id,
            name,
            FileChoices(person=person, height_m=height_m, floor_deg=floor_deg, angle=angle),
        )

    @api.delete(
        f"{VIDEO}/{{job_id}}",
        tags=["video"],
        summary="Cancel a job and keep what is there; forget one that is over",
        responses={200: example, **problems(401, 404, 405, 429, 500)},
    )
    async def delete(job_id: _Id) -> VideoJobAnswer:
        job = _found(studio(), job_id)
        answer = _answer(job, studio().jobs.status(job_id))
        if job.over.is_set():
            studio().jobs.remove(job_id)
            return answer
        studio().jobs.cancel(job_id)
        with anyio.move_on_after(1.0):
            while not job.over.is_set():
                await anyio.sleep(0.02)
        return _answer(job, studio().jobs.status(job_id))

    async def given(request: Request, job_id: str, name: str, choices: FileChoices) -> Response:
        outcome = _outcome(_found(studio(), job_id))
        if name not in _file_names(outcome) or (
            choices.person is not None and choices.person not in outcome.result.people
        ):
            raise _missing("The file or the person must be one of this result; there is no such one.")
        named = FileChoices(
            name=outcome.name,
            person=choices.person,
            height_m=choices.height_m,
            floor_deg=choices.floor_deg,
            angle=choices.angle,
        )
        data = await workers.run(request, lambda *_: _make(outcome, name, named))
        kind = _TYPES[name[name.rindex(".") :]]
        # A report is never run as a page of this address: its scripts may do what this origin may.
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type=kind, headers=disposition)


def _found(studio: FilmStudio, job_id: str) -> Job:
    try:
        job = studio.jobs.get(job_id)
    except NoSuchJobError:
        job = None
    if job is None or not job.owner.startswith("program "):  # a page's job: its id is no key for programs
        raise _missing("The job must be there still; this one is not, or its time is over.")
    return job


def _missing(message: str) -> Problem:
    return Problem(
        HTTPStatus.NOT_FOUND, "job_gone", message, f"Start it again with POST {VIDEO}, or ask for its state."
    )

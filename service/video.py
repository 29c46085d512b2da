"""The addresses for films: one takes a film and returns a job; the others tell its state, and give its files."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import FastAPI, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from ops.films import FilmOutcome, FilmStudio
from ops.jobs import Job, JobStatus
from pose_core.export.english import english
from pose_core.export.photos import to_zip
from pose_core.export.video_files import FILE_NAMES, MORE_FILE_NAMES, FileChoices, make_file
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.media.films import MAX_FILM_MB
from service import examples
from service.job_answers import (
    ALL_FILES,
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
)
from service.problems import Problem
from service.schemas import VideoJobAnswer, VideoOptions
from service.workers import Workers

__all__ = ["VIDEO", "add_video"]

VIDEO: Final = "/api/v1/video"
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": f"The video itself: MP4, MOV, WebM, MKV or AVI of at most {MAX_FILM_MB} MB, not a form.",
        "content": {"video/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}


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
            "The body must be the video itself; got a form.",
            "Send the file as it is, for example with curl -T film.mp4 -X POST -H 'Content-Type: video/mp4'.",
        )
    return stated_size(request, "video")


def _answer(job: Job, status: JobStatus) -> VideoJobAnswer:
    files = _file_names(job.result) if status.over and job.result is not None else []
    return VideoJobAnswer(**status_fields(status), files=files)


def _file_names(outcome: FilmOutcome) -> list[str]:
    needs_person = ("poses.trc", "angles.mot", "poses.c3d", "moments.png")
    names = [
        name
        for name in (*FILE_NAMES, *MORE_FILE_NAMES)
        if (outcome.result.people or name not in needs_person)
        and (name != "annotated.mp4" or outcome.annotated_mp4)
    ]
    return [*names, ALL_FILES]


def _make(outcome: FilmOutcome, name: str, choices: FileChoices) -> bytes:
    if name == ALL_FILES:
        every = ((each, _make(outcome, each, choices)) for each in _file_names(outcome)[:-1])
        return to_zip((each, data) for each, data in every if data)
    if name == "annotated.mp4":
        return outcome.annotated_mp4
    return make_file(name, outcome.data, outcome.result, english, choices) or b""


def _outcome(job: Job) -> FilmOutcome:
    if job.result is None:
        raise no_result(VIDEO)
    outcome: FilmOutcome = job.result
    return outcome


def add_video(api: FastAPI, workers: Workers, studio: Callable[[], FilmStudio], problems: Problems) -> None:
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
        summary="Take a video, and begin to find people in it",
        status_code=202,
        responses={202: example, **problems(400, 401, 403, 405, 408, 411, 413, 415, 422, 429, 500, 503)},
        openapi_extra=_BODY,
    )
    async def start(
        request: Request, response: Response, options: Annotated[VideoOptions, Query()]
    ) -> VideoJobAnswer:
        settings = options.settings()
        with studio().arrive(owner_of(request), options.name, _stated_size(request)) as film:
            await receive(request, film.add, "video")
            film.finish()
            job = studio().analyse(film, settings, with_film=options.film)
        response.headers["Location"] = f"{request.scope.get('root_path', '')}{VIDEO}/{job.id}"
        return _answer(job, studio().jobs.status(job.id))

    add_state_and_end(
        api,
        VIDEO,
        "video",
        lambda: studio().jobs,
        _answer,
        model=VideoJobAnswer,
        summaries=(
            "How the work on a video stands",
            "Cancel a job and keep what is there; forget one that is over",
        ),
        example=example,
        problems=problems,
    )

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
    async def result(request: Request, job_id: JobId) -> Response:
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
        job_id: JobId,
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

    async def given(request: Request, job_id: str, name: str, choices: FileChoices) -> Response:
        outcome = _outcome(found_job(studio().jobs, job_id, VIDEO))
        if name not in _file_names(outcome) or (
            choices.person is not None and choices.person not in outcome.result.people
        ):
            raise missing("The file or the person must be one of this result; there is no such one.", VIDEO)
        named = FileChoices(
            name=outcome.name,
            person=choices.person,
            height_m=choices.height_m,
            floor_deg=choices.floor_deg,
            angle=choices.angle,
        )
        data = await workers.run(request, lambda *_: _make(outcome, name, named))
        return file_answer(name, data)

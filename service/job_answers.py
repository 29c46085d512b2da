"""What the addresses of jobs have in common: whose a job is, how it stands, how a large body arrives."""

from __future__ import annotations

import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Final

import anyio
from fastapi import FastAPI, Path
from starlette.requests import Request
from starlette.responses import Response

from ops.jobs import Job, Jobs, JobStatus, NoSuchJobError
from ops.pace import Pace, TooSlowError, paced
from service.problems import Problem, from_core
from service.schemas import JobAnswer, ProblemAnswer

__all__ = [
    "ALL_FILES",
    "UPLOAD_PACE",
    "JobId",
    "Problems",
    "add_state_and_end",
    "cancel_or_forget",
    "file_answer",
    "found_job",
    "missing",
    "no_result",
    "owner_of",
    "receive",
    "stated_size",
    "status_fields",
    "too_slow",
]

JobId = Annotated[str, Path(description="Of the job, as the first answer gave it.", max_length=64)]
#: Entries of the OpenAPI document for statuses.
Problems = Callable[..., dict[int | str, dict[str, Any]]]

#: 300 MB in an hour are 0.7 Mbit/s.
UPLOAD_PACE: Final = Pace(grace_s=10.0, bytes_s=32 * 1024, whole_s=3600.0)
#: Everything else of a result in one file.
ALL_FILES: Final = "all.zip"
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
#: Owners of pages' jobs begin differently: the id of such a job is no key for programs.
_PROGRAM: Final = "program "


def owner_of(request: Request) -> str:
    """Whose job it is: one at a time for each address."""
    return f"{_PROGRAM}{request.client.host if request.client else ''}"


def found_job(jobs: Jobs, job_id: str, path: str) -> Job:
    """A program's job.

    Raises
    ------
    Problem
        404 if it is gone, or a page's.
    """
    try:
        job = jobs.get(job_id)
    except NoSuchJobError:
        job = None
    if job is None or not job.owner.startswith(_PROGRAM):
        raise missing("The job must be there still; this one is not, or its time is over.", path)
    return job


def missing(message: str, path: str) -> Problem:
    """The error for what is not there."""
    return Problem(
        HTTPStatus.NOT_FOUND, "job_gone", message, f"Start it again with POST {path}, or ask for its state."
    )


def no_result(path: str) -> Problem:
    """The error for a result that is not there yet."""
    return Problem(
        HTTPStatus.CONFLICT,
        "job_not_done",
        "The job must be done or cancelled and have a result; this one is not, or it failed.",
        f"Ask {path}/{{id}} for its state first.",
    )


def status_fields(status: JobStatus) -> dict[str, Any]:
    """What every job's answer says, but for its files."""
    problem = None
    if status.error is not None:
        told = from_core(status.error)
        problem = ProblemAnswer(code=told.code, message=told.message, hint=told.hint)
    return {
        "id": status.id,
        "state": status.state,
        "ahead": status.ahead,
        "done": round(status.done, 3),
        "total": round(status.total, 3) if math.isfinite(status.total) else None,
        "share": round(status.share, 4),
        "left_s": None if status.left_s is None else round(status.left_s, 1),
        "problem": problem,
    }


async def cancel_or_forget(jobs: Jobs, job: Job) -> bool:
    """Cancel a job and wait a moment for its end; forget one that is over. Whether it was forgotten."""
    if job.over.is_set():
        jobs.remove(job.id)
        return True
    jobs.cancel(job.id)
    with anyio.move_on_after(1.0):
        while not job.over.is_set():
            await anyio.sleep(0.02)
    return False


def stated_size(request: Request, what: str) -> int:
    """Bytes that the head states.

    Raises
    ------
    Problem
        411 without a length.
    """
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise Problem(
            HTTPStatus.LENGTH_REQUIRED,
            "length_missing",
            f"The header Content-Length must state the {what}'s size; it is missing.",
            "Send the file with its length, not in chunks.",
        )
    return int(length)


def too_slow(what: str) -> Problem:
    """The error for a body that falls behind `UPLOAD_PACE`."""
    pace = UPLOAD_PACE
    return Problem(
        HTTPStatus.REQUEST_TIMEOUT,
        "body_too_slow",
        f"A {what} must arrive within {pace.whole_s / 60:g} minutes and, after {pace.grace_s:g} s, at "
        f"{pace.bytes_s / 1024:g} kB a second or faster; this one did not.",
        f"Send a smaller {what}, or over a faster connection.",
    )


async def receive(request: Request, add: Callable[[bytes], None], what: str) -> None:
    """Pass the body on as it arrives.

    Raises
    ------
    Problem
        408 if it is too slow.
    """
    in_time = Request(request.scope, paced(request.receive, UPLOAD_PACE))
    try:
        async for piece in in_time.stream():
            add(piece)
    except TooSlowError:
        raise too_slow(what) from None


def file_answer(name: str, data: bytes) -> Response:
    """A file of a result."""
    # A report is never run as a page of this address: its scripts may do what this origin may.
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=_TYPES[name[name.rindex(".") :]], headers=disposition)


def add_state_and_end(
    api: FastAPI,
    path: str,
    tag: str,
    jobs: Callable[[], Jobs],
    answer: Callable[[Job, JobStatus], JobAnswer],
    *,
    model: type[JobAnswer],
    summaries: tuple[str, str],
    example: dict[str, Any],
    problems: Problems,
) -> None:
    """Add what every kind of job has at `path` and its id: its state, and its end; `model` is what `answer` makes."""
    responses: dict[int | str, dict[str, Any]] = {200: example, **problems(401, 404, 405, 429, 500)}

    @api.get(
        f"{path}/{{job_id}}", summary=summaries[0], tags=[tag], response_model=model, responses=responses
    )
    async def state(job_id: JobId) -> JobAnswer:
        return answer(found_job(jobs(), job_id, path), jobs().status(job_id))

    @api.delete(
        f"{path}/{{job_id}}", summary=summaries[1], tags=[tag], response_model=model, responses=responses
    )
    async def delete(job_id: JobId) -> JobAnswer:
        job = found_job(jobs(), job_id, path)
        before = answer(job, jobs().status(job_id))
        if await cancel_or_forget(jobs(), job):
            return before
        return answer(job, jobs().status(job_id))

"""Errors as requests get them: always a status, a stable code, a message and a hint."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.responses import JSONResponse

from pose_core.errors import BusyError, ClipError, DatasetError, PictureError, PoseCoreError, SettingsError

__all__ = ["RETRY_AFTER_S", "Problem", "from_core", "problem_response"]

#: When to try a busy server again: a picture takes about 40 ms, so a queue of sixteen is done by then.
RETRY_AFTER_S: Final = 2
_TOO_MUCH: Final = frozenset(
    {"file_too_large", "picture_bomb", "picture_too_large", "validation_upload_too_large"}
)
_NO_HINT: Final = "Try again."


class Problem(Exception):
    """The error with which a request is answered.

    Parameters
    ----------
    status : int
        HTTP status.
    code : str
        Stable name, for programs.
    message : str
        What must hold and what was given. Contains neither picture content nor file names.
    hint : str
        What to do.
    headers : mapping, optional
        Further headers of the answer.
    """

    def __init__(
        self, status: int, code: str, message: str, hint: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = int(status)
        self.code = code
        self.message = message
        self.hint = hint
        self.headers = dict(headers or {})


def _status(error: PoseCoreError) -> HTTPStatus:
    match error:
        case PictureError() | ClipError() | DatasetError():
            too_much = error.code in _TOO_MUCH
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_much else HTTPStatus.BAD_REQUEST
        case SettingsError():
            return HTTPStatus.UNPROCESSABLE_ENTITY
        case BusyError():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case _:  # the installation is broken; the request is fine
            return HTTPStatus.INTERNAL_SERVER_ERROR


def from_core(error: PoseCoreError) -> Problem:
    """An error of `pose_core` as a problem for programs.

    Its sentences say what must hold, what was given and, last, what to do: the last one becomes the hint.

    Examples
    --------
    >>> problem = from_core(
    ...     PictureError(
    ...         "picture_empty", "The file must contain a picture; this one is empty. Choose another."
    ...     )
    ... )
    >>> problem.status, problem.message, problem.hint
    (400, 'The file must contain a picture; this one is empty.', 'Choose another.')
    """
    head, stop, last = str(error).rpartition(". ")
    message, hint = (head + stop.strip(), last) if head else (last, _NO_HINT)
    status = _status(error)
    busy = status is HTTPStatus.SERVICE_UNAVAILABLE
    return Problem(status, error.code, message, hint, {"Retry-After": str(RETRY_AFTER_S)} if busy else None)


def problem_response(problem: Problem, *, as_older_demo: bool = False) -> JSONResponse:
    """The JSON answer; for clients of the older demo also with the field ``error``."""
    body = {"code": problem.code, "message": problem.message, "hint": problem.hint}
    if as_older_demo:
        body = {"error": problem.message} | body
    return JSONResponse(body, status_code=problem.status, headers=problem.headers)

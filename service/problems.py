"""What a request can meet instead of an answer: always a status, a stable code, a message and a hint."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.responses import JSONResponse

from pose_core.errors import BusyError, PictureError, PoseCoreError, SettingsError

__all__ = ["RETRY_AFTER_S", "Problem", "from_core", "problem_response"]

#: When a busy server is worth asking again: a picture takes some 40 ms, so a queue of sixteen is gone by then.
RETRY_AFTER_S: Final = 2
_TOO_MUCH: Final = frozenset({"file_too_large", "picture_bomb", "picture_too_large"})
_NO_HINT: Final = "Please try again."


class Problem(Exception):
    """An answer that is no success.

    Parameters
    ----------
    status : int
        HTTP status.
    code : str
        Stable name, for programs.
    message : str
        What was expected and what came. Holds neither picture content nor file names.
    hint : str
        What to do.
    headers : mapping, optional
        Sent along.
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
        case PictureError():
            too_much = error.code in _TOO_MUCH
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_much else HTTPStatus.BAD_REQUEST
        case SettingsError():
            return HTTPStatus.UNPROCESSABLE_ENTITY
        case BusyError():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case _:  # the installation is broken: no fault of the request
            return HTTPStatus.INTERNAL_SERVER_ERROR


def from_core(error: PoseCoreError) -> Problem:
    """The problem that an error of `pose_core` is to a program.

    Its sentences say what was expected, what came, and last what to do: the last one becomes the hint.

    Examples
    --------
    >>> problem = from_core(
    ...     PictureError("picture_empty", "A picture was expected; this is empty. Choose another.")
    ... )
    >>> problem.status, problem.message, problem.hint
    (400, 'A picture was expected; this is empty.', 'Choose another.')
    """
    head, stop, last = str(error).rpartition(". ")
    message, hint = (head + stop.strip(), last) if head else (last, _NO_HINT)
    status = _status(error)
    busy = status is HTTPStatus.SERVICE_UNAVAILABLE
    return Problem(status, error.code, message, hint, {"Retry-After": str(RETRY_AFTER_S)} if busy else None)


def problem_response(problem: Problem, *, as_older_demo: bool = False) -> JSONResponse:
    """The JSON answer; with the field ``error`` too, where clients of the older demo look for it."""
    body = {"code": problem.code, "message": problem.message, "hint": problem.hint}
    if as_older_demo:
        body = {"error": problem.message} | body
    return JSONResponse(body, status_code=problem.status, headers=problem.headers)

"""Pictures from a request's body: limited while it arrives, and never on disk."""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from ops.pace import Pace, TooSlowError, paced
from service.problems import Problem

__all__ = ["FIELD", "Upload", "check_head", "read_form", "read_uploads"]

#: Name of the form's field, as in the older demo.
FIELD: Final = "image"
_MB: Final = 1024 * 1024
#: Fields that are not files. None is read, but some clients send one or two.
_MAX_OTHER_FIELDS: Final = 20
_CHOOSE_SMALLER: Final = "Send smaller pictures, or fewer in one request."

# It warns about every malformed form. The client is told so; it must not fill the log.
logging.getLogger("python_multipart").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Upload:
    """One picture file as it was sent.

    Attributes
    ----------
    name : str
        The client's name for it; returned to the client and used nowhere else.
    data : bytes
        Not in the ``repr``, which may end up in a log.
    """

    name: str = field(repr=False)
    data: bytes = field(repr=False)


class _InMemory(MultiPartParser):
    """Keeps files off the disk, and refuses a form that is cut off: a picture could be missing unnoticed."""

    spool_max_size = sys.maxsize  # otherwise files above 1 MB would go through a temporary file
    file_fields: Collection[str] = ()
    _complete = False

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        field = self._current_part.field_name
        if self._current_part.file is None and field in self.file_fields:
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                "filename_missing",
                f"The form's field {field} must be a file; its Content-Disposition has no filename, so it is text.",
                f"Add a filename, for example with curl -F {field}=@photo.jpg.",
            )

    def on_end(self) -> None:
        self._complete = True

    async def parse(self) -> FormData:
        form = await super().parse()
        if not self._complete:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("The form is cut off.")
        return form


def _too_large(limit_mb: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body_too_large",
        f"The request must be at most {limit_mb} MB; this one is larger.",
        _CHOOSE_SMALLER,
    )


def check_head(request: Request, limit_mb: int) -> None:
    """Refuse what can be refused before a byte of the body is read.

    Raises
    ------
    Problem
        415 if the body is not a form or is compressed, 413 if it says that it is larger than `limit_mb`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "not_multipart",
            "The content type must be multipart/form-data; got another, or none.",
            f"Send the picture as the form's file field {FIELD}, for example with curl -F {FIELD}=@photo.jpg.",
        )
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "body_compressed",
            "The body must be sent as it is; its Content-Encoding says that it is compressed.",
            "Send the form without Content-Encoding: pictures are compressed already.",
        )
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > limit_mb * _MB:
        raise _too_large(limit_mb)


async def _bounded(request: Request, limit_mb: int) -> AsyncGenerator[bytes, None]:
    total = 0
    async with aclosing(request.stream()) as stream:
        async for chunk in stream:
            total += len(chunk)
            if total > limit_mb * _MB:
                raise _too_large(limit_mb)
            yield chunk


def _too_many(limit: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_many_images",
        f"A request must have at most {limit} pictures; got more.",
        "Send the others in further requests.",
    )


async def read_form(
    request: Request,
    *,
    body_mb: int,
    files: int,
    fields: Collection[str],
    pace: Pace,
    slow: Problem,
    many: Problem,
) -> list[tuple[str, Upload]]:
    """Read a form and return its files in their order, each with the name of its field.

    Parameters
    ----------
    request : Request
    body_mb : int
        Most megabytes of the whole body.
    files : int
        Most files in it.
    fields : collection of str
        Names of fields that hold files; files in others are dropped.
    pace : Pace
        How fast the body must arrive.
    slow, many : Problem
        Raised if it does not, or if there are more files.

    Raises
    ------
    Problem
        Also 413 if the body is too large, 400 if it is malformed.
    """
    in_time = Request(request.scope, paced(request.receive, pace))
    try:
        async with aclosing(_bounded(in_time, body_mb)) as stream:
            parser = _InMemory(request.headers, stream, max_files=files, max_fields=_MAX_OTHER_FIELDS)
            parser.file_fields = fields
            form = await parser.parse()
    except TooSlowError:
        raise slow from None
    except MultiPartException as error:
        if error.message.startswith("Too many files"):
            raise many from None
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "form_malformed",
            "The body must be well-formed multipart/form-data; this one cannot be parsed.",
            "Let a library or curl -F build the body, and do not set Content-Type by hand: it names the boundary.",
        ) from None
    uploads = []
    try:
        for name, part in form.multi_items():
            if isinstance(part, UploadFile):
                if name in fields:
                    uploads.append((name, Upload(part.filename or "picture", await part.read())))
                await part.close()  # at once, so that a large picture is not in memory twice
    finally:  # even if there is no memory for a copy
        await form.close()
    return uploads


async def read_uploads(request: Request, *, body_mb: int, images: int, pace: Pace) -> list[Upload]:
    """Read the body, whose head `check_head` has let through, and return its pictures in their order.

    Parameters
    ----------
    request : Request
    body_mb : int
        Most megabytes of the whole body.
    images : int
        Most files in it.
    pace : Pace
        How fast the body must arrive.

    Raises
    ------
    Problem
        413 if the body is too large or has too many files, 408 if it arrives too slowly, 400 if it is malformed or
        has no picture.
    """
    found = await read_form(
        request,
        body_mb=body_mb,
        files=images,
        fields=(FIELD,),
        pace=pace,
        slow=Problem(
            HTTPStatus.REQUEST_TIMEOUT,
            "body_too_slow",
            f"The request must arrive within {pace.whole_s:g} s and, after {pace.grace_s:g} s, at "
            f"{pace.bytes_s / 1024:g} kB a second or faster; this one did not.",
            _CHOOSE_SMALLER,
        ),
        many=_too_many(images),
    )
    uploads = [upload for _, upload in found]
    if not uploads:
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "image_missing",
            f"The form must have a file in its field {FIELD}; got none.",
            f"Send one, for example with curl -F {FIELD}=@photo.jpg.",
        )
    return uploads

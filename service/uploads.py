"""Pictures out of a request's body, bounded while it arrives, and never on disk."""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import anyio
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from service.problems import Problem

__all__ = ["FIELD", "Upload", "read_uploads"]

#: Name of the form's field, as in the older demo.
FIELD: Final = "image"
_MB: Final = 1024 * 1024
#: Fields that are no files; none is read, some clients send one or two.
_MAX_OTHER_FIELDS: Final = 20
_CHOOSE_SMALLER: Final = "Send smaller pictures, or fewer in one request."

# It warns about every malformed form, which the client is told: nobody else shall fill the log.
logging.getLogger("python_multipart").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Upload:
    """One picture file as it came.

    Attributes
    ----------
    name : str
        As the client calls it; goes back to the client and nowhere else.
    data : bytes
        Not shown in the object's own description: that may end in a log.
    """

    name: str = field(repr=False)
    data: bytes = field(repr=False)


class _InMemory(MultiPartParser):
    """Keeps files off the disk, and takes no form that stops before its end: a picture would be missing unseen."""

    spool_max_size = sys.maxsize  # else files above 1 MB would go through a temporary file
    _whole = False

    def on_end(self) -> None:
        self._whole = True

    async def parse(self) -> FormData:
        form = await super().parse()
        if not self._whole:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("The form is cut off.")
        return form


def _too_large(limit_mb: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body_too_large",
        f"A request of up to {limit_mb} MB was expected; this one is larger.",
        _CHOOSE_SMALLER,
    )


def _check_head(request: Request, limit_mb: int) -> None:
    """What can be refused before a byte of the body is read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "not_multipart",
            "A body of the type multipart/form-data was expected; another came, or none.",
            f"Send the picture as a form's file field called {FIELD}, such as curl -F {FIELD}=@photo.jpg does.",
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
        f"Up to {limit} pictures in one request were expected; more came.",
        "Send the rest in further requests.",
    )


async def read_uploads(request: Request, *, body_mb: int, images: int, read_s: float) -> list[Upload]:
    """Read the body and return its pictures, in their order.

    Parameters
    ----------
    request : Request
    body_mb : int
        Most megabytes of the whole body.
    images : int
        Most files in it.
    read_s : float
        Longest time for the body to arrive.

    Raises
    ------
    Problem
        415 if the body is no form, 413 if it is too large or holds too many files, 408 if it takes too long, 400 if
        it is malformed or holds no picture.
    """
    _check_head(request, body_mb)
    try:
        with anyio.fail_after(read_s):
            async with aclosing(_bounded(request, body_mb)) as stream:
                parser = _InMemory(request.headers, stream, max_files=images, max_fields=_MAX_OTHER_FIELDS)
                form = await parser.parse()
    except TimeoutError:
        raise Problem(
            HTTPStatus.REQUEST_TIMEOUT,
            "body_too_slow",
            f"The whole request was expected within {read_s:g} s; it had not arrived by then.",
            _CHOOSE_SMALLER,
        ) from None
    except MultiPartException as error:
        if error.message.startswith("Too many files"):
            raise _too_many(images) from None
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "form_malformed",
            "A well-formed multipart/form-data body was expected; this one cannot be taken apart.",
            "Let a library or curl -F build the body, and set no Content-Type by hand: it names the boundary.",
        ) from None
    uploads = []
    try:
        for name, part in form.multi_items():
            if isinstance(part, UploadFile):
                if name == FIELD:
                    uploads.append(Upload(part.filename or "picture", await part.read()))
                await part.close()  # at once, so that a large picture is not held twice
    finally:  # there may be no memory for a copy
        await form.close()
    if not uploads:
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "image_missing",
            f"A file in the form's field {FIELD} was expected; none came.",
            f"Send one, such as curl -F {FIELD}=@photo.jpg does.",
        )
    return uploads

"""What a picture file says of itself: format, size, structure. Reads bytes, decodes no pixel.

Everything here is cheap and bounded whatever the file says, so it may run in the server's own process.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from pose_core.errors import PictureError
from pose_core.media.heif import MAX_DECODED_PIXELS, HeifError, is_heif, read_heif

__all__ = [
    "MAX_ASPECT",
    "MAX_FILE_MB",
    "MAX_MEGAPIXELS",
    "MIN_SIDE_PX",
    "FormatName",
    "GifFrame",
    "Header",
    "damaged",
    "gif_first_frame",
    "jpeg_scans",
    "read_header",
]

MAX_FILE_MB: Final = 50  # the same as server.maxUploadSize in .streamlit/config.toml
MAX_MEGAPIXELS: Final = 50  # 150 MB of RGB; the largest phone sensors have 50
MIN_SIDE_PX: Final = 16
MAX_ASPECT: Final = 10  # in longer strips a person is only a few pixels of the square that the model sees
#: Beyond this a size is not merely too large: nobody made such a picture.
_BOMB_MEGAPIXELS: Final = 180
#: Steps through a file's structure before it counts as damaged: a GIF of 50 MB has 200 000.
_MAX_STEPS: Final = 400_000
#: The same for a JPEG, whose markers may follow each other without content. 50 MB in whole segments have 800.
_MAX_JPEG_MARKERS: Final = 20_000

FormatName = Literal["JPEG", "PNG", "WEBP", "GIF", "HEIC", "AVIF"]

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
#: Markers that begin a JPEG frame and carry its size.
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_JPEG_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_JPEG_SCAN: Final = 0xDA
_JPEG_END: Final = 0xD9
#: A marker. There may be any number of fill bytes 0xFF before it; a pattern that took them in would be quadratic.
_JPEG_MARKER: Final = re.compile(rb"\xff[^\xff]", re.DOTALL)
#: The next marker after compressed data, in which 0xFF is followed by 0 or a restart marker.
_JPEG_NEXT: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a picture before it is decoded.

    Attributes
    ----------
    format : FormatName
    size_wh : tuple of int
        In pixels, not yet turned upright.
    decoded_wh : tuple of int, optional
        What the decoder makes, if a part of it is cut off afterwards.
    """

    format: FormatName
    size_wh: tuple[int, int]
    decoded_wh: tuple[int, int] | None = None

    @property
    def decoded_pixels(self) -> int:
        """How many pixels the decoder makes."""
        width, height = self.decoded_wh or self.size_wh
        return width * height


def damaged() -> PictureError:
    """The error for a file that is a picture but cannot be read."""
    return PictureError(
        "picture_damaged",
        "The file must contain a complete picture; this one is cut off or damaged. Copy, download or save it again.",
    )


def read_header(data: bytes) -> Header:
    """Recognise a picture file by its content and check its size.

    Parameters
    ----------
    data : bytes
        A whole file.

    Returns
    -------
    Header

    Raises
    ------
    PictureError
        If the bytes are empty, not a picture, damaged, or outside the limits on size and shape.
    """
    if not data:
        raise PictureError(
            "picture_empty", "The file must contain a picture; this one is empty. Choose another file."
        )
    if len(data) > MAX_FILE_MB * 1024 * 1024:
        raise PictureError(
            "file_too_large",
            "Files must be at most {limit} MB; this one is {megabytes:.0f} MB. Save a smaller copy and try that.",
            limit=MAX_FILE_MB,
            megabytes=len(data) / 1024 / 1024,
        )
    try:
        header = _header(data)
    except (struct.error, IndexError, HeifError) as error:
        raise damaged() from error
    _check_size(*header.size_wh)
    return header


def _header(data: bytes) -> Header:
    if data[:3] == b"\xff\xd8\xff":
        return Header("JPEG", _jpeg_frame(data)[1])
    if data.startswith(_PNG_SIGNATURE):
        if data[12:16] != b"IHDR":
            raise damaged()
        return Header("PNG", struct.unpack_from(">II", data, 16))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Header("WEBP", _webp_size(data))
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return Header("GIF", gif_first_frame(data).size_wh)
    if is_heif(data):
        heif = read_heif(data)
        _check_area(*heif.stored_wh)
        header = Header(heif.format, heif.size_wh, heif.decoded_wh)
        if header.decoded_pixels > MAX_DECODED_PIXELS:
            raise HeifError("tiles far larger than the picture")
        return header
    raise PictureError(
        "picture_unknown",
        "The file must be a JPG, PNG, WebP, HEIC or AVIF picture; the content of this one is none of these, despite "
        "its name. Choose another file.",
    )


def _check_area(width: int, height: int) -> None:
    if width * height > _BOMB_MEGAPIXELS * 1_000_000:
        raise PictureError(
            "picture_bomb",
            "Pictures must be at most {limit} megapixels; this one claims far more. "
            "Save a smaller copy and try that.",
            limit=MAX_MEGAPIXELS,
        )
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise PictureError(
            "picture_too_large",
            "Pictures must be at most {limit} megapixels; this one has {megapixels:.0f} "
            "({width} x {height}). Save a smaller copy and try that.",
            limit=MAX_MEGAPIXELS,
            megapixels=width * height / 1e6,
            width=width,
            height=height,
        )


def _check_size(width: int, height: int) -> None:
    _check_area(width, height)
    if min(width, height) < MIN_SIDE_PX:
        raise PictureError(
            "picture_too_small",
            "Pictures must be at least {limit} pixels wide and high; this one is {width} x {height}. "
            "Choose a larger one.",
            limit=MIN_SIDE_PX,
            width=width,
            height=height,
        )
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise PictureError(
            "picture_too_long",
            "The longer side of a picture must be at most {limit} times the shorter; this one is {width} x {height}. "
            "Crop it to the person and try again.",
            limit=MAX_ASPECT,
            width=width,
            height=height,
        )


# ---------------------------------------------------------------------- JPEG
def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Markers of the main picture with the place of what follows them, compressed data left out."""
    at = 2
    for _ in range(_MAX_JPEG_MARKERS):
        found = _JPEG_MARKER.search(data, at)  # not match: some cameras leave bytes between segments
        if found is None:
            raise damaged()
        at = found.end()
        marker = data[at - 1]
        yield marker, at
        if marker == _JPEG_END:
            return
        if marker not in _JPEG_ALONE:
            at += int.from_bytes(data[at : at + 2], "big")
        if marker == _JPEG_SCAN:
            found = _JPEG_NEXT.search(data, at)
            if found is None:
                return
            at = found.start()
    raise damaged()


def _jpeg_frame(data: bytes) -> tuple[int, tuple[int, int], int]:
    """Marker, width and height, and number of components of a JPEG's frame."""
    for marker, at in _jpeg_segments(data):
        if marker in _JPEG_FRAMES:
            height, width, components = struct.unpack_from(">HHB", data, at + 3)
            return marker, (width, height), components
        if marker in (_JPEG_SCAN, _JPEG_END):
            break
    raise damaged()


def jpeg_scans(data: bytes, at_most: int) -> int:
    """How many scans a decoder would go through; counts no further than one beyond `at_most`.

    A baseline file whose first scan has all components has one, since decoders stop there.
    """
    marker, _, components = _jpeg_frame(data)
    scans = 0
    for kind, at in _jpeg_segments(data):
        if kind != _JPEG_SCAN:
            continue
        scans += 1
        if scans > at_most or (marker not in _JPEG_PROGRESSIVE and data[at + 2] >= components):
            break
    return scans


# ---------------------------------------------------------------------- WebP
def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        data[29]  # there, or an IndexError
        return width, height
    if kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise damaged()


# ---------------------------------------------------------------------- GIF
@dataclass(frozen=True, slots=True)
class GifFrame:
    """The first frame of a GIF: the picture's size, where the frame ends in the file, and whether more follow."""

    size_wh: tuple[int, int]
    end: int
    more: bool


def gif_first_frame(data: bytes) -> GifFrame:
    """Walk through a GIF to the end of its first frame, and to the beginning of a second one.

    Raises
    ------
    PictureError, IndexError, struct.error
        If the file ends before a frame begins, or its structure is broken.
    """
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    steps = 0
    end = 0
    while steps < _MAX_STEPS:
        kind = data[at : at + 1]
        if kind == b"," and end:
            return GifFrame((width, height), end, more=True)
        if kind == b",":
            x, y, w, h, flags = struct.unpack_from("<HHHHB", data, at + 1)
            width, height = max(width, x + w), max(height, y + h)
            at += 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
        elif kind == b"!":
            at += 2
        elif end:  # the trailer, the end of the file, or rubbish after the frame
            return GifFrame((width, height), end, more=False)
        elif not kind or kind == b";":
            raise damaged()
        else:
            at, steps = at + 1, steps + 1
            continue
        while steps < _MAX_STEPS and at < len(data) and data[at]:
            at, steps = at + 1 + data[at], steps + 1
        at, steps = at + 1, steps + 1
        if kind == b"," and not end:
            end = at
    if end:
        return GifFrame((width, height), end, more=False)
    raise damaged()

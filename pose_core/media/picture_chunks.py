"""PNG and WebP taken apart: the pixels for the decoder, and of the rest only what is wanted.

Decoders would read every other chunk too: they refuse a picture for a wrong checksum beside its pixels, and unpack
megabytes of text that nobody asked for.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pose_core.media.picture_colours import MAX_PROFILE_BYTES

__all__ = ["PngFacts", "WebpParts", "split_png", "split_webp"]

_MAX_EXIF_BYTES: Final = 2**20
#: A file of 50 MB in chunks of 1 kB has half as many; encoders write 8 kB and more.
_MAX_CHUNKS: Final = 100_000
_PIXELS: Final = frozenset({b"IHDR", b"PLTE", b"IDAT"})
_BESIDE: Final = frozenset({b"acTL", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"eXIf", b"tRNS"})


@dataclass
class PngFacts:
    """What the chunks beside a PNG's pixels say.

    Attributes
    ----------
    bits, colour_type : int
        As in the header.
    frames : int
        More than 1 in a moving picture.
    hidden : bytes or None
        The ``tRNS`` chunk.
    code_points : tuple of int or None
        Primaries and transfer curve, of full-range RGB.
    profile : bytes or None
        ICC profile, unpacked.
    is_srgb : bool
        Whether the file says that it is sRGB.
    gamma, primaries : float and tuple of float, or None
    exif : bytes or None
    """

    bits: int = 8
    colour_type: int = 2
    frames: int = 1
    hidden: bytes | None = None
    code_points: tuple[int, int] | None = None
    profile: bytes | None = None
    is_srgb: bool = False
    gamma: float | None = None
    primaries: tuple[float, ...] | None = None
    exif: bytes | None = None

    def take(self, kind: bytes, content: bytes) -> None:
        """Keep what a chunk says; a malformed one says nothing."""
        if kind == b"acTL" and len(content) == 8:
            self.frames = int.from_bytes(content[:4], "big")
        elif kind == b"cICP" and len(content) == 4:
            if content[2:] == b"\0\1":
                self.code_points = content[0], content[1]
        elif kind == b"iCCP":
            self.profile = _unpacked(content.partition(b"\0")[2][1:])
        elif kind == b"sRGB":
            self.is_srgb = True
        elif kind == b"gAMA" and len(content) == 4:
            self.gamma = int.from_bytes(content, "big") / 100_000
        elif kind == b"cHRM" and len(content) == 32:
            white_x, white_y, *colours = (n / 100_000 for n in struct.unpack(">8I", content))
            self.primaries = (*colours, white_x, white_y)
        elif kind == b"eXIf" and len(content) <= _MAX_EXIF_BYTES:
            self.exif = content


def _unpacked(packed: bytes) -> bytes | None:
    """A compressed profile; None if it is damaged or too large."""
    try:
        decompressor = zlib.decompressobj()
        profile = decompressor.decompress(packed, MAX_PROFILE_BYTES)
    except zlib.error:
        return None
    return profile if decompressor.eof else None


def split_png(data: bytes) -> tuple[bytes, PngFacts]:
    """A PNG with nothing but its pixels, palette and transparency, and what its other chunks said.

    Chunks of other kinds are not looked at; those with a wrong checksum beside the pixels are left out, and so are all
    but the first of a kind.

    Raises
    ------
    ValueError
        If the pixels are cut off, or in far too many pieces.
    """
    facts = PngFacts(data[24], data[25])
    view = memoryview(data)
    pieces = [view[:8]]
    at, seen_pixels, chunks = 8, False, 0
    beside = set(_BESIDE)
    while at + 8 <= len(data):
        chunks += 1
        if chunks > _MAX_CHUNKS:
            raise ValueError("too many chunks")
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if kind == b"IEND":
            break
        if kind in _PIXELS:
            if end > len(data):  # else its missing bytes would be taken from what follows
                raise ValueError("cut off")
            seen_pixels = seen_pixels or kind == b"IDAT"
            pieces.append(view[at:end])
        elif kind in beside and (not seen_pixels or kind == b"eXIf") and end <= len(data):
            (checksum,) = struct.unpack_from(">I", data, end - 4)
            if zlib.crc32(view[at + 4 : end - 4]) == checksum:
                beside.remove(kind)
                content = data[at + 8 : end - 4]
                if kind == b"tRNS":
                    facts.hidden = content
                    if facts.bits < 16:  # else the caller applies it
                        pieces.append(view[at:end])
                else:
                    facts.take(kind, content)
        at = end
    pieces.append(memoryview(b"\0\0\0\0IEND\xaeB`\x82"))
    return b"".join(pieces), facts


@dataclass
class WebpParts:
    """A WebP taken apart.

    Attributes
    ----------
    still : bytes
        The first picture as a file of its own.
    canvas_wh : tuple of int or None
        The size of the whole, where the file states it.
    at : tuple of int
        Where the first picture is on it: left and top.
    moving : bool
        Whether more pictures follow.
    profile, exif : bytes or None
    """

    still: bytes
    canvas_wh: tuple[int, int] | None = None
    at: tuple[int, int] = (0, 0)
    moving: bool = False
    profile: bytes | None = None
    exif: bytes | None = None


def _riff(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the content of each chunk; stops at one that is cut off."""
    for _ in range(_MAX_CHUNKS):
        if start + 8 > end:
            return
        kind, length = struct.unpack_from("<4sI", data, start)
        if start + 8 + length > end:
            return
        yield kind, start + 8, start + 8 + length
        start += 8 + length + (length & 1)


def _u24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


def split_webp(data: bytes) -> WebpParts:
    """The first picture of a WebP, still or moving, and its metadata."""
    parts = WebpParts(data)
    frames = 0
    for kind, start, end in _riff(data, 12, len(data)):
        if kind == b"VP8X":
            parts.canvas_wh = _u24(data, start + 4) + 1, _u24(data, start + 7) + 1
        elif kind == b"ICCP":
            parts.profile = data[start:end]
        elif kind == b"EXIF" and end - start <= _MAX_EXIF_BYTES:
            parts.exif = data[start:end]
        elif kind == b"ANMF":
            frames += 1
            parts.moving = frames > 1
            if frames == 1:
                parts.at = 2 * _u24(data, start), 2 * _u24(data, start + 3)
                parts.still = _still(data, start, end)
    return parts


def _still(data: bytes, start: int, end: int) -> bytes:
    """A frame of a moving WebP as a file."""
    width, height = data[start + 6 : start + 9], data[start + 9 : start + 12]
    kinds = {kind for kind, _, _ in _riff(data, start + 16, end)}
    body = data[start + 16 : end]
    if b"ALPH" in kinds:
        body = struct.pack("<4sIB3x", b"VP8X", 10, 0x10) + width + height + body
    return struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WEBP") + body

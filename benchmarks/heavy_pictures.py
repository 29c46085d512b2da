"""Small files that cost much to decode, made by code."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image

__all__ = ["endless_jpeg", "jpeg_turned", "png_16_bit", "webp_of_few_bytes"]

_SIDE = 7000  # 49 megapixels


def _file_of(image: Image.Image, file_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def endless_jpeg(scans: int, side: int = _SIDE) -> bytes:
    """A progressive JPEG that repeats its last scan."""
    data = _file_of(Image.new("L", (side, side), 90), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * (scans - data.count(b"\xff\xda")) + data[-2:]


def webp_of_few_bytes(side: int = _SIDE) -> bytes:
    """A lossless WebP in which every code has a single symbol, so that 49 megapixels take no bit at all."""
    size = (side - 1) | (side - 1) << 14
    # The header; no transform, no colour cache, no groups; five codes of one symbol each, which is 0.
    bits = 0x2F | size << 8
    at = 8 + 28 + 1 + 3 + 3
    for _ in range(5):
        bits |= 1 << at  # simple code; one symbol, of one bit: 0
        at += 4
    body = bits.to_bytes(-(-at // 8), "little")
    body += bytes(len(body) & 1)
    return struct.pack("<4sI4s4sI", b"RIFF", 12 + len(body), b"WEBP", b"VP8L", len(body)) + body


def png_16_bit(side: int = _SIDE, colour_type: int = 0) -> bytes:
    """A 16-bit PNG of one colour: grey (0), RGB (2) or RGBA (6)."""
    channels = {0: 1, 2: 3, 6: 4}[colour_type]

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", side, side, 16, colour_type, 0, 0, 0)
    packer = zlib.compressobj(1)
    row = b"\0" + b"\x12\x34" * channels * side
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg_turned(size_wh: tuple[int, int] = (8000, 6000), **options: Any) -> bytes:
    """A photo of a phone held upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return _file_of(Image.new("RGB", size_wh, (90, 120, 60)), "JPEG", exif=exif, **options)

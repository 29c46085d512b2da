"""Damaged, lying and foreign picture files, the same ones on every run."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from pose_core.performer import Camera, render_frame

__all__ = ["corpus", "cut", "flipped", "pictures"]

SEED = 20_240_917
#: Files for each of four formats and each kind of damage.
CUT, FLIPPED, LYING, PATCHED = 40, 40, 30, 12
_ZIP_TIME = (2024, 9, 17, 0, 0, 0)
_MEGA = 10**6


def pictures() -> dict[str, bytes]:
    """The performer, small, in every format that can be read."""
    image = Image.fromarray(render_frame("jack", 0.0, camera=Camera(160, 120)).rgb)
    files = {}
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        file = io.BytesIO()
        image.save(file, kind)
        files[kind] = file.getvalue()
    return files


# ---------------------------------------------------------------------- damage
def cut(data: bytes, random: np.random.Generator) -> bytes:
    """The file's beginning."""
    return data[: random.integers(0, len(data))]


def flipped(data: bytes, random: np.random.Generator) -> bytes:
    """Some bits turned over, anywhere."""
    changed = bytearray(data)
    for _ in range(random.integers(1, 40)):
        changed[random.integers(0, len(data))] ^= 1 << random.integers(0, 8)
    return bytes(changed)


def lying_head(data: bytes, random: np.random.Generator) -> bytes:
    """The first bytes, where sizes and types are, overwritten at random."""
    changed = bytearray(data)
    start = int(random.integers(4, 40))
    changed[start : start + 8] = random.bytes(8)
    return bytes(changed)


def patched(data: bytes, random: np.random.Generator) -> bytes:
    """A piece of the file put into another place of it."""
    start, to = (int(place) for place in random.integers(0, len(data), 2))
    length = int(random.integers(1, 200))
    return data[:to] + data[start : start + length] + data[to:]


# ---------------------------------------------------------------------- lies and bombs
def _png(
    width: int, height: int, body: bytes, *, depth: int = 8, colour: int = 2, sums: bool = True
) -> bytes:
    """A PNG whose head may say anything; `body` is what its pixels unpack to."""

    def part(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data) if sums else 0
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    packed = zlib.compress(body, 9)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", packed) + part(b"IEND", b"")


def lying_pngs() -> Iterator[bytes]:
    """Heads that promise other sizes, depths and colours than what follows, all with valid check sums."""
    row = bytes(1 + 3 * 64)
    for size in (0, 1, 63, 65, 4096, 60_000, 2**16, 2**31 - 1, 2**32 - 1):
        yield _png(size, 64, row * 64)
        yield _png(64, size, row * 64)
        yield _png(size, size, row * 64)
    for depth in (0, 1, 2, 4, 16, 255):
        for colour in (0, 2, 3, 4, 6, 7):
            yield _png(64, 64, row * 64, depth=depth, colour=colour)
    yield _png(64, 64, row * 64, sums=False)


def lying_sizes(files: dict[str, bytes]) -> Iterator[bytes]:
    """Whole files of the other formats whose head names another size."""
    jpeg, gif = files["JPEG"], files["GIF"]
    frame = jpeg.index(b"\xff\xc0") + 5  # height, then width
    for size in (0, 1, 119, 121, 8_000, 0x7FFF, 0xFFFF):
        yield jpeg[:frame] + struct.pack(">HH", size, size) + jpeg[frame + 4 :]
        yield jpeg[:frame] + struct.pack(">HH", 120, size) + jpeg[frame + 4 :]
        yield gif[:6] + struct.pack("<HH", size, size) + gif[10:]


def bombs() -> Iterator[bytes]:
    """Small files that unpack to very much."""
    yield _png(50_000, 50_000, bytes(20 * _MEGA))
    yield _png(20_000, 2_600, bytes(20 * _MEGA))
    yield _png(7_000, 7_000, bytes(100))  # allowed by its size, and nearly nothing in it
    yield _png(640, 480, bytes(30 * _MEGA))  # far more than its head says
    for side in (8_000, 16_000):
        file = io.BytesIO()
        Image.new("1", (side, side)).save(file, "PNG")
        yield file.getvalue()
    many = io.BytesIO()
    first, *more = [Image.new("P", (400, 300), shade) for shade in range(200)]
    first.save(many, "GIF", save_all=True, append_images=more)
    yield many.getvalue()
    # A text part of the file that unpacks to 30 MB.
    text = zlib.compress(bytes(30 * _MEGA), 9)
    whole = _png(64, 64, bytes(64 * (1 + 3 * 64)))
    data = b"Comment\0\0" + text
    part = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    yield whole[:33] + part + whole[33:]


# ---------------------------------------------------------------------- other kinds
def _zipped(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), data)
    return file.getvalue()


def foreign(files: dict[str, bytes]) -> Iterator[bytes]:
    """Files of other kinds, ZIP in ZIP, SVG and HTML among them, and such with a picture's first bytes or last."""
    nested = files["PNG"]
    for _ in range(4):
        nested = _zipped("photo.png", nested)
        yield nested
    others = [
        b"<svg xmlns='http://www.w3.org/2000/svg' width='1e9' height='1e9'><script>1</script></svg>",
        b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><svg>&b;</svg>",
        b"<!doctype html><html><body onload='alert(1)'>hello</body></html>",
        b"%PDF-1.7\n%%EOF",
        b"BM" + bytes(100),
        b"II*\0" + bytes(100),
        b"MM\0*" + bytes(100),
        b"8BPS\0\1" + bytes(100),
        b"\0\0\1\0\1\0" + bytes(100),
        b"\0\0\0\x18ftypavif" + bytes(100),
        b"\0\0\0\x18ftypheic" + bytes(100),
        b"P6\n60000 60000\n255\n" + bytes(100),
        b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) run\n",
        b"\x7fELF" + bytes(100),
        b"RIFF\x24\0\0\0WAVEfmt " + bytes(100),
        b"{}",
        b"a,b\n1,2\n",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\xff\xff\xff\xffWEBPVP8 ",
        b"RIFF\xff\xff\xff\xffWEBPVP8X" + b"\xff" * 30,
        b"GIF89a" + b"\xff" * 30,
        bytes(1000),
        b"",
    ]
    yield from others
    for other in [*others[:3], nested]:
        for data in files.values():
            yield data[:20] + other
            yield data + other
            yield other + data


def corpus() -> list[bytes]:
    """All of them, in an order that does not change."""
    random = np.random.default_rng(SEED)
    files = pictures()
    kinds: list[tuple[Callable[[bytes, np.random.Generator], bytes], int]] = [
        (cut, CUT),
        (flipped, FLIPPED),
        (lying_head, LYING),
        (patched, PATCHED),
    ]
    damaged = [
        damage(data, random) for data in files.values() for damage, count in kinds for _ in range(count)
    ]
    return [*damaged, *lying_pngs(), *lying_sizes(files), *bombs(), *foreign(files)]

"""HEIC files, made by code: FFmpeg codes the pixels, and this module writes the boxes around them."""

from __future__ import annotations

import re
import struct
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

__all__ = ["dimg", "heic", "idat", "iloc", "ipma", "iref", "with_box", "with_size"]


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _full(kind: bytes, version: int, *parts: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _coded(frame_rgb: NDArray[np.uint8]) -> tuple[bytes, bytes]:
    """Decoder set-up (hvcC) and coded picture, both as in an MP4 file."""
    encoder: Any = av.CodecContext.create("libx265", "w")
    encoder.height, encoder.width = frame_rgb.shape[:2]
    encoder.pix_fmt, encoder.time_base = "yuv444p", Fraction(1, 25)
    encoder.options = {"x265-params": "keyint=1:qp=4:log-level=none:info=0", "preset": "ultrafast"}
    frame = av.VideoFrame.from_ndarray(frame_rgb, format="rgb24")
    stream = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    units = [unit for unit in re.split(rb"\0?\0\0\x01", stream) if unit]
    kinds = [unit[0] >> 1 & 63 for unit in units]
    setup = b"\1" + bytes(20) + b"\xff"  # lengths of four bytes; FFmpeg takes all else from the units below
    sets = [(kind, unit) for kind, unit in zip(kinds, units, strict=True) if kind in (32, 33, 34)]
    setup += bytes([len(sets)])
    for kind, unit in sets:
        setup += struct.pack(">BHH", 0x80 | kind, 1, len(unit)) + unit
    coded = b"".join(
        struct.pack(">I", len(unit)) + unit for kind, unit in zip(kinds, units, strict=True) if kind < 32
    )
    return setup, coded


def heic(
    frame_rgb: NDArray[np.uint8],
    *,
    tile_px: int | None = None,
    turn: int = 0,
    mirror: int | None = None,
    crop_wh: tuple[int, int] | None = None,
    icc_profile: bytes | None = None,
    code_points: tuple[int, int] | None = None,
) -> bytes:
    """A HEIC file as phones write it.

    Parameters
    ----------
    frame_rgb : ndarray of uint8, shape (H, W, 3)
        As stored.
    tile_px : int, optional
        Side of the square tiles that it is coded in; the last ones reach beyond the picture.
    turn : int
        Quarter turns anticlockwise that a viewer has to apply.
    mirror : int, optional
        0 to exchange top and bottom, 1 for left and right; after turning.
    crop_wh : tuple of int, optional
        What a viewer has to cut out of the middle.
    icc_profile, code_points : optional
        The colours.
    """
    height, width = frame_rgb.shape[:2]
    side = tile_px or 0
    if tile_px:
        rows, columns = -(-height // side), -(-width // side)
        padded = np.pad(
            frame_rgb, ((0, rows * side - height), (0, columns * side - width), (0, 0)), mode="edge"
        )
        tiles = [
            np.ascontiguousarray(padded[y * side : (y + 1) * side, x * side : (x + 1) * side])
            for y in range(rows)
            for x in range(columns)
        ]
    else:
        rows = columns = 1
        tiles = [frame_rgb]
    coded = [_coded(tile) for tile in tiles]
    properties = [
        _full(b"ispe", 0, struct.pack(">II", width, height)),
        _box(b"hvcC", coded[0][0]),
        _full(b"ispe", 0, struct.pack(">II", side, side)),
    ]
    for_main, for_tile = [1] if tile_px else [1, 2], [2, 3]
    extra = []
    if crop_wh:
        extra.append(_box(b"clap", struct.pack(">8I", crop_wh[0], 1, crop_wh[1], 1, 0, 1, 0, 1)))
    if turn:
        extra.append(_box(b"irot", bytes([turn])))
    if mirror is not None:
        extra.append(_box(b"imir", bytes([mirror])))
    if icc_profile:
        extra.append(_box(b"colr", b"prof", icc_profile))
    if code_points:
        extra.append(_box(b"colr", b"nclx", struct.pack(">HHHB", *code_points, 6, 0x80)))
    for number, prop in enumerate(extra):
        properties.append(prop)
        for_main.append(4 + number)
    kinds = [(1, b"grid")] if tile_px else []
    first = 2 if tile_px else 1
    kinds += [(first + i, b"hvc1") for i in range(len(tiles))]
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    entries = [_full(b"infe", 2, struct.pack(">HH4s", item, 0, kind), b"\0") for item, kind in kinds]

    def linked(item: int, used: list[int]) -> bytes:
        return struct.pack(">HB", item, len(used)) + bytes(used)

    links = [linked(item, for_main if item == 1 else for_tile) for item, _ in kinds]
    head = _box(b"ftyp", b"heic\0\0\0\0mif1heic")

    def description(pixels_at: int) -> bytes:
        places, at = [], pixels_at
        for item, kind in kinds:
            in_idat = kind == b"grid"
            size = len(grid) if in_idat else len(coded[item - first][1])
            places.append(struct.pack(">HHHHII", item, int(in_idat), 0, 1, 0 if in_idat else at, size))
            at += 0 if in_idat else size
        parts = [
            _full(b"hdlr", 0, bytes(4), b"pict", bytes(13)),
            _full(b"pitm", 0, struct.pack(">H", 1)),
            _full(b"iloc", 1, b"\x44\0", struct.pack(">H", len(places)), *places),
            _full(b"iinf", 0, struct.pack(">H", len(entries)), *entries),
            _box(
                b"iprp",
                _box(b"ipco", *properties),
                _full(b"ipma", 0, struct.pack(">I", len(links)), *links),
            ),
        ]
        if tile_px:
            numbers = range(first, first + len(tiles))
            used = _box(b"dimg", struct.pack(f">HH{len(tiles)}H", 1, len(tiles), *numbers))
            parts += [_full(b"iref", 0, used), _box(b"idat", grid)]
        return _full(b"meta", 0, *parts)

    pixels_at = len(head) + len(description(0)) + 8
    return head + description(pixels_at) + _box(b"mdat", *(data for _, data in coded))


# ---------------------------------------------------------------------- files that say odd things
def with_box(data: bytes, box: bytes, *, inside: bytes = b"meta") -> bytes:
    """The file with one more box at the end of ``meta`` or of a box in it; where only one is wanted, the last counts.

    Coded pictures move without being found again, except those in ``idat``.
    """
    end = 0
    for kind in dict.fromkeys((b"meta", inside)):
        at = data.index(kind) - 4
        (size,) = struct.unpack_from(">I", data, at)
        end = at + size
        data = data[:at] + struct.pack(">I", size + len(box)) + data[at + 4 :]
    return data[:end] + box + data[end:]


def with_size(data: bytes, old_wh: tuple[int, int], new_wh: tuple[int, int]) -> bytes:
    """The file with another stated size (``ispe``); what is coded stays."""
    old, new = (b"ispe" + struct.pack(">III", 0, *size_wh) for size_wh in (old_wh, new_wh))
    assert old in data
    return data.replace(old, new)


def iloc(entries: int) -> bytes:
    """A table of places of items without contents."""
    return _full(
        b"iloc", 2, b"\x44\0", struct.pack(">I", entries), struct.pack(">IHHH", 1, 0, 0, 0) * entries
    )


def ipma(entries: int) -> bytes:
    """A table of properties of items that have none."""
    return _full(b"ipma", 0, struct.pack(">I", entries), struct.pack(">HB", 1, 0) * entries)


def dimg(*parts: int) -> bytes:
    """The tiles of item 1."""
    return _box(b"dimg", struct.pack(f">HH{len(parts)}H", 1, len(parts), *parts))


def iref(*boxes: bytes) -> bytes:
    return _full(b"iref", 0, *boxes)


def idat(*, rows: int, columns: int, size_wh: tuple[int, int]) -> bytes:
    """A grid."""
    return _box(b"idat", struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *size_wh))

"""HEIC and AVIF files: which coded pieces the picture consists of, and how to turn it. FFmpeg decodes the pieces.

The container is ISO 14496-12 (boxes) and ISO 23008-12 (items and their properties). FFmpeg's own reader gives the
tiles of a phone's picture as separate videos and leaves rotation and colours to the caller, so little is lost by not
using it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FrameRGB

__all__ = ["MAX_DECODED_PIXELS", "Heif", "HeifError", "decode_heif", "is_heif", "read_heif"]

_BRANDS: Final = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif"}
#: FFmpeg's decoder for each kind of coded item, and what the format is called.
_CODECS: Final = {b"hvc1": "hevc", b"av01": "libdav1d"}
_NAMES: Final[dict[bytes, Literal["HEIC", "AVIF"]]] = {b"hvc1": "HEIC", b"av01": "AVIF"}
#: Boxes, and entries of all tables together. A phone's picture of 48 tiles has some 500, one of 1024 tiles 9000.
_MAX_BOXES: Final = 20_000
_MAX_TILES: Final = 1024
#: Of all tiles together: 50 megapixels and what the last row and column of tiles have beyond the picture.
MAX_DECODED_PIXELS: Final = 64_000_000
#: Coded pictures may be larger than stated on each side, since decoders work in blocks.
_BLOCK_PX: Final = 128


class HeifError(Exception):
    """The file is not what this module reads, or is damaged."""


@dataclass
class _Item:
    kind: bytes = b""
    in_idat: bool = False
    extents: list[tuple[int, int]] = field(
        default_factory=list
    )  # offset and length; 0 means to the end of the file
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)  # the tiles of a grid

    def first(self, kind: bytes) -> bytes | None:
        return next((data for found, data in self.properties if found == kind), None)


@dataclass(frozen=True, eq=False)
class Heif:
    """The main picture of a file.

    Attributes
    ----------
    format : str
        ``"HEIC"`` or ``"AVIF"``.
    size_wh : tuple of int
        After cropping, before turning.
    stored_wh : tuple of int
        Before cropping.
    """

    format: Literal["HEIC", "AVIF"]
    size_wh: tuple[int, int]
    stored_wh: tuple[int, int]
    _tile_wh: tuple[int, int]
    _columns: int
    _tiles: list[_Item]
    _main: _Item
    _data: bytes = field(repr=False)
    _idat: bytes = field(repr=False)

    @property
    def decoded_wh(self) -> tuple[int, int]:
        """All tiles side by side: the stored picture, and what the last ones have beyond it."""
        rows = len(self._tiles) // self._columns
        return self._columns * self._tile_wh[0], rows * self._tile_wh[1]

    @property
    def icc_profile(self) -> bytes | None:
        """The colour profile, if the file has one."""
        for kind, data in self._main.properties:
            if kind == b"colr" and data[:4] in (b"prof", b"rICC"):
                return data[4:]
        return None

    @property
    def code_points(self) -> tuple[int, int] | None:
        """Colour primaries and transfer curve as in ITU-T H.273, if the file states them."""
        for kind, data in self._main.properties:
            if kind == b"colr" and data[:4] == b"nclx" and len(data) >= 8:
                primaries, transfer = struct.unpack_from(">HH", data, 4)
                return primaries, transfer
        return None

    @property
    def turned(self) -> bool:
        """Whether the file says that the picture has to be turned or mirrored."""
        return any(
            (kind == b"irot" and data[:1] and data[0] & 3) or kind == b"imir"
            for kind, data in self._main.properties
        )


def is_heif(data: bytes) -> bool:
    """Whether the file says that it is a HEIC or AVIF picture, rather than a video in the same container."""
    if data[4:8] != b"ftyp":
        return False
    brands = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
    return any(brands[at : at + 4] in _BRANDS for at in (0, *range(8, len(brands), 4)))


class _Reader:
    """Numbers from bytes, one after the other; `HeifError` at the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def take(self, size: int) -> bytes:
        if self.at + size > len(self._data):
            raise HeifError("cut off")
        self.at += size
        return self._data[self.at - size : self.at]


def _spend(budget: list[int], steps: int) -> None:
    """Count steps that are about to be taken.

    Reading the structure runs in the server's own process, so it ends early whatever the file says.
    """
    budget[0] -= steps
    if budget[0] < 0:
        raise HeifError("too many boxes or entries")


def _boxes(data: bytes, start: int, end: int, budget: list[int]) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the content of each box in a range."""
    while start + 8 <= end:
        _spend(budget, 1)
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1:
            if start + 16 > end:
                raise HeifError("cut off")
            (size,) = struct.unpack_from(">Q", data, start + 8)
            head = 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            raise HeifError("a box reaches beyond its end")
        yield kind, start + head, start + size
        start += size


def read_heif(data: bytes) -> Heif:
    """Find the main picture and its pieces; decodes nothing.

    Raises
    ------
    HeifError
        If the structure is broken, or the main picture is of a kind that is not read.
    """
    budget = [_MAX_BOXES]
    meta = next((box for box in _boxes(data, 0, len(data), budget) if box[0] == b"meta"), None)
    if meta is None:
        raise HeifError("no description of items")
    boxes = {kind: (start, end) for kind, start, end in _boxes(data, meta[1] + 4, meta[2], budget)}
    items: dict[int, _Item] = {}

    def reader(kind: bytes) -> tuple[int, int, _Reader]:
        """Version and flags of a box in ``meta``, and its content."""
        if kind not in boxes:
            raise HeifError(f"no {kind!r}")
        start, end = boxes[kind]
        found = _Reader(data[start:end])
        return found.number(1), found.number(3), found

    _read_kinds(reader(b"iinf"), items, budget)
    _read_places(reader(b"iloc"), items, budget)
    if b"iref" in boxes:
        _read_parts(reader(b"iref"), boxes[b"iref"][0], boxes[b"iref"][1], data, items, budget)
    if b"iprp" not in boxes:
        raise HeifError("no properties")
    _read_properties(data, *boxes[b"iprp"], items, budget)
    version, _, content = reader(b"pitm")
    main = items.get(content.number(4 if version else 2))
    if main is None:
        raise HeifError("no main picture")
    idat = data[slice(*boxes[b"idat"])] if b"idat" in boxes else b""
    return _assemble(data, idat, main, items)


def _read_kinds(box: tuple[int, int, _Reader], items: dict[int, _Item], budget: list[int]) -> None:
    version, _, content = box
    count = content.number(4 if version else 2)
    _spend(budget, count)
    for _ in range(count):
        size = content.number(4)
        if size < 12 or content.take(4) != b"infe":
            raise HeifError("no item entry")
        entry = _Reader(content.take(size - 8))
        entry_version = entry.number(4) >> 24
        if entry_version < 2:
            raise HeifError("an old item entry")
        item = entry.number(2 if entry_version == 2 else 4)
        entry.take(2)
        items.setdefault(item, _Item()).kind = entry.take(4)


def _read_places(box: tuple[int, int, _Reader], items: dict[int, _Item], budget: list[int]) -> None:
    version, _, content = box
    sizes = content.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version in (1, 2) else 0
    wide = 4 if version == 2 else 2
    count = content.number(wide)
    _spend(budget, count)
    for _ in range(count):
        item = items.setdefault(content.number(wide), _Item())
        method = content.number(2) & 15 if version in (1, 2) else 0
        if method > 1:
            raise HeifError("an item made from other items")
        item.in_idat = method == 1
        content.take(2)
        base = content.number(base_size)
        pieces = content.number(2)
        _spend(budget, pieces)
        for _ in range(pieces):
            content.take(index_size)
            offset = content.number(offset_size)
            item.extents.append((base + offset, content.number(length_size)))


def _read_parts(
    box: tuple[int, int, _Reader],
    start: int,
    end: int,
    data: bytes,
    items: dict[int, _Item],
    budget: list[int],
) -> None:
    wide = 4 if box[0] else 2
    for kind, inside, until in _boxes(data, start + 4, end, budget):
        if kind == b"dimg":
            content = _Reader(data[inside:until])
            item = items.setdefault(content.number(wide), _Item())
            count = min(content.number(2), _MAX_TILES + 1)
            _spend(budget, count)
            item.parts = [content.number(wide) for _ in range(count)]


def _read_properties(data: bytes, start: int, end: int, items: dict[int, _Item], budget: list[int]) -> None:
    boxes = list(_boxes(data, start, end, budget))
    known = [
        (kind, data[inside:until])
        for holder, first, last in boxes
        if holder == b"ipco"
        for kind, inside, until in _boxes(data, first, last, budget)
    ]
    for holder, first, last in boxes:
        if holder != b"ipma":
            continue
        content = _Reader(data[first:last])
        version, flags = content.number(1), content.number(3)
        count = content.number(4)
        _spend(budget, count)
        for _ in range(count):
            item = items.setdefault(content.number(4 if version else 2), _Item())
            links = content.number(1)
            _spend(budget, links)
            for _ in range(links):
                index = content.number(2) & 0x7FFF if flags & 1 else content.number(1) & 0x7F
                if index > len(known):
                    raise HeifError("no such property")
                if index:
                    item.properties.append(known[index - 1])


def _content(data: bytes, idat: bytes, item: _Item) -> bytes:
    source = idat if item.in_idat else data
    if sum(length or len(source) for _, length in item.extents) > len(source):
        raise HeifError("pieces that overlap")
    pieces = []
    for offset, length in item.extents:
        piece = source[offset : offset + length] if length else source[offset:]
        if not piece or (length and len(piece) < length):
            raise HeifError("cut off")
        pieces.append(piece)
    return b"".join(pieces)


def _size(item: _Item) -> tuple[int, int]:
    stated = item.first(b"ispe")
    if stated is None or len(stated) < 12:
        raise HeifError("no size")
    width, height = struct.unpack_from(">II", stated, 4)
    return width, height


def _assemble(data: bytes, idat: bytes, main: _Item, items: dict[int, _Item]) -> Heif:
    parts, columns, stored_wh = [main], 1, _size(main)
    if main.kind == b"grid":
        grid = _Reader(_content(data, idat, main))
        wide = 4 if grid.number(2) & 1 else 2
        rows, columns = grid.number(1) + 1, grid.number(1) + 1
        stored_wh = grid.number(wide), grid.number(wide)
        if len(main.parts) != rows * columns or rows * columns > _MAX_TILES:
            raise HeifError("a grid with missing tiles")
        parts = [items.get(part, _Item()) for part in main.parts]
        _check_tiles(_size(parts[0]), (columns, rows), stored_wh)
    kind = parts[0].kind
    if kind not in _CODECS or any(part.kind != kind for part in parts):
        raise HeifError(f"a picture of kind {kind!r}")
    # Only the colours of the tiles are stated in some files.
    if main.first(b"colr") is None and (colours := parts[0].first(b"colr")) is not None:
        main.properties.append((b"colr", colours))
    x0, y0, x1, y1 = _crop(main, stored_wh)
    size_wh = x1 - x0, y1 - y0
    return Heif(_NAMES[kind], size_wh, stored_wh, _size(parts[0]), columns, parts, main, data, idat)


def _check_tiles(tile_wh: tuple[int, int], counts: tuple[int, int], stored_wh: tuple[int, int]) -> None:
    """Tiles have one size; together they cover the picture, and none lies outside it."""
    for tile, count, stored in zip(tile_wh, counts, stored_wh, strict=True):
        if not (count - 1) * tile < stored <= count * tile:
            raise HeifError("tiles that do not fill the picture")


def _crop(main: _Item, size_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part that is shown: left, top, right, bottom."""
    width, height = size_wh
    stated = main.first(b"clap")
    if stated is None or len(stated) < 32:
        return 0, 0, width, height
    numbers = struct.unpack(">IIIIiIiI", stated[:32])
    if 0 in numbers[1::2]:
        raise HeifError("a crop that cannot be computed")
    w, h, dx, dy = (numbers[i] / numbers[i + 1] for i in (0, 2, 4, 6))
    left, top = round((width - w) / 2 + dx), round((height - h) / 2 + dy)
    box = left, top, left + round(w), top + round(h)
    if left < 0 or top < 0 or box[2] > width or box[3] > height or w < 1 or h < 1:
        raise HeifError("a crop outside the picture")
    return box


def _decoded(item: _Item, coded: bytes, max_pixels: int) -> Any:
    import av  # only here: the process that decodes pictures needs FFmpeg for these files alone

    decoder: Any = av.CodecContext.create(_CODECS[item.kind], "r")
    setup = item.first(b"hvcC")
    if setup is not None:  # AV1 pieces carry their own
        decoder.extradata = setup
    decoder.thread_count = 1
    decoder.options = {"max_pixels": str(max_pixels), "err_detect": "explode"}
    try:
        for packet in (av.Packet(coded), None):
            for frame in decoder.decode(packet):
                if frame.is_corrupt:
                    raise HeifError("damaged")
                return frame
    except MemoryError as error:  # so FFmpeg calls a picture of more than `max_pixels` too
        if decoder.width * decoder.height > max_pixels:
            raise HeifError("a piece far larger than stated") from error
        raise
    raise HeifError("a piece without a picture")


def decode_heif(heif: Heif) -> FrameRGB:
    """Decode the main picture, cropped and turned upright.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        In the file's own colours; perhaps a view that is not contiguous.

    Raises
    ------
    HeifError
        If a piece is damaged or missing. FFmpeg's own errors pass through.
    """
    width, height = heif.stored_wh
    tile_width, tile_height = heif._tile_wh
    if heif.decoded_wh[0] * heif.decoded_wh[1] > MAX_DECODED_PIXELS:
        raise HeifError("tiles far larger than the picture")
    max_pixels = (tile_width + _BLOCK_PX) * (tile_height + _BLOCK_PX)
    frame_rgb = np.empty((height, width, 3), dtype=np.uint8)
    for number, item in enumerate(heif._tiles):
        row, column = divmod(number, heif._columns)
        coded = _content(heif._data, heif._idat, item)
        tile: NDArray[np.uint8] = _decoded(item, coded, max_pixels).to_ndarray(format="rgb24")
        if tile.shape[0] < tile_height or tile.shape[1] < tile_width:
            raise HeifError("tiles that do not fill the picture")
        x, y = column * tile_width, row * tile_height
        into = frame_rgb[y : y + tile_height, x : x + tile_width]
        into[:] = tile[: into.shape[0], : into.shape[1]]
    x0, y0, x1, y1 = _crop(heif._main, heif.stored_wh)
    return _turned(frame_rgb[y0:y1, x0:x1], heif._main)


def _turned(frame_rgb: FrameRGB, main: _Item) -> FrameRGB:
    """Turned and mirrored in the order that the file states."""
    for kind, data in main.properties:
        if kind == b"irot" and data:
            frame_rgb = np.rot90(frame_rgb, data[0] & 3)  # both count anticlockwise
        elif kind == b"imir" and data:
            frame_rgb = frame_rgb[:, ::-1] if data[0] & 1 else frame_rgb[::-1]
    return frame_rgb

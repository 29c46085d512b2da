"""MP4 and MOV: files whose tables would make FFmpeg build an index far larger than the file itself.

A table may state in twelve bytes that there are four thousand million frames, and FFmpeg keeps about 60 bytes for each
when it opens the file. It also takes a table wherever it finds one, at any depth. So this module does not follow the
nesting: it looks at every table outside the media data (``mdat``).
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np

__all__ = ["HIDDEN", "MAX_SAMPLES", "TooManySamplesError", "check_tables"]

#: Frames of all tracks together that a file may state; two hours with sound have half of it.
MAX_SAMPLES: Final = 1_000_000
#: Type of a box that FFmpeg skips.
HIDDEN: Final = b"free"
#: FFmpeg joins at least so many samples of uncompressed sound to one entry of its index.
_JOINED_SOUND: Final = 160
#: Frames times cuts of an edit list, which may show every frame again.
_MAX_EDITED: Final = 5 * MAX_SAMPLES
#: Boxes and tables looked at before the file is given up; a clip of ten minutes has a few thousand.
_MAX_BOXES: Final = 100_000
_MAX_SOUNDS: Final = 100
_TABLES: Final = (b"stsz", b"stz2", b"stts", b"ctts", b"trun", b"stsc", b"stco", b"co64", b"elst", b"cmov")
#: What media data contains by chance in no file, but a header hidden in it does.
_HEADERS: Final = ((b"moof", b"traf", b"trun"), (b"trak", b"stbl", b"stsz"))


class TooManySamplesError(ValueError):
    """The tables of the file state more than it can hold."""


def check_tables(data: bytes) -> tuple[int, ...]:
    """Check the tables of an MP4 or MOV file before FFmpeg reads it.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    tuple of int
        Where 4 bytes must be hidden from FFmpeg, by `HIDDEN` in their place: those that announce a sound track with
        more than `MAX_SAMPLES` (uncompressed sound has a sample every 20 microseconds), and its tables. Mostly none.

    Raises
    ------
    TooManySamplesError
        If what the tables state is more than `MAX_SAMPLES`, or more than the file has bytes.
    """
    steps = iter(range(_MAX_BOXES))
    tops = list(_boxes(data, 0, len(data), steps))
    sounds = _sound_tracks(data, tops, steps)
    if len(sounds) > _MAX_SOUNDS:
        raise TooManySamplesError
    limit = min(MAX_SAMPLES, len(data))
    totals: Counter[bytes] = Counter()
    tables: list[tuple[bytes, int]] = []
    hidden: set[int] = set()
    for position in _tables(data, tops):
        kind = data[position : position + 4]
        if len(tables) > _MAX_BOXES or kind == b"cmov":  # compressed tables, of any size
            raise TooManySamplesError
        tables.append((kind, position))
        count, rows = _stated(data, kind, position)
        totals[b"rows of " + kind] += rows
        if totals[b"rows of " + kind] > limit:
            raise TooManySamplesError
        if count > limit:
            track = next((start for start, end in sounds if start < position < end), None)
            if track is None:
                raise TooManySamplesError
            hidden.add(track)
            continue
        totals[kind] += count
        if totals[kind] > limit:
            raise TooManySamplesError
    samples = totals[b"stsz"] + totals[b"stz2"] + totals[b"trun"]
    if samples * totals[b"elst"] > _MAX_EDITED:
        raise TooManySamplesError
    chunks = totals[b"stco"] + totals[b"co64"]
    for kind, position in tables:
        if kind == b"stsc" and not any(s < position < e for s, e in sounds if s in hidden):
            _check_chunks(data, position, chunks)
    return tuple(
        position
        for start, end in sounds
        if start in hidden
        # Its tables too, in case that FFmpeg looks inside all the same.
        for position in (start + 4, *(at for _, at in tables if start < at < end))
    )


def _boxes(data: bytes, start: int, end: int, steps: Iterator[int]) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of each box, as FFmpeg counts: 1 announces a 64-bit size, 0 means up to the end."""
    for _ in steps:
        if end - start < 8:
            return
        size, header = int.from_bytes(data[start : start + 4]), 8
        if size == 1 and end - start >= 16:
            size, header = int.from_bytes(data[start + 8 : start + 16]), 16
        if size == 0:
            size = end - start
        if size < header:
            return
        yield data[start + 4 : start + 8], start, min(start + size, end)
        start += size
    raise TooManySamplesError


def _tables(data: bytes, tops: list[tuple[bytes, int, int]]) -> Iterator[int]:
    """Where the type of each table stands: everywhere but in the media data."""
    start = 0
    for kind, top, end in [*tops, (b"mdat", len(data), len(data))]:
        # An index may send FFmpeg to fragments in there.
        if kind == b"mdat" and not any(
            all(data.find(word, top + 8, end) >= 0 for word in words) for words in _HEADERS
        ):
            for table in _TABLES:
                position = data.find(table, start, top)
                while position >= 0:
                    yield position
                    position = data.find(table, position + 4, top)
            start = end


def _sound_tracks(
    data: bytes, tops: list[tuple[bytes, int, int]], steps: Iterator[int]
) -> list[tuple[int, int]]:
    """Start and end of the tracks whose handler is sound."""
    tracks = []
    for moov, moov_start, moov_end in tops:
        if moov != b"moov":
            continue
        for trak, start, end in _boxes(data, moov_start + 8, moov_end, steps):
            inner = [
                data[at + 16 : at + 20]
                for mdia, mdia_start, mdia_end in (
                    _boxes(data, start + 8, end, steps) if trak == b"trak" else ()
                )
                if mdia == b"mdia"
                for hdlr, at, _ in _boxes(data, mdia_start + 8, mdia_end, steps)
                if hdlr == b"hdlr"
            ]
            if inner == [b"soun"]:
                tracks.append((start, end))
    return tracks


def _stated(data: bytes, kind: bytes, position: int) -> tuple[int, int]:
    """Samples that a table states, and its rows; the rows twice for tables that count something else."""
    size_or_count, count = struct.unpack(">II", data[position + 8 : position + 16].ljust(8, b"\0"))
    if kind in (b"stsz", b"stz2"):
        return count, 0
    if kind in (b"stts", b"ctts"):
        runs = _numbers(data, position + 12, size_or_count, 2)[:, 0] if size_or_count <= MAX_SAMPLES else ()
        return int(np.sum(runs, dtype=np.uint64)), size_or_count
    return size_or_count, size_or_count


def _numbers(data: bytes, start: int, rows: int, columns: int) -> np.ndarray:
    """32-bit numbers of a table, as many whole rows as there are bytes."""
    rows = min(rows, max(0, len(data) - start) // (4 * columns))
    return np.frombuffer(data, ">u4", rows * columns, start if rows else 0).reshape(rows, columns)


def _check_chunks(data: bytes, position: int, chunks: int) -> None:
    """Samples in all chunks, which alone decide on the index of uncompressed sound.

    A row says: from this chunk on, so many samples in each.
    """
    rows = _numbers(data, position + 12, int.from_bytes(data[position + 8 : position + 12]), 3).astype(float)
    if not len(rows):
        return
    lengths = np.diff(np.append(np.minimum(rows[:, 0], chunks + 1), chunks + 1))
    samples = lengths @ rows[:, 1] if (np.diff(rows[:, 0]) > 0).all() else chunks * rows[:, 1].max()
    if samples > _JOINED_SOUND * MAX_SAMPLES:
        raise TooManySamplesError

"""A video that somebody chose: checked first, then read frame by frame, in memory only.

The check is done in another process (`pose_core.media.decoders`), whose time and memory are limited: only what has
been opened there, at a bounded cost, is opened here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict

from pose_core.arrays import FrameRGB
from pose_core.errors import ClipError
from pose_core.media.decoders import SHARED_DECODERS
from pose_core.media.demux import (
    MAX_SIDE_PX,
    PixelReader,
    check_side,
    damaged,
    decoded,
    opened,
    stated_duration_s,
    stated_fps,
    timed,
)
from pose_core.media.images import MAX_FILE_MB

__all__ = [
    "MAX_CHECK_S",
    "MAX_READ_S",
    "MAX_SIDE_PX",
    "ClipReader",
    "check_bytes",
    "check_duration",
    "first_frame",
    "look_at_clip",
    "read_clip",
]

#: Longest wait for the files of others.
_WAIT_S: Final = 20.0

MAX_READ_S: Final = 600.0
#: For the first intact frame.
MAX_CHECK_S: Final = 10.0


@dataclass(frozen=True, eq=False)
class ClipReader:
    """A video that can be played; made by `read_clip`.

    Attributes
    ----------
    size_wh : tuple of int
        Of the frames as `frames` yields them: upright and within `CLIP_BOX_PX`.
    fps : float
        As stated in the file, else 25.
    duration_s : float
        As stated in the file, else NaN.
    """

    size_wh: tuple[int, int]
    fps: float
    duration_s: float
    _data: bytes = field(repr=False)

    def frames(self) -> Iterator[tuple[float, FrameRGB]]:
        """All frames from the beginning, decoded one at a time; may be called again, to play in a loop.

        Yields
        ------
        time_s : float
            From 0, increasing.
        frame_rgb : ndarray of uint8, shape (H, W, 3)
            Turned upright as the file says (phones), with square pixels, scaled down to `CLIP_BOX_PX`; the caller may
            change it.

        Notes
        -----
        Damaged frames are left out. Stops after `MAX_READ_S` if the file does not state its duration.
        """
        with opened(self._data) as (container, stream):
            pixels = PixelReader(stream)
            for time_s, frame in timed(decoded(container, stream), self.fps):
                if time_s > MAX_READ_S:
                    return
                yield time_s, pixels(frame)


def read_clip(data: bytes, longest_s: float | None = None) -> ClipReader:
    """Open a video file in memory and check that it can be played.

    Parameters
    ----------
    data : bytes
        A whole MP4, MOV, WebM, MKV or AVI file.
    longest_s : float, optional
        Longest duration accepted, `MAX_READ_S` unless given; infinite for callers that read only the first frames.

    Returns
    -------
    ClipReader

    Raises
    ------
    ClipError
        If the bytes are empty, not such a file, damaged, without video, outside the limits on file size, picture size
        and duration, or take far more time or memory than a clip. Sizes are checked before any frame is decoded.
    BusyError
        If the files of others leave no room for the check in time.
    """
    check_bytes(data, MAX_FILE_MB)
    facts = SHARED_DECODERS.check_clip(data, MAX_READ_S if longest_s is None else longest_s, _WAIT_S)
    return ClipReader(tuple(facts["size_wh"]), facts["fps"], facts["duration_s"], data)


class _Facts(TypedDict):
    """What is known of a clip; `ClipReader` says what each means."""

    size_wh: tuple[int, int]
    fps: float
    duration_s: float


def look_at_clip(data: bytes, longest_s: float) -> _Facts:
    """Open a clip and decode its first frame: to be called in a process whose time and memory are limited.

    Errors as in `read_clip`.
    """
    with first_frame(data, longest_s) as (stream, first, duration_s):
        height, width = PixelReader(stream)(first).shape[:2]
        return {"size_wh": (width, height), "fps": stated_fps(stream), "duration_s": duration_s}


@contextmanager
def first_frame(data: bytes, longest_s: float) -> Iterator[tuple[Any, Any, float]]:
    """Open a file, check the size and duration that it states, and decode one frame.

    Yields
    ------
    stream, frame : PyAV's
    duration_s : float
        As the file states it.
    """
    with opened(data) as (container, stream):
        check_side(stream.codec_context.width, stream.codec_context.height)
        duration_s = stated_duration_s(container, stream)
        check_duration(duration_s, longest_s)
        first = next(decoded(container, stream, time.monotonic() + MAX_CHECK_S), None)
        if first is None:
            raise damaged()
        yield stream, first, duration_s


def check_bytes(data: bytes, limit_mb: int) -> None:
    """Raise a ClipError for an empty file, or one of more than `limit_mb`."""
    if not data:
        raise ClipError(
            "clip_empty", "The file must contain a video; this one is empty. Choose another file."
        )
    if len(data) > limit_mb * 1024 * 1024:
        raise ClipError(
            "file_too_large",
            "Files must be at most {limit} MB; this one is {megabytes:.0f} MB. Save a smaller copy and try that.",
            limit=limit_mb,
            megabytes=len(data) / 1024 / 1024,
        )


def check_duration(duration_s: float, longest_s: float) -> None:
    """Raise a ClipError for a video of more than `longest_s`; NaN passes."""
    if duration_s > longest_s:
        raise ClipError(
            "clip_too_long",
            "Videos must be at most {limit_s:.0f} seconds long; this one is {duration_s:.0f} seconds. "
            "Cut out the part that matters and try that.",
            limit_s=longest_s,
            duration_s=duration_s,
        )

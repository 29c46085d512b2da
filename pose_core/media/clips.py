"""A video that somebody chose: checked first, then read frame by frame, in memory only.

The check is done in another process (`pose_core.media.decoders`), whose time and memory are limited: only what has
been opened there, at a bounded cost, is opened here.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict

import av
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.errors import ClipError
from pose_core.media.clip_boxes import TooManySamplesError, with_bounded_tables
from pose_core.media.clip_errors import clip_damaged
from pose_core.media.decoders import SHARED_DECODERS
from pose_core.media.fitting import SMALLEST_PX, box_scale
from pose_core.media.images import MAX_FILE_MB

__all__ = ["MAX_CHECK_S", "MAX_READ_S", "MAX_SIDE_PX", "ClipReader", "look_at_clip", "open_clip", "read_clip"]

#: Longest wait for the files of others.
_WAIT_S: Final = 20.0

MAX_SIDE_PX: Final = 4096
MAX_READ_S: Final = 600.0
#: For files that do not state their frame rate.
_DEFAULT_FPS: Final = 25.0
#: Packets in a row without an intact frame; a cut may come ten seconds before the next frame that stands by itself.
_MAX_LOST: Final = 1000
#: For the first intact frame.
MAX_CHECK_S: Final = 10.0
#: Of an AVI file: FFmpeg turns a single large chunk of sound into half a million entries of its index, for each.
_AVI_STREAMS: Final = 8
_COVER: Final = av.stream.Disposition.attached_pic  # the cover of a song


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
        start_s, last_s = math.nan, math.nan
        with open_clip(self._data) as (container, stream):
            for frame in _decoded(container, stream):
                stated_s = frame.time if frame.time is not None else math.nan
                if math.isnan(last_s):
                    start_s, time_s = stated_s, 0.0
                else:
                    time_s = stated_s - start_s
                    if not time_s > last_s:  # unknown, or out of order
                        time_s = last_s + 1.0 / self.fps
                if time_s > MAX_READ_S:
                    return
                last_s = time_s
                yield time_s, _pixels(frame, stream)


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
    if not data:
        raise ClipError(
            "clip_empty", "The file must contain a video; this one is empty. Choose another file."
        )
    if len(data) > MAX_FILE_MB * 1024 * 1024:
        raise ClipError(
            "file_too_large",
            "Files must be at most {limit} MB; this one is {megabytes:.0f} MB. Save a smaller copy and try that.",
            limit=MAX_FILE_MB,
            megabytes=len(data) / 1024 / 1024,
        )
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
    with open_clip(data) as (container, stream):
        _check_side(stream.codec_context.width, stream.codec_context.height)
        duration_s = _duration_s(container, stream)
        if duration_s > longest_s:
            raise ClipError(
                "clip_too_long",
                "Videos must be at most {limit_s:.0f} seconds long; this one is {duration_s:.0f} seconds. "
                "Cut out the part that matters and try that.",
                limit_s=longest_s,
                duration_s=duration_s,
            )
        first = next(_decoded(container, stream, time.monotonic() + MAX_CHECK_S), None)
        if first is None:
            raise clip_damaged()
        height, width = _pixels(first, stream).shape[:2]
        fps = float(stream.average_rate or stream.guessed_rate or _DEFAULT_FPS)
    return {"size_wh": (width, height), "fps": fps, "duration_s": duration_s}


def _check_side(width: int, height: int) -> None:
    if min(width, height) < SMALLEST_PX or max(width, height) > MAX_SIDE_PX:
        raise ClipError(
            "clip_size",
            "Videos must be {low} to {high} pixels wide and high; this one is {width} x {height}. "
            "Save a copy in another size and try that.",
            low=SMALLEST_PX,
            high=MAX_SIDE_PX,
            width=width,
            height=height,
        )


def _duration_s(container: Any, stream: Any) -> float:
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    if container.duration is None:
        return math.nan
    duration_s = float(container.duration / av.time_base)
    # Matroska and WebM state where the last frame ends, and the first may begin at any time.
    start_s = (container.start_time or 0) / av.time_base
    return duration_s - start_s if 0 < start_s < duration_s else duration_s


def _container_format(data: bytes) -> str:
    """FFmpeg's name for the file format, from the first bytes.

    FFmpeg itself must not guess: it would also accept a playlist, and open the files and addresses that it names.
    """
    if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    if data[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "avi"
    raise ClipError(
        "clip_unknown",
        "The file must be an MP4, MOV, WebM, MKV or AVI video; the content of this one is none of these, despite its "
        "name. Choose another file.",
    )


@contextmanager
def open_clip(data: bytes) -> Iterator[tuple[Any, Any]]:
    """Container and video stream of a file, ready to decode: costs what the file says."""
    file_format, checked = _container_format(data), data
    if file_format == "mov":
        try:
            checked = with_bounded_tables(data)
        except TooManySamplesError as error:
            raise clip_damaged() from error
    # A second check, for pictures that turn out larger than the header says.
    limits = {"max_pixels": str(MAX_SIDE_PX**2), "threads": "1"}
    opening = limits | {"max_streams": str(_AVI_STREAMS)} if file_format == "avi" else limits
    try:
        container = av.open(io.BytesIO(checked), format=file_format, options=opening)
    except MemoryError:  # also an FFmpegError
        raise
    except av.FFmpegError as error:
        raise clip_damaged() from error
    with container:
        if not container.streams and checked is data:  # else there was sound
            raise clip_damaged()
        streams = [s for s in container.streams.video if not s.disposition & _COVER]
        if not streams:
            raise ClipError(
                "clip_no_video",
                "The file must contain a video; this one has no moving pictures, perhaps only sound. "
                "Choose another file.",
            )
        stream = streams[0]
        if stream.codec_context is None:  # no decoder for it
            raise clip_damaged()
        stream.codec_context.options = limits
        yield container, stream


def _decoded(container: Any, stream: Any, until_s: float = math.inf) -> Iterator[Any]:
    """Frames in display order, without damaged ones; ends early where `_MAX_LOST` packets in a row give none."""
    packets = container.demux()  # of all streams: whatever else is in the file takes time too
    lost = 0
    while lost < _MAX_LOST and time.monotonic() < until_s:
        try:
            packet = next(packets)
        except MemoryError:
            raise
        except (StopIteration, av.FFmpegError):  # the end, or the place where the file breaks off
            return
        if packet.stream.index != stream.index:
            continue
        lost += 1
        try:
            frames = packet.decode()
        except av.FFmpegError:  # one damaged packet; the next may be intact
            continue
        for frame in frames:
            if not frame.is_corrupt:
                lost = 0
                yield frame


def _pixels(frame: Any, stream: Any) -> FrameRGB:
    """RGB pixels of a frame: scaled and converted in one step, then turned upright."""
    stretch = float(stream.sample_aspect_ratio or 1)  # pixels that are not square would falsify every angle
    scale = box_scale(frame.width * stretch, frame.height)
    width, height = max(1, round(frame.width * stretch * scale)), max(1, round(frame.height * scale))
    pixels = frame.to_ndarray(format="rgb24", width=width, height=height, interpolation="BILINEAR")
    return _upright(np.asarray(pixels, dtype=np.uint8), frame)


def _upright(frame_rgb: FrameRGB, frame: Any) -> FrameRGB:
    """Apply the display matrix, to the nearest quarter turn and including mirroring.

    FFmpeg's ``libavutil/display.h``: nine 32-bit numbers; a point goes to ``x' = a x + c y``, ``y' = b x + d y`` with
    a, b, c, d as the 1st, 2nd, 4th and 5th of them.
    """
    side_data = frame.side_data.get("DISPLAYMATRIX")
    if side_data is None:
        return frame_rgb
    a, b, _, c, d = np.frombuffer(bytes(side_data), dtype=np.int32)[:5].tolist()
    if abs(b) > abs(a):
        frame_rgb, a, d = frame_rgb.transpose(1, 0, 2), c, b
    return np.ascontiguousarray(frame_rgb[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])

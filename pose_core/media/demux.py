"""Any film file in memory, opened and decoded with bounds: what `clips` and `films` are made of."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from pose_core.arrays import FrameRGB
from pose_core.errors import ClipError
from pose_core.media.clip_boxes import HIDDEN, TooManySamplesError, check_tables
from pose_core.media.clip_errors import clip_damaged as damaged
from pose_core.media.fitting import CLIP_BOX_PX, SMALLEST_PX, box_scale
from pose_core.media.vp8 import pixels

__all__ = [
    "DEFAULT_FPS",
    "MAX_SIDE_PX",
    "PixelReader",
    "check_side",
    "container_of",
    "damaged",
    "decoded",
    "opened",
    "stated_duration_s",
    "stated_fps",
    "timed",
    "upright_wh",
]

MAX_SIDE_PX: Final = 4096
#: For files that do not state their frame rate.
DEFAULT_FPS: Final = 25.0
#: Packets in a row without an intact frame; a cut may come ten seconds before the next frame that stands by itself.
_MAX_LOST: Final = 1000
#: Of an AVI file: FFmpeg turns a single large chunk of sound into half a million entries of its index, for each.
_AVI_STREAMS: Final = 8
#: Whether to exchange the axes, then to flip x, and to flip y.
_Turn = tuple[bool, bool, bool]
_COVER: Final = av.stream.Disposition.attached_pic  # the cover of a song


def check_side(width: int, height: int) -> None:
    """Raise a ClipError for pictures too small to show anybody, or larger than `MAX_SIDE_PX`."""
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


def stated_fps(stream: Any) -> float:
    """The frame rate that the file states, else 25."""
    return float(stream.average_rate or stream.guessed_rate or DEFAULT_FPS)


def stated_duration_s(container: Any, stream: Any) -> float:
    """How long the file says that it lasts; NaN if it does not."""
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


class _Patched(io.BytesIO):
    """A file in memory that is read with other bytes in some places, without a copy of it."""

    def __init__(self, data: bytes, hidden: tuple[int, ...]) -> None:
        super().__init__(data)
        self._hidden = hidden

    def read(self, size: int | None = -1, /) -> bytes:
        start = self.tell()
        given = super().read(size)
        end = start + len(given)
        there = [at for at in self._hidden if start - len(HIDDEN) < at < end]
        if not there:
            return given
        patched = bytearray(given)
        for at in there:
            for place, byte in enumerate(HIDDEN, at - start):
                if 0 <= place < len(patched):
                    patched[place] = byte
        return bytes(patched)


def _file(data: bytes, hidden: tuple[int, ...]) -> io.BytesIO:
    return _Patched(data, hidden) if hidden else io.BytesIO(data)


@contextmanager
def container_of(data: bytes) -> Iterator[tuple[Any, dict[str, str]]]:
    """A file opened by FFmpeg, with bounds, and the options that its decoders need."""
    file_format = _container_format(data)
    hidden: tuple[int, ...] = ()
    if file_format == "mov":
        try:
            hidden = check_tables(data)
        except TooManySamplesError as error:
            raise damaged() from error
    # A second check, for pictures that turn out larger than the header says.
    limits = {"max_pixels": str(MAX_SIDE_PX**2), "threads": "1"}
    opening = limits | {"max_streams": str(_AVI_STREAMS)} if file_format == "avi" else limits
    try:
        container = av.open(_file(data, hidden), format=file_format, options=opening)
    except MemoryError:  # also an FFmpegError
        raise
    except av.FFmpegError as error:
        raise damaged() from error
    with container:
        if not container.streams and not hidden:  # else there was sound
            raise damaged()
        yield container, limits


@contextmanager
def opened(data: bytes) -> Iterator[tuple[Any, Any]]:
    """Container and video stream of a file, ready to decode."""
    with container_of(data) as (container, limits):
        streams = [s for s in container.streams.video if not s.disposition & _COVER]
        if not streams:
            raise ClipError(
                "clip_no_video",
                "The file must contain a video; this one has no moving pictures, perhaps only sound. "
                "Choose another file.",
            )
        stream = streams[0]
        if stream.codec_context is None:  # no decoder for it
            raise damaged()
        stream.codec_context.options = limits
        yield container, stream


def decoded(container: Any, stream: Any, until_s: float = math.inf) -> Iterator[Any]:
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


class PixelReader:
    """RGB pixels of one film's frames: scaled and converted in one step, then turned upright.

    Parameters
    ----------
    stream : av.VideoStream
    box_wh : tuple of int
        Longer and shorter side that pictures are scaled down to.
    """

    def __init__(self, stream: Any, box_wh: tuple[int, int] = CLIP_BOX_PX) -> None:
        self._stretch = _stretch(stream)
        self._box_wh = box_wh
        self._turn: tuple[int, _Turn] | None = None  # by the angle that FFmpeg reads from the matrix
        self._reformatter = VideoReformatter()  # a new one for each frame would take several times as long

    def __call__(self, frame: Any) -> FrameRGB:
        """Pixels of a frame, uint8 (H, W, 3); the caller may change them."""
        stretched = frame.width * self._stretch
        scale = box_scale(stretched, frame.height, self._box_wh)
        width, height = max(1, round(stretched * scale)), max(1, round(frame.height * scale))
        if frame.interlaced_frame:
            return self._one_field(frame, (width, height))
        fitted = self._reformatter.reformat(
            frame, width, height, "rgb24", interpolation="BILINEAR", threads=1
        )
        frame_rgb = pixels(fitted)
        if fitted is frame:  # rgb24 of this size in the file: not ours to change
            frame_rgb = frame_rgb.copy()
        return np.ascontiguousarray(_upright(frame_rgb, self._turn_of(frame)))

    def _turn_of(self, frame: Any) -> _Turn:
        """As `_turn`, but the matrix is read only when its angle changes.

        A PyAV frame whose side data was read refers to itself: it would stay, 3 MB at 1080p, until the garbage
        collector finds it, which is a hundred frames later.
        """
        if self._turn is None or self._turn[0] != frame.rotation:
            self._turn = frame.rotation, _turn(frame)
        return self._turn[1]

    def _one_field(self, frame: Any, size_wh: tuple[int, int]) -> FrameRGB:
        """Every second line: two fields are from two moments, and would give everybody combs for edges."""
        whole = pixels(self._reformatter.reformat(frame, frame.width, frame.height, "rgb24", threads=1))
        field_rgb = cv2.resize(np.ascontiguousarray(whole[::2]), size_wh, interpolation=cv2.INTER_LINEAR)
        upright_rgb = _upright(np.asarray(field_rgb, dtype=np.uint8), self._turn_of(frame))
        return np.ascontiguousarray(upright_rgb)


def _stretch(stream: Any) -> float:
    """How much wider than high a pixel is; left alone, it would falsify every angle."""
    return float(stream.sample_aspect_ratio or 1)


def upright_wh(frame: Any, stream: Any) -> tuple[int, int]:
    """Width and height of a frame as shown, with square pixels, at its full size."""
    width, height = max(1, round(frame.width * _stretch(stream))), frame.height
    return (height, width) if _turn(frame)[0] else (width, height)


def _turn(frame: Any) -> _Turn:
    """Whether to exchange the axes, then to flip x, and to flip y: the display matrix, to the nearest quarter turn.

    FFmpeg's ``libavutil/display.h``: nine 32-bit numbers; a point goes to ``x' = a x + c y``, ``y' = b x + d y`` with
    a, b, c, d as the 1st, 2nd, 4th and 5th of them.
    """
    side_data = frame.side_data.get("DISPLAYMATRIX")
    if side_data is None:
        return False, False, False
    a, b, _, c, d = np.frombuffer(bytes(side_data), dtype=np.int32)[:5].tolist()
    exchanged = abs(b) > abs(a)
    if exchanged:
        a, d = c, b
    return exchanged, a < 0, d < 0


def _upright(frame_rgb: FrameRGB, turn: _Turn) -> FrameRGB:
    exchanged, flip_x, flip_y = turn
    if exchanged:
        frame_rgb = frame_rgb.transpose(1, 0, 2)
    return frame_rgb[:: -1 if flip_y else 1, :: -1 if flip_x else 1]


def timed(frames: Iterable[Any], fps: float, first_s: float = math.nan) -> Iterator[tuple[float, Any]]:
    """Frames with their times: those that the file states, counted from the first and always increasing.

    Parameters
    ----------
    frames : iterable of av.VideoFrame
    fps : float
        For frames without a time, or out of order.
    first_s : float
        Stated time of the film's first frame, unless that is the first of `frames`.

    Yields
    ------
    time_s : float
    frame : av.VideoFrame
    """
    last_s = math.nan
    for frame in frames:
        stated_s = frame.time if frame.time is not None else math.nan
        if math.isnan(first_s):
            first_s = stated_s if math.isfinite(stated_s) else 0.0
            time_s = 0.0
        else:
            time_s = stated_s - first_s
        if not (time_s > last_s or math.isnan(last_s)) or math.isnan(time_s):
            time_s = (0.0 if math.isnan(last_s) else last_s) + 1.0 / fps
        last_s = time_s
        yield time_s, frame

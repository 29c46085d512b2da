"""Video clips, in memory only: `ClipWriter` makes an MP4 of drawn frames, `read_clip` opens a video somebody chose.

H.264 through PyAV, since that is what browsers play; OpenCV writes only what they do not.
"""

from __future__ import annotations

import io
import math
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import av
import cv2
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.errors import ClipError
from pose_core.images import MAX_FILE_MB

__all__ = [
    "CLIP_BOX_PX",
    "MAX_CLIP_BYTES",
    "MAX_CLIP_S",
    "MAX_READ_S",
    "MAX_SIDE_PX",
    "ClipReader",
    "ClipWriter",
    "letterbox",
    "read_clip",
]

#: Longest and shorter side of what is written and of what is read: larger pictures are scaled down to fit.
CLIP_BOX_PX: Final = (1280, 720)

MAX_CLIP_S: Final = 120.0
MAX_CLIP_BYTES: Final = 60_000_000
#: Share of the bytes at which writing ends: the last frame and the index still have to fit.
_FULL_AT: Final = 0.95
#: Frames that may wait for the encoder: 11 MB at 720p.
_QUEUE_FRAMES: Final = 4
#: A writer that nobody feeds or finishes any more ends its thread by itself.
_SILENCE_S: Final = 150.0
_TICKS_PER_S: Final = 90_000  # the usual clock of video: fine enough for any camera
_SMALLEST_PX: Final = 16
#: x264, for the least work: with camera noise at 720p "superfast" took twice the time. "zerolatency" holds no frame
#: back, so the size is known at any time; the greatest rate makes the longest clip fit its bytes (120 s: 52 MB).
_X264: Final = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "crf": "23",
    "maxrate": "3500k",
    "bufsize": "7000k",
}
_BT601: Final = (
    6  # AVCOL_SPC_SMPTE170M, what swscale turns RGB into; said in the file, or large clips change colour
)
_LIMITED_RANGE: Final = 1  # AVCOL_RANGE_MPEG

MAX_SIDE_PX: Final = 4096
MAX_READ_S: Final = 600.0
#: Where a file does not say how fast it plays.
_DEFAULT_FPS: Final = 25.0
_COVER: Final = av.stream.Disposition.attached_pic  # the picture of a song


def letterbox(size_wh: tuple[int, int], into_wh: tuple[int, int]) -> tuple[float, float, float]:
    """How a picture goes into another size: as large as it fits, in the middle, never stretched.

    Returns
    -------
    scale, left_px, top_px : float
        A point (x, y) goes to ``(x * scale + left_px, y * scale + top_px)``.

    Examples
    --------
    >>> letterbox((640, 480), (1280, 720))
    (1.5, 160.0, 0.0)
    """
    scale = min(into_wh[0] / size_wh[0], into_wh[1] / size_wh[1])
    return scale, (into_wh[0] - size_wh[0] * scale) / 2, (into_wh[1] - size_wh[1] * scale) / 2


def _box_scale(width: float, height: float) -> float:
    """Factor of at most 1 that makes a picture fit `CLIP_BOX_PX`, upright or lying."""
    return min(1.0, CLIP_BOX_PX[0] / max(width, height), CLIP_BOX_PX[1] / min(width, height))


# ---------------------------------------------------------------------- writing
class _SecondLook:
    """A second reading position in a file that is being written: MP4's index is moved to the front at the end."""

    def __init__(self, file: io.BytesIO) -> None:
        self._file = file
        self._at = 0

    def read(self, size: int) -> bytes:
        with self._file.getbuffer() as view:
            data = bytes(view[self._at : self._at + size])
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with self._file.getbuffer() as view:
            base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: view.nbytes}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at


class ClipWriter:
    """An MP4 file in memory (H.264, yuv420p, index at the front), encoded on a thread of its own.

    The size is that of the first frame, scaled down to `CLIP_BOX_PX` where larger and made even; frames of another
    size are letterboxed into it. Each frame keeps its time. At most 4 frames wait: one that finds them waiting is left
    out, so that whoever adds frames never waits.

    Parameters
    ----------
    max_s : float
        Longest clip in seconds.
    max_bytes : int
        Largest file. Later frames are ignored once either is reached, and `full` is true.

    Notes
    -----
    One thread adds. `finish` must be called, by any thread: until then the encoder's thread waits for more (at most
    150 s after the last frame).
    """

    def __init__(self, *, max_s: float = MAX_CLIP_S, max_bytes: int = MAX_CLIP_BYTES) -> None:
        self._max_s = max_s
        self._full_bytes = int(max_bytes * _FULL_AT)
        self._start_s = math.nan
        self._queue: queue.Queue[tuple[float, FrameRGB] | None] = queue.Queue(_QUEUE_FRAMES)
        self._error: Exception | None = None
        self._file = io.BytesIO()  # touched by the encoder's thread alone, and by finish() after it
        self._finish_lock = threading.Lock()
        self._finished = False
        self.frames = 0
        """Frames encoded so far."""
        self.left_out = 0
        """Frames left out because the encoder was behind, or their time was not after the one before."""
        self.full = False
        """Whether a limit ended the clip."""
        self._thread = threading.Thread(target=self._run, name="clip-writer", daemon=True)
        self._thread.start()

    def add(self, time_s: float, frame_rgb: FrameRGB) -> None:
        """Take a copy of the next frame; does nothing once `full` or finished.

        Parameters
        ----------
        time_s : float
            On any clock, increasing; the clip starts at the first one.
        frame_rgb : ndarray of uint8, shape (H, W, 3)
        """
        if self.full or self._finished or not self._thread.is_alive():
            return
        if math.isnan(self._start_s):
            self._start_s = time_s
        if time_s - self._start_s > self._max_s:
            self.full = True
        elif self._queue.full():
            self.left_out += 1
        else:
            # Only this thread puts, so there is still room. A copy: the caller goes on drawing into the array.
            self._queue.put_nowait((time_s - self._start_s, frame_rgb.copy()))

    def finish(self) -> bytes:
        """The whole file, once the waiting frames are in it; empty if no frame came. The same bytes when called again.

        Raises
        ------
        ClipError
            If the encoder failed.
        """
        with self._finish_lock:
            self._finished = True
            while self._thread.is_alive():
                try:
                    self._queue.put(None, timeout=0.1)
                    break
                except queue.Full:  # still encoding, or it has just died: look again
                    continue
            self._thread.join()
        if self._error is not None:
            raise ClipError(
                "clip_not_written",
                "The clip should have been encoded as H.264, and the encoder failed ({reason}). "
                "The landmarks are complete; record again for a clip.",
                reason=type(self._error).__name__,
            ) from self._error
        return self._file.getvalue()

    def _run(self) -> None:
        try:
            first = self._next()
            if first is not None:
                self._encode(first)
        except Exception as error:  # noqa: BLE001 - this thread has nobody above it; finish() tells
            self._error = error

    def _next(self) -> tuple[float, FrameRGB] | None:
        try:
            return self._queue.get(timeout=_SILENCE_S)
        except queue.Empty:
            return None

    def _encode(self, first: tuple[float, FrameRGB]) -> None:
        height, width = first[1].shape[:2]
        scale = _box_scale(width, height)
        size_wh = _even(width * scale), _even(height * scale)
        with av.open(
            self._file,
            "w",
            format="mp4",
            options={"movflags": "+faststart"},
            io_open=lambda _url, _flags, _options: _SecondLook(self._file),
        ) as container:
            # The rate is only a hint for the encoder; the frames carry their own times.
            stream = container.add_stream("libx264", rate=30, options=_X264)
            stream.width, stream.height = size_wh
            stream.pix_fmt = "yuv420p"
            codec = stream.codec_context
            codec.time_base = Fraction(1, _TICKS_PER_S)
            codec.thread_count = 1  # the streams need the other cores
            codec.colorspace, codec.color_range = _BT601, _LIMITED_RANGE
            last_tick, encoded_bytes = -1, 0
            item: tuple[float, FrameRGB] | None = first
            while item is not None:
                time_s, frame_rgb = item
                tick = round(time_s * _TICKS_PER_S)
                if tick <= last_tick:
                    self.left_out += 1
                elif not self.full:
                    last_tick = tick
                    frame = av.VideoFrame.from_ndarray(_fit(frame_rgb, size_wh), format="rgb24")
                    frame.pts, frame.time_base = tick, codec.time_base
                    packets = stream.encode(frame)
                    encoded_bytes += sum(packet.size for packet in packets)
                    container.mux(packets)
                    self.frames += 1
                    if encoded_bytes > self._full_bytes:
                        self.full = True
                item = self._next()
            container.mux(stream.encode())


def _even(length_px: float) -> int:
    """An even number of pixels, as yuv420p needs."""
    return max(_SMALLEST_PX, int(length_px) // 2 * 2)


def _fit(frame_rgb: FrameRGB, size_wh: tuple[int, int]) -> FrameRGB:
    """A frame letterboxed on black; the same object where it has that size."""
    height, width = frame_rgb.shape[:2]
    if (width, height) == size_wh:
        return frame_rgb
    scale, left_px, top_px = letterbox((width, height), size_wh)
    inner_wh = max(1, round(width * scale)), max(1, round(height * scale))
    x, y = int(left_px), int(top_px)
    canvas = np.zeros((size_wh[1], size_wh[0], 3), dtype=np.uint8)
    canvas[y : y + inner_wh[1], x : x + inner_wh[0]] = cv2.resize(frame_rgb, inner_wh)
    return canvas


# ---------------------------------------------------------------------- reading
@dataclass(frozen=True, eq=False)
class ClipReader:
    """A video that was found playable; made by `read_clip`.

    Attributes
    ----------
    size_wh : tuple of int
        Of the frames as they are given: upright and within `CLIP_BOX_PX`.
    fps : float
        As the file says, or 25.
    duration_s : float
        As the file says; NaN if it does not.
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
            Turned upright as the file says (phones), square pixels, scaled down to `CLIP_BOX_PX`; the caller's own.

        Notes
        -----
        Damaged frames are left out. Ends after `MAX_READ_S` of a file that does not say how long it is.
        """
        start_s, last_s = math.nan, math.nan
        with _opened(self._data) as (container, stream):
            for frame in _decoded(container, stream):
                said_s = frame.time if frame.time is not None else math.nan
                if math.isnan(last_s):
                    start_s, time_s = said_s, 0.0
                else:
                    time_s = said_s - start_s
                    if not time_s > last_s:  # unknown, or out of order
                        time_s = last_s + 1.0 / self.fps
                if time_s > MAX_READ_S:
                    return
                last_s = time_s
                yield time_s, _pixels(frame, stream)


def read_clip(data: bytes) -> ClipReader:
    """Open a video file in memory and look whether it can be played.

    Parameters
    ----------
    data : bytes
        A whole MP4, MOV, WebM, MKV or AVI file.

    Returns
    -------
    ClipReader

    Raises
    ------
    ClipError
        If the bytes are empty, no such file, damaged, without pictures, or outside the limits on file size, picture
        size and duration. Sizes are checked before a frame is decoded.
    """
    if not data:
        raise ClipError("clip_empty", "A video file was expected; this one is empty. Choose another file.")
    if len(data) > MAX_FILE_MB * 1024 * 1024:
        raise ClipError(
            "file_too_large",
            "Files of up to {limit} MB can be read; this one has {megabytes:.0f} MB. Save a smaller copy and try that.",
            limit=MAX_FILE_MB,
            megabytes=len(data) / 1024 / 1024,
        )
    with _opened(data) as (container, stream):
        _check_side(stream.codec_context.width, stream.codec_context.height)
        duration_s = _duration_s(container, stream)
        if duration_s > MAX_READ_S:
            raise ClipError(
                "clip_too_long",
                "Videos of up to {limit_s:.0f} seconds can be played; this one has {duration_s:.0f}. "
                "Cut out the part that matters and try that.",
                limit_s=MAX_READ_S,
                duration_s=duration_s,
            )
        first = next(_decoded(container, stream), None)
        if first is None:
            raise _damaged()
        height, width = _pixels(first, stream).shape[:2]
        fps = float(stream.average_rate or stream.guessed_rate or _DEFAULT_FPS)
    return ClipReader((width, height), fps, duration_s, data)


def _damaged() -> ClipError:
    return ClipError(
        "clip_damaged",
        "The file should hold a whole video; this one is cut off or damaged. "
        "Copy or download it again, or save it again.",
    )


def _check_side(width: int, height: int) -> None:
    if min(width, height) < _SMALLEST_PX or max(width, height) > MAX_SIDE_PX:
        raise ClipError(
            "clip_size",
            "A video should be {low} to {high} pixels wide and high; this one is {width} x {height}. "
            "Save a copy of another size and try that.",
            low=_SMALLEST_PX,
            high=MAX_SIDE_PX,
            width=width,
            height=height,
        )


def _duration_s(container: Any, stream: Any) -> float:
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration is not None else math.nan


def _container_format(data: bytes) -> str:
    """FFmpeg's name of the file format, from its first bytes.

    FFmpeg itself must not guess: it would also take a playlist, and open the files and addresses that this names.
    """
    if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    if data[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "avi"
    raise ClipError(
        "clip_unknown",
        "An MP4, MOV, WebM, MKV or AVI video was expected; the content of this file is none of them, whatever its "
        "name says. Choose another file.",
    )


@contextmanager
def _opened(data: bytes) -> Iterator[tuple[Any, Any]]:
    """Container and video stream of a file, ready to decode."""
    # The second limit holds where pictures turn out larger than the header says.
    limits = {"max_pixels": str(MAX_SIDE_PX**2), "threads": "1"}
    try:
        container = av.open(io.BytesIO(data), format=_container_format(data), options=limits)
    except av.FFmpegError as error:
        raise _damaged() from error
    with container:
        if not container.streams:
            raise _damaged()
        streams = [s for s in container.streams.video if not s.disposition & _COVER]
        if not streams:
            raise ClipError(
                "clip_no_video",
                "A video was expected; this file holds no moving pictures, perhaps only sound. Choose another file.",
            )
        stream = streams[0]
        if stream.codec_context is None:  # no decoder for it
            raise _damaged()
        stream.codec_context.options = limits
        yield container, stream


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Frames in the order in which they are shown, without those that are damaged."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):  # the end, or where the file breaks off
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:  # one damaged packet; the next may be whole
            continue
        yield from (frame for frame in frames if not frame.is_corrupt)


def _pixels(frame: Any, stream: Any) -> FrameRGB:
    """RGB pixels of a frame: scaled while its colours are converted, then turned upright."""
    stretch = float(stream.sample_aspect_ratio or 1)  # wide pixels would falsify every angle
    scale = _box_scale(frame.width * stretch, frame.height)
    width, height = max(1, round(frame.width * stretch * scale)), max(1, round(frame.height * scale))
    pixels = frame.to_ndarray(format="rgb24", width=width, height=height, interpolation="BILINEAR")
    return _upright(np.asarray(pixels, dtype=np.uint8), frame)


def _upright(frame_rgb: FrameRGB, frame: Any) -> FrameRGB:
    """Apply the display matrix to the nearest quarter turn, also where it mirrors.

    FFmpeg's ``libavutil/display.h``: nine 32-bit numbers; a point goes to ``x' = a x + c y``, ``y' = b x + d y`` with
    a, b, c, d the 1st, 2nd, 4th and 5th of them.
    """
    side_data = frame.side_data.get("DISPLAYMATRIX")
    if side_data is None:
        return frame_rgb
    a, b, _, c, d = np.frombuffer(bytes(side_data), dtype=np.int32)[:5].tolist()
    if abs(b) > abs(a):
        frame_rgb, a, d = frame_rgb.transpose(1, 0, 2), c, b
    return np.ascontiguousarray(frame_rgb[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])

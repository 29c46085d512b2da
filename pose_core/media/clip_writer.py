"""An MP4 clip of drawn frames, in memory only.

H.264 through PyAV, since that is what browsers play; OpenCV writes only what they do not.
"""

from __future__ import annotations

import io
import math
import queue
import threading
from fractions import Fraction
from typing import Final

import av
import cv2
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.errors import ClipError
from pose_core.media.fitting import SMALLEST_PX, box_scale, letterbox

__all__ = ["MAX_CLIP_BYTES", "MAX_CLIP_S", "SILENCE_S", "ClipWriter"]

MAX_CLIP_S: Final = 120.0
MAX_CLIP_BYTES: Final = 60_000_000
#: Share of the bytes at which writing ends: the last frame and the index still have to fit.
_FULL_AT: Final = 0.95
#: Frames that may wait for the encoder: 11 MB at 720p.
_QUEUE_FRAMES: Final = 4
#: A writer that nobody feeds or finishes any more ends its thread by itself.
SILENCE_S: Final = 150.0
_TICKS_PER_S: Final = 90_000  # the usual clock of video: fine enough for any camera
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
            return self._queue.get(timeout=SILENCE_S)
        except queue.Empty:
            return None

    def _encode(self, first: tuple[float, FrameRGB]) -> None:
        height, width = first[1].shape[:2]
        scale = box_scale(width, height)
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
    return max(SMALLEST_PX, int(length_px) // 2 * 2)


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

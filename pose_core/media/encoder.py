"""An MP4 file, frame by frame: every frame is kept, at the time that the caller gives.

H.264 through PyAV, since browsers play that; OpenCV writes only formats that they do not play.
"""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any, BinaryIO, Final

import av
import cv2
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.media.fitting import SMALLEST_PX, box_scale, letterbox

__all__ = ["TICKS_PER_S", "ClipEncoder", "SecondReader", "even_px", "fit_into", "open_mp4"]

#: Resolution of times: the usual clock of video, fine enough for any camera.
TICKS_PER_S: Final = 90_000
#: The least work for x264: with camera noise at 720p "superfast" took twice the time. "zerolatency" holds no frame
#: back, so the size is known at any time; the maximum rate keeps 120 s within 52 MB.
_X264: Final = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "crf": "23",
    "maxrate": "3500k",
    "bufsize": "7000k",
}
#: For a file that is made once and served often: ten times the work, a fraction of the size.
_X264_COMPACT: Final = {"preset": "veryslow", "crf": "28"}
#: AVCOL_SPC_SMPTE170M, what swscale converts RGB to; the file must state it, or large clips change colour.
_BT601: Final = 6
_LIMITED_RANGE: Final = 1  # AVCOL_RANGE_MPEG


class SecondReader:
    """A second position, for reading, in a file that is being written: MP4's index moves to the front at the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0

    def read(self, size: int) -> bytes:
        """As of a file."""
        written_to = self._file.tell()
        self._file.seek(self._at)
        data = self._file.read(size)
        self._at += len(data)
        self._file.seek(written_to)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of a file."""
        written_to = self._file.tell()
        if whence == io.SEEK_CUR:
            offset, whence = self._at + offset, io.SEEK_SET
        self._at = self._file.seek(offset, whence)
        self._file.seek(written_to)
        return self._at

    def tell(self) -> int:
        """As of a file."""
        return self._at


class ClipEncoder:
    """Writes an MP4 file (H.264, yuv420p, index at the front) on the caller's thread. Not for several threads at once.

    The size is that of the first frame, scaled down to `CLIP_BOX_PX` if larger, and made even; frames of another size
    are letterboxed into it.

    Parameters
    ----------
    file : file object
        Empty, open for reading and writing, and able to seek. It stays open.
    compact : bool
        Spend much more time for a much smaller file; for films that are made once, not for live recordings.

    Attributes
    ----------
    frames : int
        Frames written so far.
    encoded_bytes : int
        Size of their encoded pictures, without the file's index.

    Examples
    --------
    >>> file = io.BytesIO()
    >>> encoder = ClipEncoder(file)
    >>> for time_s in (0.0, 0.04, 0.5):
    ...     encoder.add(time_s, np.zeros((48, 64, 3), dtype=np.uint8))
    >>> encoder.finish()
    >>> encoder.frames, file.getvalue()[4:8]
    (3, b'ftyp')
    """

    def __init__(self, file: BinaryIO, *, compact: bool = False) -> None:
        self._file = file
        self._options = _X264_COMPACT if compact else _X264
        self._output: tuple[Any, Any] | None = None  # container and stream, from the first frame on
        self._size_wh = (0, 0)
        self._last_tick = -1
        self.frames = 0
        self.encoded_bytes = 0

    def add(self, time_s: float, frame_rgb: FrameRGB) -> None:
        """Encode the next frame; returns when that is done.

        Parameters
        ----------
        time_s : float
            From the start of the clip, 0 or more; rounded to `TICKS_PER_S`.
        frame_rgb : ndarray of uint8, shape (H, W, 3)
            Not changed, and not needed afterwards.

        Raises
        ------
        ValueError
            If the time is not later than that of the previous frame.
        av.FFmpegError
            If the encoder fails.
        """
        tick = round(time_s * TICKS_PER_S)
        if tick <= self._last_tick:
            raise ValueError(
                f"time_s must be 0 or more and increase from frame to frame; got {time_s} "
                f"after {self._last_tick / TICKS_PER_S}."
            )
        if self._output is None:
            self._output = self._open(frame_rgb)
        container, stream = self._output
        frame = av.VideoFrame.from_ndarray(fit_into(frame_rgb, self._size_wh), format="rgb24")
        frame.pts, frame.time_base = tick, Fraction(1, TICKS_PER_S)
        packets = stream.encode(frame)
        container.mux(packets)
        self._last_tick = tick
        self.frames += 1
        self.encoded_bytes += sum(packet.size for packet in packets)

    def finish(self) -> None:
        """Write what is left, and the index, which completes the file. Without frames it stays empty.

        A second call does nothing.

        Raises
        ------
        av.FFmpegError
            If the encoder fails.
        """
        output, self._output = self._output, None
        if output is not None:
            container, stream = output
            with container:
                container.mux(stream.encode())

    def _open(self, frame_rgb: FrameRGB) -> tuple[Any, Any]:
        height, width = frame_rgb.shape[:2]
        scale = box_scale(width, height)
        self._size_wh = even_px(width * scale), even_px(height * scale)
        container, stream = open_mp4(self._file, self._size_wh, self._options)
        stream.codec_context.thread_count = 1  # the streams need the other cores
        return container, stream


def open_mp4(file: BinaryIO, size_wh: tuple[int, int], options: dict[str, str]) -> tuple[Any, Any]:
    """A new MP4 file with its index at the front, and its H.264 stream of `TICKS_PER_S`, both PyAV's."""
    container = av.open(
        file,
        "w",
        format="mp4",
        options={"movflags": "+faststart"},
        io_open=lambda _url, _flags, _options: SecondReader(file),
    )
    # The rate is only a hint for the encoder; frames carry their own times.
    stream: Any = container.add_stream("libx264", rate=30, options=options)
    stream.width, stream.height = size_wh
    stream.pix_fmt = "yuv420p"
    stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
    _state_colours(stream.codec_context)
    return container, stream


def _state_colours(codec: Any) -> None:
    """State in the file which colours swscale makes of RGB."""
    codec.colorspace, codec.color_range = _BT601, _LIMITED_RANGE


def even_px(length_px: float) -> int:
    """An even number of pixels, as yuv420p requires."""
    return max(SMALLEST_PX, int(length_px) // 2 * 2)


def fit_into(frame_rgb: FrameRGB, size_wh: tuple[int, int]) -> FrameRGB:
    """The frame letterboxed on black; the same object if it has that size already."""
    height, width = frame_rgb.shape[:2]
    if (width, height) == size_wh:
        return frame_rgb
    scale, left_px, top_px = letterbox((width, height), size_wh)
    inner_wh = max(1, round(width * scale)), max(1, round(height * scale))
    x, y = int(left_px), int(top_px)
    canvas = np.zeros((size_wh[1], size_wh[0], 3), dtype=np.uint8)
    canvas[y : y + inner_wh[1], x : x + inner_wh[0]] = cv2.resize(frame_rgb, inner_wh)
    return canvas

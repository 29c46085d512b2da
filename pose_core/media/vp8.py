"""Live pictures between pixels and VP8: without a copy where possible, with options that suit drawn pictures."""

from __future__ import annotations

from typing import Any, Final

import av
import cv2
import numpy as np

from pose_core.arrays import FrameRGB

__all__ = ["MOST_BITS_PER_S", "most_bits_per_s", "new_vp8_encoder", "pixels", "to_yuv"]

#: aiortc's options, but for three. Without its noise filter (4) the encoder takes two thirds of the time and comes out
#: sharper; cpu-used -12 instead of -6 and 100 instead of 1 as the difference below which a block is left as it was, as
#: for shared screens, save another third at 0.1 dB (benchmarks/encoder.py).
_OPTIONS: Final = {
    "cpu-used": "-12",
    "noise-sensitivity": "0",
    "deadline": "realtime",
    "lag-in-frames": "0",
    "overshoot-pct": "15",
    "undershoot-pct": "100",
    "static-thresh": "100",
    "partitions": "0",
}
_LONGEST_BETWEEN_KEY_FRAMES: Final = 3000
#: Of a live picture of any size: enough that 720p is sharp.
MOST_BITS_PER_S: Final = 3_000_000
#: Up to 480p this is enough (benchmarks/encoder.py): more would cost time in encoder and packets and show nothing.
_MOST_BITS_PER_S_SMALL: Final = 1_500_000
_SMALL_PX: Final = 640 * 480


def pixels(frame: av.VideoFrame) -> FrameRGB:
    """The pixels of an rgb24 frame, shape (H, W, 3): a view, so that drawing on it is drawing on the frame."""
    plane: Any = frame.planes[0]  # a buffer, though its type does not say so
    # Rows may be longer than the picture is wide, so that the next one starts at a round address.
    return np.ndarray((frame.height, frame.width, 3), np.uint8, plane, strides=(plane.line_size, 3, 1))


def to_yuv(frame: av.VideoFrame) -> av.VideoFrame:
    """An rgb24 frame with even sides as yuv420p.

    OpenCV takes a sixth of the time that a fresh converter of PyAV's takes.
    """
    planes = np.asarray(cv2.cvtColor(pixels(frame), cv2.COLOR_RGB2YUV_I420), dtype=np.uint8)
    yuv = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    yuv.pts, yuv.time_base = frame.pts, frame.time_base
    return yuv


def most_bits_per_s(width: int, height: int) -> int:
    """Largest bitrate that a live picture of this size is worth."""
    return _MOST_BITS_PER_S_SMALL if width * height <= _SMALL_PX else MOST_BITS_PER_S


def new_vp8_encoder(width: int, height: int, bits_per_s: int) -> Any:
    """A VP8 encoder for a live stream at a constant bitrate, on one thread."""
    codec: Any = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.bit_rate = bits_per_s
    codec.gop_size = _LONGEST_BETWEEN_KEY_FRAMES  # browsers ask for a key frame when they need one
    codec.qmin, codec.qmax = 2, 56
    rate = str(bits_per_s)
    codec.options = {**_OPTIONS, "bufsize": rate, "minrate": rate, "maxrate": rate}
    codec.thread_count = 1  # other viewers need the other cores
    return codec

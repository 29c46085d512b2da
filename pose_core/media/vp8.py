"""Live pictures, from pixels to VP8: without copies where possible, with options that suit drawn pictures."""

from __future__ import annotations

from typing import Any, Final

import av
import cv2
import numpy as np

from pose_core.arrays import FrameRGB

__all__ = ["MAX_BITS_PER_S", "max_bits_per_s", "new_vp8_encoder", "pixels", "to_yuv"]

#: aiortc's options, except three. Without its noise filter (4) encoding takes two thirds of the time and pictures are
#: sharper; cpu-used -12 instead of -6, and 100 instead of 1 as the difference below which a block is left unchanged, as
#: for shared screens, save another third at a cost of 0.1 dB (benchmarks/encoder.py).
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
#: For live pictures of any size: enough for a sharp 720p.
MAX_BITS_PER_S: Final = 3_000_000
#: Enough up to 480p (benchmarks/encoder.py): more would cost encoding time and packets for no visible gain.
_MAX_BITS_PER_S_SMALL: Final = 1_500_000
_SMALL_PX: Final = 640 * 480


def pixels(frame: av.VideoFrame) -> FrameRGB:
    """The pixels of an rgb24 frame, shape (H, W, 3): a view, so that drawing on it draws on the frame."""
    plane: Any = frame.planes[0]  # a buffer, though its type does not say so
    # Rows may be padded, so that each starts at an aligned address.
    return np.ndarray((frame.height, frame.width, 3), np.uint8, plane, strides=(plane.line_size, 3, 1))


def to_yuv(frame: av.VideoFrame) -> av.VideoFrame:
    """An rgb24 frame with even sides as yuv420p.

    OpenCV takes a sixth of the time of a new PyAV converter.
    """
    planes = np.asarray(cv2.cvtColor(pixels(frame), cv2.COLOR_RGB2YUV_I420), dtype=np.uint8)
    yuv = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    yuv.pts, yuv.time_base = frame.pts, frame.time_base
    return yuv


def max_bits_per_s(width: int, height: int) -> int:
    """Largest useful bitrate for a live picture of this size."""
    return _MAX_BITS_PER_S_SMALL if width * height <= _SMALL_PX else MAX_BITS_PER_S


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

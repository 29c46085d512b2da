"""aiortc's VP8 encoder with options that suit drawn pictures on few cores. Bound to aiortc 1.16."""

from __future__ import annotations

from typing import Any, Final

import av
import cv2
import numpy as np
from aiortc.codecs.vpx import Vp8Encoder
from av.frame import Frame

__all__ = ["LiveVp8Encoder"]

#: As aiortc's: the encoder is set up anew when the wanted bitrate is this far from the present one.
_BITRATE_CHANGE: Final = 0.1
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
#: Up to 480p this is enough (benchmarks/encoder.py): more would cost time in encoder and packets and show nothing.
_MOST_BITS_PER_S_SMALL: Final = 1_500_000
_SMALL_PX: Final = 640 * 480


def _yuv(frame: av.VideoFrame) -> av.VideoFrame:
    """An rgb24 frame as yuv420p. OpenCV takes a sixth of the time that a fresh converter of PyAV's takes."""
    plane: Any = frame.planes[0]
    rgb = np.ndarray((frame.height, frame.width, 3), np.uint8, plane, strides=(plane.line_size, 3, 1))
    planes = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), dtype=np.uint8)
    yuv = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    yuv.pts, yuv.time_base = frame.pts, frame.time_base
    return yuv


class LiveVp8Encoder(Vp8Encoder):
    """Takes rgb24 frames with even sides as they are, and sets the codec up with options of its own."""

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        """Payloads and time stamp of a frame; called by aiortc on a thread of its pool."""
        assert isinstance(frame, av.VideoFrame)
        if frame.format.name == "rgb24" and frame.width % 2 == frame.height % 2 == 0:
            frame = _yuv(frame)
        if frame.width * frame.height <= _SMALL_PX:
            self.target_bitrate = min(self.target_bitrate, _MOST_BITS_PER_S_SMALL)
        codec: Any = self.codec
        if (
            codec is None
            or (codec.width, codec.height) != (frame.width, frame.height)
            or abs(self.target_bitrate - codec.bit_rate) > _BITRATE_CHANGE * codec.bit_rate
        ):
            self.codec = self._new_codec(frame.width, frame.height)
        return super().encode(frame, force_keyframe)  # finds the codec fitting and keeps it

    def _new_codec(self, width: int, height: int) -> Any:
        codec: Any = av.CodecContext.create("libvpx", "w")
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.bit_rate = self.target_bitrate
        codec.gop_size = _LONGEST_BETWEEN_KEY_FRAMES  # browsers ask for a key frame when they need one
        codec.qmin, codec.qmax = 2, 56
        rate = str(self.target_bitrate)
        codec.options = {**_OPTIONS, "bufsize": rate, "minrate": rate, "maxrate": rate}  # constant bitrate
        codec.thread_count = 1  # other viewers need the other cores
        return codec

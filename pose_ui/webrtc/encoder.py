"""aiortc's VP8 encoder with options that suit drawn pictures on few cores. Bound to aiortc 1.16."""

from __future__ import annotations

from typing import Any, Final

import av
from av.frame import Frame

from pose_core.media.vp8 import max_bits_per_s, new_vp8_encoder, to_yuv
from pose_ui.webrtc.bindings import Vp8Encoder

__all__ = ["LiveVp8Encoder"]

#: As in aiortc: the codec is set up again when the target bitrate is this far from the current one.
_BITRATE_CHANGE: Final = 0.1


class LiveVp8Encoder(Vp8Encoder):
    """Accepts rgb24 frames with even sides directly, and sets the codec up with options of its own."""

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        """Payloads and timestamp of a frame; called by aiortc on a thread of its pool."""
        assert isinstance(frame, av.VideoFrame)
        if frame.format.name == "rgb24" and frame.width % 2 == frame.height % 2 == 0:
            frame = to_yuv(frame)
        self.target_bitrate = min(self.target_bitrate, max_bits_per_s(frame.width, frame.height))
        codec: Any = self.codec
        if (
            codec is None
            or (codec.width, codec.height) != (frame.width, frame.height)
            or abs(self.target_bitrate - codec.bit_rate) > _BITRATE_CHANGE * codec.bit_rate
        ):
            self.codec = new_vp8_encoder(frame.width, frame.height, self.target_bitrate)
        return super().encode(frame, force_keyframe)  # the codec fits, so it is kept

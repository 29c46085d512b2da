"""A film of the performer whose frames carry their own number, so that a test sees which frame is on show."""

from __future__ import annotations

import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.performer import Camera, render_frame
from tests.support.clips import encode

__all__ = ["FPS", "number_in", "numbered_film"]

FPS = 25
_BITS = 8
_BLOCK_PX = 16


def numbered_film(frames: int, size_wh: tuple[int, int] = (320, 240)) -> bytes:
    """Half a squat; the number of each frame stands in its upper left corner, black for 0 and white for 1."""
    pictures = []
    for number in range(frames):
        phase = number / (2 * frames)
        picture = render_frame("squat", phase, camera=Camera(*size_wh)).rgb.copy()
        for bit in range(_BITS):
            picture[:_BLOCK_PX, bit * _BLOCK_PX : (bit + 1) * _BLOCK_PX] = 255 * (number >> bit & 1)
        pictures.append(picture)
    return encode(pictures, fps=FPS)


def number_in(frame_rgb: FrameRGB) -> int:
    """The number of a frame as it is shown."""
    middle = _BLOCK_PX // 2
    return sum(int(np.mean(frame_rgb[middle, bit * _BLOCK_PX + middle]) > 127) << bit for bit in range(_BITS))

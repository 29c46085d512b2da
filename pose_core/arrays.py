"""The two kinds of arrays that everything else uses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FloatArray", "FrameRGB", "check_frame_rgb"]

#: Coordinates, likelihoods, angles; NaN is "not known".
FloatArray = NDArray[np.float64]
#: A picture: uint8, shape (H, W, 3), red first.
FrameRGB = NDArray[np.uint8]


def check_frame_rgb(frame_rgb: FrameRGB) -> None:
    """Raise a ValueError for what is not a picture of this kind, or has no pixels."""
    if frame_rgb.dtype != np.uint8 or frame_rgb.shape[2:] != (3,) or not frame_rgb.size:
        raise ValueError(
            f"frame_rgb must be uint8 of shape (H, W, 3) and not empty; got {frame_rgb.dtype} {frame_rgb.shape}"
        )

"""The two kinds of arrays that everything else speaks of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FloatArray", "FrameRGB"]

#: Coordinates, likelihoods, angles; NaN is "not known".
FloatArray = NDArray[np.float64]
#: A picture: uint8, shape (H, W, 3), red first.
FrameRGB = NDArray[np.uint8]

"""Line widths and dot sizes that suit a picture, and OpenCV's fixed-point coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.pose import Pose

__all__ = ["SUBPIXEL_BITS", "Pen", "fixed"]

SUBPIXEL_BITS: Final = 4  # sixteenths of a pixel
#: OpenCV rejects coordinates beyond 16 bits, and landmarks may lie far outside a picture.
_FARTHEST_PX: Final = 30000.0


class Pen:
    """Sizes in pixels that suit the picture and the people in it, each with at least one known landmark.

    Attributes
    ----------
    line, dot, edge, text : int
        Width of a line, radius of a dot, width of the dark edge around both, height of a line of text.
    """

    def __init__(self, frame_rgb: FrameRGB, poses: Sequence[Pose]) -> None:
        height, width = frame_rgb.shape[:2]
        scale = min(height, width) / 480
        if poses:
            # People small in the picture get finer dots, so that a face does not become one blob.
            tallest = max(_height_px(pose.image_xy_px[:, 1]) / pose.size_wh[1] for pose in poses)
            scale *= float(np.clip(tallest / 0.6, 0.45, 1.0))
        self.line = max(1, round(2.2 * scale))
        self.dot = max(2, round(4.2 * scale))
        self.edge = max(1, round(1.0 * scale))
        self.text = max(11, round(19 * max(scale, min(height, width) / 900)))


def _height_px(y_px: FloatArray) -> float:
    return float(np.nanmax(y_px) - np.nanmin(y_px))


def fixed(points: FloatArray) -> NDArray[np.int32]:
    """Points in OpenCV's fixed-point coordinates with `SUBPIXEL_BITS`, of the same shape."""
    clipped = np.clip(points, -_FARTHEST_PX, _FARTHEST_PX)
    return np.rint(clipped * (1 << SUBPIXEL_BITS)).astype(np.int32)

"""What every model is to a validation: a function from a picture to landmarks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.models.landmarker import ImageLandmarker

__all__ = ["Find", "with_landmarker"]

#: Landmarks of everybody in a picture, shape (P, 33, 2), in its pixels, and scores, shape (P,).
Find = Callable[[FrameRGB], tuple[FloatArray, FloatArray]]


def with_landmarker(landmarker: ImageLandmarker) -> Find:
    """MediaPipe's; the score is the mean visibility. A pose with a landmark that is no number counts as none."""

    def find(frame_rgb: FrameRGB) -> tuple[FloatArray, FloatArray]:
        poses = [pose for pose in landmarker.detect(frame_rgb) if np.isfinite(pose.image_xy_px).all()]
        return (
            np.array([pose.image_xy_px for pose in poses]).reshape(-1, 33, 2),
            np.array([pose.visibility.mean() for pose in poses]),
        )

    return find

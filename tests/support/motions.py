"""True movement of the performer, as a sequence of landmarks."""

from __future__ import annotations

import numpy as np

from pose_core.performer import Camera, Person, landmarks_px
from pose_core.pose import PoseSequence

__all__ = ["walking"]

CAMERA = Camera(640, 480)


def walking(frames: int = 60, *, gap: slice = slice(0, 0), fps: float = 30.0) -> PoseSequence:
    """The performer's true landmarks, walking to the right, with a gap."""
    xy_px = np.array(
        [
            landmarks_px(Person("walk", 0.9 * n / fps, 90, -1.2 + 2.4 * n / frames), CAMERA)
            for n in range(frames)
        ]
    )
    xy_px[gap] = np.nan
    world = np.concatenate(
        [xy_px - xy_px[:, 23:25].mean(axis=1, keepdims=True), np.zeros((frames, 33, 1))], axis=2
    )
    ones = np.ones((frames, 33))
    return PoseSequence(np.arange(frames) / fps, xy_px, 0 * ones, world / 192, ones, ones, (640, 480))

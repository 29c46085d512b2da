"""Hand-made poses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pose_core.performer import PerformerFrame
from pose_core.pose import Pose
from pose_core.skeleton import INDEX

PoseMaker = Callable[..., Pose]
Performer = Callable[..., PerformerFrame]

#: A person facing the camera in a 640x480 picture, upright, arms hanging a little away from the body.
_STANDING_XY: dict[str, tuple[float, float]] = {
    "nose": (320, 90),
    "left_eye_inner": (324, 84),
    "left_eye": (327, 84),
    "left_eye_outer": (330, 84),
    "right_eye_inner": (316, 84),
    "right_eye": (313, 84),
    "right_eye_outer": (310, 84),
    "left_ear": (336, 88),
    "right_ear": (304, 88),
    "mouth_left": (326, 100),
    "mouth_right": (314, 100),
    "left_shoulder": (360, 130),
    "right_shoulder": (280, 130),
    "left_elbow": (378, 190),
    "right_elbow": (262, 190),
    "left_wrist": (386, 245),
    "right_wrist": (254, 245),
    "left_pinky": (390, 262),
    "right_pinky": (250, 262),
    "left_index": (385, 265),
    "right_index": (255, 265),
    "left_thumb": (380, 256),
    "right_thumb": (260, 256),
    "left_hip": (344, 250),
    "right_hip": (296, 250),
    "left_knee": (346, 330),
    "right_knee": (294, 330),
    "left_ankle": (348, 405),
    "right_ankle": (292, 405),
    "left_heel": (346, 415),
    "right_heel": (294, 415),
    "left_foot_index": (360, 420),
    "right_foot_index": (280, 420),
}
_PX_PER_M = 200.0


def make_pose(
    places: dict[str, tuple[float, float]] | None = None,
    hidden: tuple[str, ...] = (),
    scale: float = 1.0,
    shift_xy: tuple[float, float] = (0.0, 0.0),
    **arrays: Any,
) -> Pose:
    """A standing person; joints can be moved (`places`) or hidden, all scaled and shifted, and arrays replaced."""
    xy = np.array([(_STANDING_XY | (places or {}))[name] for name in INDEX], dtype=np.float64)
    hips_middle = xy[[INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=0)
    world = np.column_stack([(xy - hips_middle) / _PX_PER_M, np.linspace(-0.2, 0.2, len(INDEX))])
    visibility = np.full(len(INDEX), 0.9)
    visibility[[INDEX[name] for name in hidden]] = 0.1
    values: dict[str, Any] = {
        "image_xy_px": xy * scale + shift_xy,
        "image_z_px": np.linspace(-64, 64, len(INDEX)),
        "world_xyz_m": world,
        "visibility": visibility,
        "presence": np.full(len(INDEX), 0.8),
        "size_wh": (640, 480),
    }
    return Pose(**(values | arrays))

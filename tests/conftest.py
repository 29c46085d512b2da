"""What several test files share: the real model, the performer, poses made by hand, an event loop of its own."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import hypothesis
import numpy as np
import pytest

from pose_core.models.landmarker import ImageLandmarker
from pose_core.models.pool import PosePool
from pose_core.performer import PerformerFrame, render_frame
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings
from pose_core.skeleton import INDEX

# Examples are the same on every run and machine; a slow machine is no fault.
hypothesis.settings.register_profile("posedeck", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("posedeck")

#: A person facing the camera in a 640x480 picture, upright, arms hanging a little away from the body. By hand.
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

Result = TypeVar("Result")
PoseMaker = Callable[..., Pose]
Performer = Callable[..., PerformerFrame]


def in_a_loop(work: Coroutine[Any, Any, Result], within_s: float | None = None) -> Result:
    """Run it in an event loop on a thread of its own: in this one a browser test may have left its loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result(within_s)


def _make_pose(
    places: dict[str, tuple[float, float]] | None = None,
    hidden: tuple[str, ...] = (),
    scale: float = 1.0,
    shift_xy: tuple[float, float] = (0.0, 0.0),
    **arrays: Any,
) -> Pose:
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


@pytest.fixture(scope="session")
def make_pose() -> PoseMaker:
    """Poses made by hand: someone standing, with other `places`, `hidden` joints, `scale`, `shift_xy`, or arrays."""
    return _make_pose


@pytest.fixture(scope="session")
def performer() -> Performer:
    """`render_frame`, drawing each picture once."""
    return functools.lru_cache(maxsize=None)(render_frame)


@pytest.fixture(scope="session")
def full_landmarker() -> Iterator[ImageLandmarker]:
    """The full model with its default settings."""
    landmarker = ImageLandmarker(DetectionSettings())
    yield landmarker
    landmarker.close()


@pytest.fixture(scope="session")
def lite_pool() -> Iterator[PosePool]:
    """A pool for one picture at a time; fast when asked for the lite model."""
    pool = PosePool(image_limit=1, stream_limit=1)
    yield pool
    pool.close()

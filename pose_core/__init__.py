"""Pose estimation around MediaPipe Pose: pictures in, landmarks, angles, drawings and files out. Knows no Streamlit.

Examples
--------
>>> from pose_core import PosePool, PoseSettings, analyse_photo, pose_angles_deg
>>> from pose_core.performer.samples import sample_bytes
>>> pool = PosePool(image_limit=1)
>>> result, picture = analyse_photo(sample_bytes("squat"), PoseSettings(), pool)
>>> knee_deg = pose_angles_deg(result.poses[0], "image", visibility_limit=0.5)["left_knee"]
>>> 45 < knee_deg < 90
True
>>> pool.close()
"""

from __future__ import annotations

from pose_core.errors import PoseCoreError
from pose_core.geometry.angles import pose_angles_deg
from pose_core.models.pool import PosePool
from pose_core.pipeline.photo import PhotoResult, analyse_photo, annotate_photo
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings, DrawSettings, PoseSettings
from pose_core.version import VERSION

__all__ = [
    "VERSION",
    "DetectionSettings",
    "DrawSettings",
    "PhotoResult",
    "Pose",
    "PoseCoreError",
    "PosePool",
    "PoseSettings",
    "analyse_photo",
    "annotate_photo",
    "pose_angles_deg",
]

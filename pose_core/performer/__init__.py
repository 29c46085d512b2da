"""A person drawn by code: pictures with known joints, for samples, tests and as a stand-in for a camera.

The figure was tuned until MediaPipe found it reliably, so it serves demonstrations, regression tests and end-to-end
checks. It is not an accuracy benchmark.
"""

from pose_core.performer.camera import Camera
from pose_core.performer.motions import MOTIONS
from pose_core.performer.palette import PALETTES, Palette
from pose_core.performer.scene import PerformerFrame, Person, landmarks_px, render_frame, render_scene

__all__ = [
    "MOTIONS",
    "PALETTES",
    "Camera",
    "Palette",
    "PerformerFrame",
    "Person",
    "landmarks_px",
    "render_frame",
    "render_scene",
]

"""Pose estimation around MediaPipe Pose: pictures in, landmarks, angles, drawings and files out. Knows no Streamlit.

The first call is one line. Each name loads what it needs on first access, so importing this package, or a small part
such as `pose_core.errors`, costs next to nothing.

Examples
--------
>>> from pose_core import estimate, pose_angles_deg
>>> from pose_core.performer import render_frame
>>> picture_rgb = render_frame("squat", 0.5).rgb
>>> people = estimate(picture_rgb)
>>> knee_deg = pose_angles_deg(people[0], "image", visibility_limit=0.5)["left_knee"]
>>> 100 < knee_deg < 130
True

To choose how many models are kept, and to get timings and facts about the file, use `PosePool` and `analyse_photo`:

>>> from pose_core import PosePool, PoseSettings, analyse_photo
>>> from pose_core.performer.samples import sample_bytes
>>> pool = PosePool(image_limit=1)
>>> result, picture = analyse_photo(sample_bytes("squat"), PoseSettings(), pool)
>>> len(result.poses)
1
>>> pool.close()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pose_core.errors import PoseCoreError
    from pose_core.geometry.angles import pose_angles_deg
    from pose_core.models.pool import PosePool
    from pose_core.pipeline.estimate import estimate
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
    "estimate",
    "pose_angles_deg",
]

_HOMES: Final = {
    "VERSION": "version",
    "DetectionSettings": "settings",
    "DrawSettings": "settings",
    "PhotoResult": "pipeline.photo",
    "Pose": "pose",
    "PoseCoreError": "errors",
    "PosePool": "models.pool",
    "PoseSettings": "settings",
    "analyse_photo": "pipeline.photo",
    "annotate_photo": "pipeline.photo",
    "estimate": "pipeline.estimate",
    "pose_angles_deg": "geometry.angles",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

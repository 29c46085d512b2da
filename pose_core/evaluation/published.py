"""What others have published about these and similar models, with why it does not compare with one's own pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["PUBLISHED", "Published"]


@dataclass(frozen=True, slots=True)
class Published:
    """A published figure; not measured here.

    Attributes
    ----------
    model, data : str
        As the source names them.
    metric : str
        ``"pck@0.2"`` or ``"ap"``.
    value : float
        Share, 0 to 1.
    source : str
    why : str
        Why it does not compare directly, as a key.
    """

    model: str
    data: str
    metric: Literal["pck@0.2", "ap"]
    value: float
    source: str
    why: Literal["video_one_person_close", "single_person_crops", "all_coco_with_boxes"]


_MEDIAPIPE: Final = "MediaPipe Pose, docs/solutions/pose.md, table Pose Estimation Quality"
_MOVENET: Final = "TensorFlow Lite, Pose estimation, table of MoveNet FP16"
_RTMPOSE: Final = "Jiang et al., RTMPose, arXiv:2303.07399, COCO val2017, 256 x 192"

PUBLISHED: Final[tuple[Published, ...]] = (
    *(
        Published(f"MediaPipe {model}", data, "pck@0.2", value, _MEDIAPIPE, "video_one_person_close")
        for model, values in (
            ("lite", (0.902, 0.925, 0.935)),
            ("full", (0.955, 0.963, 0.957)),
            ("heavy", (0.964, 0.972, 0.975)),
        )
        for data, value in zip(("Yoga", "Dance", "HIIT"), values, strict=True)
    ),
    Published("MoveNet Lightning", "COCO, one person", "ap", 0.630, _MOVENET, "single_person_crops"),
    Published("MoveNet Thunder", "COCO, one person", "ap", 0.720, _MOVENET, "single_person_crops"),
    Published("RTMPose-t", "COCO val2017", "ap", 0.685, _RTMPOSE, "all_coco_with_boxes"),
    Published("RTMPose-s", "COCO val2017", "ap", 0.722, _RTMPOSE, "all_coco_with_boxes"),
    Published("RTMPose-m", "COCO val2017", "ap", 0.758, _RTMPOSE, "all_coco_with_boxes"),
)

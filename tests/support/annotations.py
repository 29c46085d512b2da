"""Annotations in COCO's form, made by code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from pose_core.evaluation.keypoint_sets import COCO_JOINTS
from pose_core.media.images import encode_png
from pose_core.performer import PerformerFrame
from pose_core.skeleton import INDEX

#: The performer's joints in COCO's order.
COCO_LANDMARKS = [INDEX[joint] for joint in COCO_JOINTS]


def annotation(number: int, picture: int | str, points: Any, **more: Any) -> dict[str, Any]:
    """One person, from x, y and flag of each joint, shape (J, 3)."""
    points = np.asarray(points, dtype=float)
    shown = points[points[:, 2] > 0, :2] if (points[:, 2] > 0).any() else np.zeros((1, 2))
    low, size = shown.min(axis=0), np.ptp(shown, axis=0)
    return {
        "id": number,
        "image_id": picture,
        "category_id": 1,
        "iscrowd": 0,
        "keypoints": points.ravel().tolist(),
        "num_keypoints": int((points[:, 2] > 0).sum()),
        "bbox": [*low.tolist(), *size.tolist()],
        "area": float(size[0] * size[1] * 0.5) + 1.0,
        **more,
    }


def coco(
    images: list[dict[str, Any]], annotations: list[dict[str, Any]], names: tuple[str, ...] = COCO_JOINTS
) -> dict[str, Any]:
    """A whole file."""
    category = {"id": 1, "name": "person", "keypoints": list(names), "skeleton": []}
    return {"images": images, "annotations": annotations, "categories": [category]}


def write_performer(folder: Path, frames: dict[str, PerformerFrame]) -> Path:
    """Pictures of the performer and their true joints; the annotations' path."""
    (folder / "pictures").mkdir(parents=True)
    images, annotations = [], []
    for number, (name, frame) in enumerate(frames.items(), start=1):
        (folder / "pictures" / name).write_bytes(encode_png(frame.rgb))
        height, width = frame.rgb.shape[:2]
        images.append({"id": number, "file_name": name, "width": width, "height": height})
        for landmarks in frame.landmarks_px:
            points = np.column_stack([landmarks[COCO_LANDMARKS], np.full(len(COCO_LANDMARKS), 2)])
            annotations.append(annotation(len(annotations) + 1, number, points))
    path = folder / "annotations.json"
    path.write_text(json.dumps(coco(images, annotations)), encoding="utf-8")
    return path

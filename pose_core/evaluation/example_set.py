"""A small annotated set to begin with: four pictures of the performer and their joints in COCO's form, as a ZIP."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from typing import Any, Final

import numpy as np

from pose_core.evaluation.dataset import AREA_OF_BOX, AnnotatedPerson
from pose_core.evaluation.performer_set import performer_dataset
from pose_core.media.images import encode_jpeg

__all__ = ["EXAMPLE_NAME", "example_zip"]

EXAMPLE_NAME: Final = "posedeck_annotated_example.zip"
_PICTURES: Final = 4
#: A ZIP states a time; this one is always the same.
_TIME: Final = (2026, 1, 1, 0, 0, 0)


@cache
def example_zip() -> bytes:
    """``annotations.json`` and ``pictures/1.jpg`` to ``4.jpg``; the same bytes each time."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        dataset = performer_dataset(small=True)
        for number, picture in enumerate(dataset.pictures[:_PICTURES], start=1):
            frame_rgb = np.asarray(picture.load())
            height, width = frame_rgb.shape[:2]
            name = f"pictures/{number}.jpg"
            archive.writestr(zipfile.ZipInfo(name, _TIME), encode_jpeg(frame_rgb, 85))
            images.append({"id": number, "file_name": name, "width": width, "height": height})
            annotations += [_annotation(number, person) for person in picture.people]
        document = {
            "images": images,
            "annotations": annotations,
            "categories": [{"id": 1, "name": "person", "keypoints": list(dataset.keypoints.joints)}],
        }
        archive.writestr(zipfile.ZipInfo("annotations.json", _TIME), json.dumps(document, indent=1))
    return file.getvalue()


def _annotation(picture: int, person: AnnotatedPerson) -> dict[str, Any]:
    rows = np.column_stack([person.joints_xy.round(1), person.flags])
    return {
        "id": picture,
        "image_id": picture,
        "category_id": 1,
        "iscrowd": 0,
        "keypoints": [
            value for x, y, flag in rows.tolist() for value in ((x, y, int(flag)) if flag else (0, 0, 0))
        ],
        "num_keypoints": int(person.annotated.sum()),
        "bbox": person.box_xywh.round(1).tolist(),
        "area": round(AREA_OF_BOX * float(np.prod(person.box_xywh[2:])), 1),
    }

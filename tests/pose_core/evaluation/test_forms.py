"""Every form of annotations through every door: a folder, a ZIP, files that were dropped or sent."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pose_core.evaluation.dataset import Dataset
from pose_core.evaluation.placing import place
from pose_core.evaluation.reading import open_dataset
from pose_core.evaluation.uploads import read_uploads
from pose_core.export.photos import to_json
from pose_core.media.images import encode_png
from pose_core.models.pool import PosePool
from pose_core.performer import render_frame
from pose_core.pipeline.photo import analyse_photo
from pose_core.settings import DetectionSettings, PoseSettings
from tests.support.annotations import COCO_LANDMARKS, annotation, coco

FRAME = render_frame("squat", 0.3, yaw_deg=-30)
HEIGHT, WIDTH = FRAME.rgb.shape[:2]
PNG = encode_png(FRAME.rgb)
POINTS = np.column_stack([FRAME.landmarks_px[0][COCO_LANDMARKS], np.full(17, 2)])


def _coco(name: str) -> bytes:
    picture = {"id": 1, "file_name": name, "width": WIDTH, "height": HEIGHT}
    return json.dumps(coco([picture], [annotation(1, 1, POINTS)])).encode()


def plain(_: PosePool) -> dict[str, bytes]:
    return {"annotations.json": _coco("a.png"), "pictures/a.png": PNG}


def cvat(_: PosePool) -> dict[str, bytes]:
    return {"annotations/person_keypoints_default.json": _coco("a.png"), "images/default/a.png": PNG}


def label_studio(_: PosePool) -> dict[str, bytes]:
    return {"result.json": _coco("../../data/upload/1/a.png"), "images/a.png": PNG}


def yolo(_: PosePool) -> dict[str, bytes]:
    joints = POINTS / (WIDTH, HEIGHT, 1)
    row = ["0", "0.5", "0.5", "0.9", "0.9", *(f"{value:.9f}" for value in joints.ravel())]
    return {
        "data.yaml": b"kpt_shape: [17, 3]",
        "labels/train/a.txt": " ".join(row).encode(),
        "images/train/a.png": PNG,
    }


def our_own(pool: PosePool) -> dict[str, bytes]:
    settings = PoseSettings(DetectionSettings("lite"))
    result, _ = analyse_photo(PNG, settings, pool, name="a.png")
    return {"a_pose.json": to_json(result), "a.png": PNG}


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("form", [plain, cvat, label_studio, yolo, our_own])
def test_every_form_is_read_from_a_folder_a_zip_and_from_uploads(
    form: Callable[[PosePool], dict[str, bytes]], lite_pool: PosePool, tmp_path: Path
) -> None:
    files = form(lite_pool)
    for name, data in files.items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "all.zip").write_bytes(_zipped(files))
    pictures = {name: data for name, data in files.items() if name.endswith(".png")}
    rest = {name.rpartition("/")[2]: data for name, data in files.items() if not name.endswith(".png")}
    read: list[Dataset] = [
        open_dataset(tmp_path / "folder"),
        open_dataset(tmp_path / "all.zip"),
        read_uploads({"all.zip": _zipped(files)}),
        read_uploads({**rest, "pictures.zip": _zipped(pictures)}),
        read_uploads({**rest, **{name.rpartition("/")[2]: data for name, data in pictures.items()}}),
    ]
    for dataset in read:
        (picture,) = dataset.pictures
        assert picture.load() == PNG
        truth = place(picture, (WIDTH, HEIGHT), (WIDTH, HEIGHT), 1, len(dataset.keypoints.joints))
        assert truth is not None
        joints = [dataset.keypoints.joints.index(name) for name in ("nose", "left_wrist", "right_ankle")]
        near_px = 12 if form is our_own else 1e-3
        np.testing.assert_allclose(truth.xy_px[0, joints], POINTS[[0, 9, 16], :2], atol=near_px)

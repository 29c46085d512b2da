"""Dropped files: single ones, ZIPs and both together are one set; what is too much is refused."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest

from pose_core.errors import DatasetError
from pose_core.evaluation import uploads
from pose_core.evaluation.uploads import read_uploads
from pose_core.media.images import encode_png
from tests.support.annotations import annotation, coco

PNG = encode_png(np.full((48, 64, 3), 128, dtype=np.uint8))
POINTS = np.column_stack([np.linspace(5, 60, 17), np.linspace(5, 40, 17), np.full(17, 2)])


def annotations(count: int = 2, people: int = 1) -> bytes:
    images = [{"id": n, "file_name": f"{n}.png", "width": 64, "height": 48} for n in range(1, count + 1)]
    rows: list[dict[str, Any]] = [
        annotation(10 * n + one, n, POINTS) for n in range(1, count + 1) for one in range(people)
    ]
    return json.dumps(coco(images, rows)).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    "files",
    [
        {"a.json": annotations(), "1.png": PNG, "2.png": PNG},
        {"a.json": annotations(), "pictures.zip": zipped({"images/1.png": PNG, "images/2.png": PNG})},
        {"all.zip": zipped({"annotations/a.json": annotations(), "images/1.png": PNG, "images/2.png": PNG})},
        {"one.zip": zipped({"a.json": annotations()}), "two": zipped({"1.png": PNG, "2.png": PNG})},
        {"a.json": annotations(), "1.png": PNG, "rest.zip": zipped({"2.png": PNG})},
    ],
    ids=["single", "json_and_zip", "one_zip", "two_zips", "mixed"],
)
def test_annotations_find_their_pictures_wherever_they_are(files: dict[str, bytes]) -> None:
    dataset = read_uploads(files)
    assert [picture.name for picture in dataset.pictures] == ["1.png", "2.png"]
    assert all(picture.load() == PNG for picture in dataset.pictures)


def test_pictures_without_annotations_are_refused_with_what_to_add() -> None:
    with pytest.raises(DatasetError) as caught:
        read_uploads({"1.png": PNG})
    assert caught.value.code == "dataset_no_annotations"


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("MAX_UPLOADED_PICTURES", "dataset_too_many_pictures"),
        ("MAX_PEOPLE_SCORED", "dataset_too_many_people"),
    ],
)
def test_more_than_a_page_takes_is_refused(monkeypatch: pytest.MonkeyPatch, limit: str, code: str) -> None:
    monkeypatch.setattr(uploads, limit, 3)
    files = {"a.json": annotations(4, 1), **{f"{n}.png": PNG for n in range(1, 5)}}
    with pytest.raises(DatasetError) as caught:
        read_uploads(files)
    assert caught.value.code == code


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "zip"])
def test_annotations_that_would_fill_the_memory_are_refused_before_they_are_unpacked(
    monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOADED_ANNOTATIONS_MB", 1)
    large = annotations() + b" " * 2**20
    files = (
        {"all.zip": zipped({"a.json": large, "1.png": PNG})} if packed else {"a.json": large, "1.png": PNG}
    )
    with pytest.raises(DatasetError) as caught:
        read_uploads(files)
    assert caught.value.code == "dataset_file_too_large"
    assert "at most 1 MB" in str(caught.value)

"""YOLO-pose: a text file for each picture, a line for each person, everything as shares of the picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.errors import DatasetError
from pose_core.evaluation.dataset import AnnotatedPicture, Dataset, make_person
from pose_core.evaluation.files import PICTURE_ENDINGS, Files
from pose_core.evaluation.keypoint_sets import COCO_JOINTS, recognise

__all__ = ["read_yolo", "yolo_labels"]

_BOX: Final = 5  # class, middle x, middle y, width, height
#: Shares may lie a little outside the picture, never this far.
_FARTHEST: Final = 10.0
_MAX_PEOPLE: Final = 1000


def yolo_labels(files: Files) -> tuple[str, ...]:
    """Names of the text files that can be labels."""
    skipped = {"readme.txt", "classes.txt", "train.txt", "val.txt", "test.txt", "obj.names"}
    return tuple(n for n in files.names if n.endswith(".txt") and n.rpartition("/")[2].lower() not in skipped)


def read_yolo(labels: Files, pictures: Files) -> Dataset:
    """Read YOLO-pose labels.

    Parameters
    ----------
    labels : Files
        With the text files, and ``data.yaml`` if there is one: `kpt_shape` and `kpt_names` count.
    pictures : Files
        Each picture's labels have its name and the ending ``.txt``, in the same place or with ``labels`` for
        ``images``. A picture without labels shows nobody who counts.

    Raises
    ------
    DatasetError
        If a line has another form, or the joints' names are not known.
    """
    texts = yolo_labels(labels)
    rows = {name: _rows(labels.read(name), name) for name in texts}
    count, dims, names, notes = _shape(labels, rows)
    kit = recognise(names)
    if not kit.joints:
        raise DatasetError(
            "dataset_nothing_comparable",
            "At least one annotated joint must be one that the model has, such as left_knee; {file} has only: "
            "{joints}. Rename the joints in the file's categories.",
            file=labels.label,
            joints=", ".join(names[:12])[:300],
        )
    by_key: dict[str, list[str]] = {}
    for name in pictures.names:
        if name.lower().endswith(PICTURE_ENDINGS):
            by_key.setdefault(_key(name), []).append(name)
    kept, used, missing = [], set(), []
    for text in texts:
        found = by_key.get(_key(text)) or _by_stem(by_key, text)
        if len(found) != 1:
            missing.append(text)
            continue
        used.add(found[0])
        people = tuple(
            make_person(i, _keypoints(row, count, dims), kit, box_xywh=_box(row))
            for i, row in enumerate(rows[text], start=1)
        )
        kept.append(_picture(found[0], people, pictures))
    kept += [_picture(n, (), pictures) for names_ in by_key.values() for n in names_ if n not in used]
    kept.sort(key=lambda picture: picture.name)
    return Dataset(labels.label, "yolo", kit, tuple(kept), tuple(missing), 1, (*notes, "area_from_box"))


def _picture(name: str, people: tuple, pictures: Files) -> AnnotatedPicture:  # type: ignore[type-arg]
    return AnnotatedPicture(name, name, people, lambda: pictures.read(name), normalised=True)


def _key(name: str) -> str:
    """What a picture and its labels have in common."""
    path = PurePosixPath(name)
    parts = [part for part in path.parent.parts if part.lower() not in ("labels", "images")]
    return "/".join([*parts, path.stem]).casefold()


def _by_stem(by_key: dict[str, list[str]], text: str) -> list[str]:
    stem = PurePosixPath(text).stem.casefold()
    return [name for key, names in by_key.items() if key.rpartition("/")[2] == stem for name in names]


def _rows(data: bytes, name: str) -> list[FloatArray]:
    rows: list[FloatArray] = []
    for number, line in enumerate(data.decode("utf-8-sig", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = np.array([float(value) for value in line.split()])
        except ValueError:
            row = np.array([np.nan])
        is_row = np.isfinite(row).all() and len(row) >= _BOX and np.abs(row[1:]).max() <= _FARTHEST
        if len(rows) == _MAX_PEOPLE:
            raise DatasetError(
                "dataset_yolo_many",
                "A picture must have at most {limit} people; {file} has more lines. Leave this picture out.",
                limit=_MAX_PEOPLE,
                file=name,
            )
        if not is_row:
            raise DatasetError(
                "dataset_yolo_line",
                "Each line must be a class, a box and joints, as shares of the picture; line {line} of {file} is "
                "not. Export it again as YOLO pose.",
                line=number,
                file=name,
            )
        rows.append(row)
    return rows


def _shape(
    labels: Files, rows: dict[str, list[FloatArray]]
) -> tuple[int, int, Sequence[str], tuple[str, ...]]:
    """Number of joints, numbers for each, the joints' names, and what was assumed."""
    text = next((labels.read(n) for n in labels.names if n.lower().endswith((".yaml", ".yml"))), b"").decode(
        "utf-8", errors="replace"
    )
    lengths = {len(row) - _BOX for many in rows.values() for row in many}
    if not lengths or lengths == {0}:
        raise DatasetError(
            "dataset_yolo_boxes",
            "Label files must have joints after the box of each person; those in {file} have none. Export it again "
            "as YOLO pose.",
            file=labels.label,
        )
    declared = re.search(r"kpt_shape:\s*\[?\s*-?\s*(\d+)\s*[,\n]\s*-?\s*(\d+)", text)
    names = _yaml_names(text)
    length = max(lengths)
    if declared:
        count, dims = int(declared[1]), int(declared[2])
    elif length in (3 * len(COCO_JOINTS), 2 * len(COCO_JOINTS)):
        count, dims = len(COCO_JOINTS), length // len(COCO_JOINTS)
    else:
        dims = 3 if length % 3 == 0 else 2
        count = length // dims
    if lengths != {count * dims} or dims not in (2, 3):
        raise DatasetError(
            "dataset_yolo_length",
            "Every line must have as many joints as kpt_shape says ({joints} of {dims} numbers); {file} has lines "
            "with {found} numbers after the box. Export it again as YOLO pose.",
            joints=count,
            dims=dims,
            file=labels.label,
            found=", ".join(map(str, sorted(lengths)[:5])),
        )
    if len(names) == count:
        return count, dims, names, ()
    if count != len(COCO_JOINTS):
        raise DatasetError(
            "dataset_joints_unnamed_yolo",
            "Other joints than COCO's 17 must be named: {file} has {count} of {dims} numbers. Add `kpt_names` to its "
            "data.yaml; if it should have 17, some number is missing in its lines.",
            file=labels.label,
            count=count,
            dims=dims,
        )
    return count, dims, COCO_JOINTS, ("coco_order_assumed",)


def _yaml_names(text: str) -> list[str]:
    """The names under ``kpt_names``, of the first class; all that is needed of YAML."""
    found = re.search(r"^kpt_names:[^\n]*\n?((?:[ \t]+[^\n]*\n?|-[^\n]*\n?)*)", text, re.MULTILINE)
    if not found:
        return []
    block = found[0].removeprefix("kpt_names:")
    listed = re.search(r"\[([^\]]*)\]", block)
    if listed:
        return [name.strip().strip("'\"") for name in listed[1].split(",") if name.strip()]
    names: list[str] = []
    for line in block.splitlines():
        if re.match(r"\s*\d+:\s*$", line) and names:
            break  # the next class
        item = re.match(r"\s*-\s*['\"]?([^'\"#\n]+?)['\"]?\s*(?:#.*)?$", line)
        if item:
            names.append(item[1])
    return names


def _box(row: FloatArray) -> list[float]:
    x, y, width, height = row[1:_BOX].tolist()
    return [x - width / 2, y - height / 2, width, height]


def _keypoints(row: FloatArray, count: int, dims: int) -> FloatArray:
    """x, y and flag, shape (J, 3); without flags, a joint at 0, 0 is not annotated."""
    points = row[_BOX:].reshape(count, dims)
    if dims == 3:
        return points
    return np.column_stack([points, np.where((points == 0).all(axis=1), 0, 2)])

"""From what was dropped or named on the command line to a `Dataset`, whatever its form."""

from __future__ import annotations

import os
from typing import Any, Final

from pose_core.errors import DatasetError
from pose_core.evaluation.coco_file import MAX_ANNOTATIONS, is_coco, parse_json, read_coco
from pose_core.evaluation.dataset import Dataset
from pose_core.evaluation.files import Files, open_files
from pose_core.evaluation.own_file import is_own, read_own
from pose_core.evaluation.yolo_file import read_yolo, yolo_labels

__all__ = ["MAX_PICTURES", "open_dataset", "read_dataset"]

#: More would take hours; the intervals are narrow long before.
MAX_PICTURES: Final = 10_000


def open_dataset(
    annotations: str | os.PathLike[str], pictures: str | os.PathLike[str] | None = None
) -> Dataset:
    """Read annotations and find their pictures.

    Parameters
    ----------
    annotations : path
        A JSON file (COCO keypoints, or PoseDeck's own), a folder of YOLO-pose labels, or a folder or ZIP with both
        annotations and pictures, as CVAT and Label Studio export it.
    pictures : path, optional
        Folder or ZIP; the same as `annotations`, or the folder of that file, unless given.

    Raises
    ------
    DatasetError
        With the reason, for people to read.
    """
    first = open_files(annotations)
    second = open_files(pictures) if pictures is not None else None
    if second is None and len(first.names) == 1:
        second = open_files(os.path.dirname(os.path.abspath(annotations)))  # noqa: PTH100, PTH120
    return read_dataset(first, second)


def read_dataset(
    annotations: Files, pictures: Files | None = None, *, most_annotations: int = MAX_ANNOTATIONS
) -> Dataset:
    """As `open_dataset`, from files that are open already; `pictures` unless given are among `annotations`."""
    pictures = pictures or annotations
    jsons = [name for name in annotations.names if name.lower().endswith(".json")]
    dataset = _from_json(annotations, jsons, pictures, most_annotations) if jsons else None
    if dataset is None and yolo_labels(annotations):
        dataset = read_yolo(annotations, pictures)
    if dataset is None:
        _refuse(annotations)
    assert dataset is not None
    _check(dataset)
    return dataset


def _from_json(annotations: Files, names: list[str], pictures: Files, most: int) -> Dataset | None:
    preferred = [n for n in names if n.rpartition("/")[2].startswith("person_keypoints")] or names
    own: list[tuple[str, Any]] = []
    coco: list[tuple[str, Any]] = []
    other: list[tuple[str, Any]] = []
    for name in preferred:
        value = parse_json(annotations.read(name), name)
        (own if is_own(value) else coco if is_coco(value) else other).append((name, value))
    if len(coco) > 1:
        raise DatasetError(
            "dataset_several",
            "There must be one file of annotations; {label} has several: {files}. Name the one to use.",
            label=annotations.label,
            files=", ".join(name for name, _ in coco[:5]),
        )
    if coco:
        name, value = coco[0]
        return read_coco(value, name, pictures, most)
    if own:
        return read_own(own, annotations.label, pictures)
    if len(names) == len(annotations.names) or not yolo_labels(annotations):
        _refuse_json(*other[0])
    return None


def _refuse_json(name: str, value: Any) -> None:
    first = value[0] if isinstance(value, list) and value else {}
    if isinstance(first, dict) and {"image_id", "keypoints", "score"} <= first.keys():
        raise DatasetError(
            "dataset_predictions",
            "Annotations must come with `images` and `categories`; {file} is a list of predictions. Give the file "
            "that the predictions are measured against.",
            file=name,
        )
    if isinstance(first, dict) and ("annotations" in first or "data" in first):
        raise DatasetError(
            "dataset_label_studio",
            "Label Studio's own JSON must be exported in another form; {file} is that JSON. Choose COCO with images "
            "in its export.",
            file=name,
        )
    raise DatasetError(
        "dataset_json_unknown",
        "Annotations must be COCO keypoints (`images`, `annotations`, `categories`); {file} is JSON of another "
        "kind. Export it as COCO keypoints.",
        file=name,
    )


def _refuse(annotations: Files) -> None:
    for name in annotations.names:
        if not name.lower().endswith(".xml"):
            continue
        text = annotations.read(name)
        if b"<points" in text and b"<skeleton" not in text:
            raise DatasetError(
                "dataset_points",
                "Each person must be one skeleton with all joints; in {file} Points instead of Skeletons were "
                "exported, so nobody knows which points belong to one person. In CVAT, use a label of the kind "
                "Skeleton; in Label Studio, give each keypoint label a model_index.",
                file=name,
            )
        raise DatasetError(
            "dataset_xml",
            "Annotations must be JSON or text; {file} is XML. In CVAT, export as COCO Keypoints 1.0.",
            file=name,
        )
    raise DatasetError(
        "dataset_no_annotations",
        "There must be annotations: COCO keypoints (JSON) or YOLO pose (text); {label} has none. Add them.",
        label=annotations.label,
    )


def _check(dataset: Dataset) -> None:
    if not dataset.pictures:
        raise DatasetError(
            "dataset_pictures_missing",
            "The annotated pictures must be there; all {count} are missing, such as {file}. Add the folder or ZIP "
            "with the pictures.",
            count=len(dataset.missing),
            file=dataset.missing[0] if dataset.missing else "-",
        )
    if len(dataset.pictures) > MAX_PICTURES:
        raise DatasetError(
            "dataset_too_many_pictures",
            "At most {limit} pictures can be validated at a time; got {count}. Take a part of them.",
            limit=MAX_PICTURES,
            count=len(dataset.pictures),
        )
    if not any(not person.ignored for picture in dataset.pictures for person in picture.people):
        raise DatasetError(
            "dataset_nobody",
            "At least one person must have an annotated joint that the model has; in {label} nobody has. Check "
            "that the joints are labelled.",
            label=dataset.name,
        )

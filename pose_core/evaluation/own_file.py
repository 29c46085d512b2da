"""PoseDeck's own JSON of photos, read again: poses that a person has checked, as annotations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final

import numpy as np
from pydantic import BaseModel, FailFast, ValidationError

from pose_core.errors import DatasetError
from pose_core.evaluation.dataset import AnnotatedPicture, Dataset, make_person
from pose_core.evaluation.files import Files, NameIndex, first_fault
from pose_core.evaluation.keypoint_sets import recognise
from pose_core.skeleton import INDEX, LANDMARK_NAMES

__all__ = ["is_own", "read_own"]

_VISIBLE: Final = 0.5


class _Landmark(BaseModel):
    name: str
    x_px: float | None
    y_px: float | None
    visibility: float | None = None
    reason: str | None = None


class _Person(BaseModel):
    person: int
    landmarks: Annotated[list[_Landmark], FailFast()]


class _File(BaseModel):
    name: str
    width_px: int
    height_px: int


class _Photo(BaseModel):
    schema_version: str
    file: _File
    people: Annotated[list[_Person], FailFast()]


def is_own(value: Any) -> bool:
    """Whether a JSON value has the outline of a photo's result."""
    return isinstance(value, dict) and {"schema_version", "file", "people"} <= value.keys()


def read_own(values: Iterable[tuple[str, Any]], label: str, pictures: Files) -> Dataset:
    """Read results of photos (docs/conventions.md) as annotations of the model's 33 landmarks.

    Landmarks outside the picture are not annotated; those below a visibility of 0.5 are annotated and hidden.

    Parameters
    ----------
    values : iterable of (str, value)
        Name and content of each JSON file.
    label : str
    pictures : Files

    Raises
    ------
    DatasetError
        If a file has another form.
    """
    kit = recognise(LANDMARK_NAMES)
    index = NameIndex(pictures.names)
    kept, missing = [], []
    for name, value in values:
        try:
            photo = _Photo.model_validate(value)
        except ValidationError as error:
            place, problem = first_fault(error)
            raise DatasetError(
                "dataset_own_wrong",
                "{file} must be a result of PoseDeck; at {place}: {problem}. Download it again.",
                file=name,
                place=place,
                problem=problem,
            ) from error
        file = index.find(photo.file.name)
        if file is None:
            missing.append(photo.file.name)
            continue
        size_wh = (photo.file.width_px, photo.file.height_px)
        people = tuple(make_person(person.person, _rows(person, size_wh), kit) for person in photo.people)
        kept.append(
            AnnotatedPicture(
                photo.file.name,
                photo.file.name,
                people,
                lambda file=file: pictures.read(file),  # type: ignore[misc]
                size_wh,
            )
        )
    return Dataset(
        label, "posedeck", kit, tuple(kept), tuple(missing), 1, ("area_from_box", "box_from_joints")
    )


def _rows(person: _Person, size_wh: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.float64]]:
    rows = np.zeros((len(LANDMARK_NAMES), 3))
    for mark in person.landmarks:
        if mark.name not in INDEX or mark.x_px is None or mark.y_px is None:
            continue
        inside = 0 <= mark.x_px <= size_wh[0] and 0 <= mark.y_px <= size_wh[1]
        if inside and mark.reason != "outside_picture":
            seen = mark.visibility is None or mark.visibility >= _VISIBLE
            rows[INDEX[mark.name]] = (mark.x_px, mark.y_px, 2 if seen else 1)
    return rows

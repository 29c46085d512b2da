"""COCO keypoints: as COCO itself, CVAT and Label Studio write it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Final, NoReturn

import orjson
from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError

from pose_core.errors import DatasetError
from pose_core.evaluation.dataset import AnnotatedPerson, AnnotatedPicture, Dataset, make_person
from pose_core.evaluation.files import Files, NameIndex, first_fault
from pose_core.evaluation.keypoint_sets import COCO_JOINTS, KeypointSet, looks_like_joint, recognise

__all__ = ["MAX_ANNOTATIONS", "is_coco", "parse_json", "read_coco"]

#: COCO's own training file has 262 000 people.
MAX_ANNOTATIONS: Final = 500_000
#: Coordinates beyond this are no pixels.
_FARTHEST: Final = 1e6
Id = int | str


class _Picture(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=False)
    id: Id
    file_name: str = Field(min_length=1, max_length=4096)
    width: int | None = None
    height: int | None = None


class _Category(BaseModel):
    id: Id
    name: str = ""
    keypoints: list[str] | None = Field(default=None, fail_fast=True)


class _Annotation(BaseModel):
    id: Id | None = None
    image_id: Id
    category_id: Id
    keypoints: list[float | None] | None = Field(default=None, fail_fast=True)
    num_keypoints: int | None = None
    bbox: list[float] | None = Field(default=None, fail_fast=True)
    area: float | None = None
    iscrowd: int | bool | None = 0


class _Coco(BaseModel):
    # Without an end at the first fault, a file full of them would take a hundred times its size in memory.
    images: Annotated[list[_Picture], FailFast()]
    annotations: Annotated[list[_Annotation], FailFast()]
    categories: Annotated[list[_Category], FailFast(), Field(max_length=10_000)] = []


def parse_json(data: bytes, name: str) -> Any:
    """The value of a JSON file.

    Raises
    ------
    DatasetError
        If it is none.
    """
    try:
        return orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        if error.doc[error.pos :].lstrip("-").startswith(("NaN", "Infinity")):
            raise DatasetError(
                "dataset_json_nan",
                "Every number of {file} must be one; in line {line} there is a NaN or an Infinity, which JSON does not "
                "have. Write null, or leave the joint out.",
                file=name,
                line=error.lineno,
            ) from error
        raise DatasetError(
            "dataset_json_broken",
            "{file} must be complete JSON; it is not, from line {line} on. Export it again.",
            file=name,
            line=error.lineno,
        ) from error


def is_coco(value: Any) -> bool:
    """Whether a JSON value has the outline of a COCO file."""
    return isinstance(value, dict) and {"images", "annotations"} <= value.keys()


def read_coco(value: Any, name: str, pictures: Files, most: int = MAX_ANNOTATIONS) -> Dataset:
    """Read annotations in COCO's form.

    Parameters
    ----------
    value
        The JSON value.
    name : str
        Of the annotations' file.
    pictures : Files
        Where the pictures are.
    most : int
        Annotations, and pictures listed, beyond this are refused.

    Raises
    ------
    DatasetError
        If the file breaks the format, has no keypoints, or none that can be compared.
    """
    coco = _checked(value, name, most)
    kit, category, notes = _category(coco, name)
    index = NameIndex(pictures.names)
    people, more_notes = _people(coco, kit, category, name)
    kept, missing = [], []
    for picture in coco.images:
        file = index.find(picture.file_name)
        if file is None:
            missing.append(picture.file_name)
            continue
        size_wh = (picture.width or 0, picture.height or 0)
        kept.append(
            AnnotatedPicture(
                id=picture.id,
                name=picture.file_name,
                people=tuple(people.get(str(picture.id), ())),
                load=lambda file=file: pictures.read(file),  # type: ignore[misc]
                size_wh=size_wh if min(size_wh) > 0 else None,
            )
        )
    return Dataset(name, "coco", kit, tuple(kept), tuple(missing), category.id, (*notes, *more_notes))


def _checked(value: Any, name: str, most: int) -> _Coco:
    for what in ("images", "annotations"):
        if isinstance(value[what], list) and len(value[what]) > most:
            raise DatasetError(
                "dataset_too_many_annotations",
                "A file must list at most {limit} pictures and {limit} annotations; {file} has {count} {what}. Take a "
                "part of them.",
                limit=most,
                file=name,
                count=len(value[what]),
                what=what,
            )
    try:
        coco = _Coco.model_validate(value)
    except ValidationError as error:
        place, problem = first_fault(error)
        raise DatasetError(
            "dataset_field_wrong",
            "{file} must follow COCO's form; at {place}: {problem}. Export it again as COCO keypoints.",
            file=name,
            place=place,
            problem=problem,
        ) from error
    doubled = _doubled(picture.id for picture in coco.images)
    if doubled:
        raise DatasetError(
            "dataset_picture_twice",
            "Every picture must have an id of its own; {file} gives {id} to several. Export it again.",
            file=name,
            id=doubled,
        )
    doubled = _doubled(row.id for row in coco.annotations if row.id is not None)
    if doubled:
        raise DatasetError(
            "dataset_annotation_twice",
            "Every annotation must have an id of its own; {file} gives {id} to several, of which other programs keep "
            "only one. Number them again.",
            file=name,
            id=doubled,
        )
    return coco


def _doubled(ids: Iterable[Id]) -> str:
    """The first that is there more than once, or nothing."""
    return next((key[:80] for key, count in Counter(map(str, ids)).items() if count > 1), "")


def _category(coco: _Coco, name: str) -> tuple[KeypointSet, _Category, list[str]]:
    """The category of the people, and which joints it has."""
    with_rows = {str(a.category_id) for a in coco.annotations if a.keypoints}
    named = [category for category in coco.categories if category.keypoints]
    if not with_rows:
        _refuse_without_keypoints(coco, name)
    candidates = [(recognise(category.keypoints or ()), category) for category in named]
    candidates = [pair for pair in candidates if str(pair[1].id) in with_rows]
    if candidates:
        # Of several kinds of things with joints, the one with most of ours: people, not their dogs.
        kit, category = max(candidates, key=lambda pair: (len(pair[0].joints), pair[1].name == "person"))
        if not kit.joints:
            raise DatasetError(
                "dataset_nothing_comparable",
                "At least one annotated joint must be one that the model has, such as left_knee; {file} has only: "
                "{joints}. Rename the joints in the file's categories.",
                file=name,
                joints=", ".join(kit.names[:12])[:300],
            )
        return kit, category, []
    if sum(looks_like_joint(category.name) for category in coco.categories) > len(coco.categories) / 2:
        _refuse_points(name)
    lengths = {len(a.keypoints) for a in coco.annotations if a.keypoints}
    if lengths == {3 * len(COCO_JOINTS)}:
        wanted = next(iter(with_rows))
        category = next((c for c in coco.categories if str(c.id) == wanted), _Category(id=1, name="person"))
        return recognise(COCO_JOINTS), category, ["coco_order_assumed"]
    if named and min(lengths) < 9:
        _refuse_points(name)
    raise DatasetError(
        "dataset_joints_unnamed",
        "The category of the people must name its joints in `keypoints`; in {file} it does not. Export it as COCO "
        "keypoints, or add the names.",
        file=name,
    )


def _refuse_without_keypoints(coco: _Coco, name: str) -> NoReturn:
    if sum(looks_like_joint(category.name) for category in coco.categories) > len(coco.categories) / 2:
        _refuse_points(name)
    raise DatasetError(
        "dataset_no_keypoints",
        "Annotations must have keypoints; {file} has {count} annotations and none with keypoints. In CVAT, label "
        "people with Skeletons (neither boxes nor Points) and export as COCO Keypoints 1.0.",
        file=name,
        count=len(coco.annotations),
    )


def _refuse_points(name: str) -> NoReturn:
    raise DatasetError(
        "dataset_points",
        "Each person must be one skeleton with all joints; in {file} Points instead of Skeletons were exported, so "
        "nobody knows which points belong to one person. In CVAT, use a label of the kind Skeleton; in Label "
        "Studio, give each keypoint label a model_index.",
        file=name,
    )


def _people(
    coco: _Coco, kit: KeypointSet, category: _Category, name: str
) -> tuple[dict[str, list[AnnotatedPerson]], list[str]]:
    """Everybody in the category, by picture, and what was assumed."""
    known = {str(picture.id) for picture in coco.images}
    people: dict[str, list[AnnotatedPerson]] = {}
    notes: set[str] = set()
    for number, row in enumerate(coco.annotations):
        if str(row.category_id) != str(category.id):
            if row.keypoints:
                notes.add("other_categories")
            continue
        person_id = number if row.id is None else row.id
        if str(row.image_id) not in known:
            raise DatasetError(
                "dataset_picture_unlisted",
                "Each annotation's picture must be in `images`; in {file} annotation {id} belongs to picture "
                "{picture}, which is not. Export it again.",
                file=name,
                id=person_id,
                picture=str(row.image_id)[:80],
            )
        values = row.keypoints or [0.0] * (3 * len(kit.names))
        if len(values) != 3 * len(kit.names):
            _refuse_length(row, person_id, kit, name)
        if row.bbox is not None and len(row.bbox) != 4:
            row.bbox = None
        numbers = [float("nan") if value is None else float(value) for value in values]
        if any(abs(value) > _FARTHEST for value in (*numbers, *(row.bbox or ()))):
            raise DatasetError(
                "dataset_far_outside",
                "Coordinates must be pixels of the picture; in {file} annotation {id} has some beyond {limit:.0f}. "
                "Export it again.",
                file=name,
                id=person_id,
                limit=_FARTHEST,
            )
        person = make_person(
            person_id,
            [numbers[i : i + 3] for i in range(0, len(numbers), 3)],
            kit,
            box_xywh=row.bbox,
            area=row.area,
            crowd=bool(row.iscrowd),
            declared=row.num_keypoints,
        )
        if not person.ignored:
            if not (row.area and row.area > 0):
                notes.add("area_from_box")
            if row.bbox is None or min(row.bbox[2:]) <= 0:
                notes.add("box_from_joints")
        people.setdefault(str(row.image_id), []).append(person)
    return people, sorted(notes)


def _refuse_length(row: _Annotation, person_id: Id, kit: KeypointSet, name: str) -> NoReturn:
    raise DatasetError(
        "dataset_keypoints_length",
        "Each annotation must have 3 numbers for each of the {joints} joints of its category; in {file} annotation "
        "{id} has {count} numbers. Export it again.",
        file=name,
        joints=len(kit.names),
        id=person_id,
        count=len(row.keypoints or ()),
    )

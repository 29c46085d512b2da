"""Annotated pictures: what people marked, as arrays, before any model has looked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.errors import DatasetError
from pose_core.evaluation.keypoint_sets import KeypointSet

__all__ = [
    "AREA_OF_BOX",
    "AnnotatedPerson",
    "AnnotatedPicture",
    "Dataset",
    "Ignored",
    "make_person",
    "restricted",
]

#: A person fills about this share of their box: what MMPose and Ultralytics assume where an area is missing.
AREA_OF_BOX: Final = 0.53

#: Why a person is not scored: a group marked as one, no joint marked, or none that the model has.
Ignored = Literal["", "crowd", "no_keypoints", "not_comparable"]


@dataclass(frozen=True, eq=False, slots=True)
class AnnotatedPerson:
    """One annotation.

    Attributes
    ----------
    id : int or str
        As in the file.
    joints_xy : ndarray, shape (C, 2)
        Of the comparable joints, in the picture's own unit (`AnnotatedPicture.normalised`); NaN where not annotated.
    flags : ndarray of int, shape (C,)
        COCO's: 0 not annotated, 1 annotated and hidden, 2 annotated and visible.
    box_xywh : ndarray, shape (4,)
        Left, top, width, height.
    area : float
        COCO's area of the person, for OKS; NaN to take `AREA_OF_BOX` of the box.
    ignored : str
        Empty for a person who is scored.
    """

    id: int | str
    joints_xy: FloatArray
    flags: NDArray[np.int8]
    box_xywh: FloatArray
    area: float
    ignored: Ignored = ""

    @property
    def annotated(self) -> NDArray[np.bool_]:
        """Which joints count, shape (C,): visible or not."""
        return self.flags > 0


@dataclass(frozen=True, eq=False, slots=True)
class AnnotatedPicture:
    """One picture with its annotations.

    Attributes
    ----------
    id : int or str
        As in the file.
    name : str
        Of its file, as the annotations write it.
    people : tuple of AnnotatedPerson
        All annotations, also those that are not scored.
    load : callable
        Gives the bytes of the picture's file, or its pixels.
    size_wh : tuple of int, optional
        Size that the annotations refer to, if they say so.
    normalised : bool
        Coordinates are shares of width and height.
    """

    id: int | str
    name: str
    people: tuple[AnnotatedPerson, ...]
    load: Callable[[], bytes | FrameRGB]
    size_wh: tuple[int, int] | None = None
    normalised: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Dataset:
    """What was read from annotations and pictures.

    Attributes
    ----------
    name : str
        For people to read.
    format : str
        ``"coco"``, ``"yolo"``, ``"posedeck"`` or ``"performer"``.
    keypoints : KeypointSet
    pictures : tuple of AnnotatedPicture
        Those whose file is there.
    missing : tuple of str
        Names of pictures that are annotated but not there.
    category_id : int or str
        Of the people, for predictions in COCO's form.
    notes : tuple of str
        What was assumed or left out, as keys: ``"coco_order_assumed"``, ``"area_from_box"``, ``"box_from_joints"``,
        ``"other_categories"``.
    """

    name: str
    format: str
    keypoints: KeypointSet
    pictures: tuple[AnnotatedPicture, ...]
    missing: tuple[str, ...] = ()
    category_id: int | str = 1
    notes: tuple[str, ...] = field(default=())


def restricted(dataset: Dataset, joints: Collection[str]) -> Dataset:
    """The same pictures, with only these joints compared; a person with none of them is not scored.

    Parameters
    ----------
    dataset : Dataset
    joints : collection of str
        By the model's names.

    Raises
    ------
    DatasetError
        If no annotated joint is among them.
    """
    kit = dataset.keypoints.only(joints)
    if kit is dataset.keypoints:
        return dataset
    kept = [dataset.keypoints.joints.index(joint) for joint in kit.joints]
    pictures = tuple(
        replace(picture, people=tuple(_only(person, kept) for person in picture.people))
        for picture in dataset.pictures
    )
    if not any(not person.ignored for picture in pictures for person in picture.people):
        raise DatasetError(
            "dataset_no_common_joint",
            "At least one joint must be annotated and known to every model; of the {count} joints of {label} there is "
            "none. Choose other models.",
            count=len(dataset.keypoints.joints),
            label=dataset.name,
        )
    return replace(dataset, keypoints=kit, pictures=pictures)


def _only(person: AnnotatedPerson, kept: list[int]) -> AnnotatedPerson:
    flags = person.flags[kept]
    ignored = person.ignored or ("" if flags.any() else "not_comparable")
    return replace(person, joints_xy=person.joints_xy[kept], flags=flags, ignored=ignored)


def make_person(
    person_id: int | str,
    keypoints: Sequence[Sequence[float]] | FloatArray,
    kit: KeypointSet,
    *,
    box_xywh: Sequence[float] | None = None,
    area: float | None = None,
    crowd: bool = False,
    declared: int | None = None,
) -> AnnotatedPerson:
    """An annotation from its row of a file.

    Parameters
    ----------
    person_id : int or str
    keypoints : array_like, shape (J, 3)
        x, y and flag of every joint of the file, comparable or not.
    kit : KeypointSet
    box_xywh : sequence of 4 float, optional
        The box around all annotated joints if missing or without size.
    area : float, optional
        `AREA_OF_BOX` of the box if missing or 0.
    crowd : bool
        Whether the annotation stands for a group.
    declared : int, optional
        How many joints the file says are annotated; 0 ignores the person, as pycocotools does.
    """
    rows = np.asarray(keypoints, dtype=np.float64).reshape(-1, 3)
    marked = (rows[:, 2] > 0) & np.isfinite(rows[:, :2]).all(axis=1)
    chosen = rows[kit.columns]
    flags = np.where(marked[kit.columns], np.clip(chosen[:, 2], 1, 2), 0).astype(np.int8)
    ignored: Ignored = ""
    if crowd:
        ignored = "crowd"
    elif not marked.any() or declared == 0:
        ignored = "no_keypoints"
    elif not flags.any():
        ignored = "not_comparable"
    box = np.asarray(box_xywh if box_xywh is not None else (0, 0, 0, 0), dtype=np.float64)
    if not (np.isfinite(box).all() and (box[2:] > 0).all()):
        points = rows[marked, :2]
        box = np.concatenate([points.min(axis=0), np.ptp(points, axis=0)]) if len(points) else np.zeros(4)
    return AnnotatedPerson(
        id=person_id,
        joints_xy=np.where(flags[:, None] > 0, chosen[:, :2], np.nan),
        flags=flags,
        box_xywh=box,
        area=float(area) if area is not None and np.isfinite(area) and area > 0 else float("nan"),
        ignored=ignored,
    )

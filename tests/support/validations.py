"""Validation results without a model: what it would have found is made up, to the pixel."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from pose_core.evaluation.dataset import AnnotatedPicture, Dataset, make_person
from pose_core.evaluation.detecting import Detected
from pose_core.evaluation.keypoint_sets import COCO_JOINTS, recognise
from pose_core.evaluation.outcomes import Predictions
from pose_core.evaluation.placing import place
from pose_core.evaluation.settings import ValidationSettings, shipped
from pose_core.evaluation.validate import ValidationResult, conclude
from pose_core.skeleton import INDEX
from tests.support.poses import make_pose

__all__ = ["made_up"]

_KIT = recognise(COCO_JOINTS)
_SIZE_WH = (640, 480)
_COLUMNS = [INDEX[joint] for joint in COCO_JOINTS]


def made_up(
    off_px: Mapping[str, float],
    *,
    pictures: int = 12,
    missed: int = 0,
    names: str = "{}.jpg",
    turned: bool = False,
    shift_x: float = 0.0,
) -> ValidationResult:
    """A person in each picture, standing.

    Parameters
    ----------
    off_px : mapping of str to float
        For each shipped model how far its joints are off, as the spread of a seeded normal distribution.
    pictures, missed : int
        How many there are; in how many of them nobody is found in the whole picture.
    names : str
        Of the pictures.
    turned : bool
        Left and right of the annotations are exchanged.
    shift_x : float
        Added to every predicted left joint.
    """
    landmarks = make_pose().image_xy_px
    points = np.column_stack([landmarks[_COLUMNS], np.full(17, 2)])
    if turned:
        points = points[_KIT.other_side]
    frame_rgb = np.full((_SIZE_WH[1], _SIZE_WH[0], 3), 90, dtype=np.uint8)
    annotated = tuple(
        AnnotatedPicture(
            number,
            names.format(number),
            (make_person(number, points, _KIT, area=20_000.0),),
            lambda: frame_rgb,
        )
        for number in range(pictures)
    )
    truths = [place(picture, _SIZE_WH, _SIZE_WH, 1, 17) for picture in annotated]
    left = np.array([name.startswith("left") for name in INDEX])
    predictions: dict[str, list[Predictions]] = {}
    for model, spread in off_px.items():
        rng = np.random.default_rng(5)
        predictions[model] = []
        for number in range(pictures):
            pose = landmarks + rng.normal(0, spread, landmarks.shape) if spread else landmarks.copy()
            pose[left, 0] += shift_x
            whole = pose[None] if number >= missed else np.empty((0, 33, 2))
            predictions[model].append(
                Predictions(whole, np.full(len(whole), 0.9), (pose[None],), (np.full(1, 0.9),))
            )
    dataset = Dataset("made_up", "coco", _KIT, annotated)
    found = Detected(annotated, tuple(one for one in truths if one is not None), predictions, ())
    settings = ValidationSettings(shipped(*off_px), resamples=300)
    return conclude(dataset, settings, found, time.monotonic())

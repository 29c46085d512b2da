"""OKS and average precision are those of pycocotools."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from pose_core.evaluation.average_precision import SUMMARY, PictureForAp, PrecisionTable, predicted_area
from pose_core.evaluation.coco_file import read_coco
from pose_core.evaluation.files import UploadedFiles
from pose_core.evaluation.oks import oks_matrix
from pose_core.evaluation.placing import Truth, place
from tests.support.annotations import annotation, coco

SIZE_WH = (640, 480)


def _random(seed: int, pictures: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Annotations with crowds, people without joints, hidden joints; predictions near and far, with equal scores."""
    rng = np.random.default_rng(seed)
    images, annotations, predictions = [], [], []
    for picture in range(1, pictures + 1):
        images.append(
            {"id": picture, "file_name": f"{picture}.jpg", "width": SIZE_WH[0], "height": SIZE_WH[1]}
        )
        for _ in range(rng.integers(0, 5)):
            size = rng.choice([25, 60, 150, 300])
            points = np.column_stack(
                [rng.uniform(0, 400, 2) + rng.uniform(0, size, (17, 2)), rng.integers(0, 3, 17)]
            )
            if rng.random() < 0.15:
                points[:] = 0
            crowd = int(rng.random() < 0.1)
            person = annotation(
                len(annotations) + 1, picture, points, iscrowd=crowd, area=float(size**2 * 0.6)
            )
            person["bbox"] = [
                float(rng.uniform(0, 300)),
                float(rng.uniform(0, 200)),
                float(size),
                float(size),
            ]
            annotations.append(person)
            for _ in range(rng.integers(0, 3)):
                apart = rng.choice([0.01, 0.05, 0.1, 0.5]) * size
                predicted = points[:, :2] + rng.normal(0, apart, (17, 2))
                predictions.append(
                    {
                        "image_id": picture,
                        "category_id": 1,
                        "keypoints": np.column_stack([predicted, np.ones(17)]).ravel().tolist(),
                        "score": float(rng.choice([0.3, 0.5, 0.5, rng.random()])),
                    }
                )
    return coco(images, annotations), predictions


def _reference(truth: dict[str, Any], predictions: list[dict[str, Any]]) -> COCOeval:
    reference = COCO()
    reference.dataset = truth
    reference.createIndex()
    evaluation = COCOeval(reference, reference.loadRes(predictions), "keypoints")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation


def _ours(truth: dict[str, Any], predictions: list[dict[str, Any]]) -> tuple[list[Truth], list[PictureForAp]]:
    names = {image["file_name"]: b"" for image in truth["images"]}
    dataset = read_coco(truth, "a.json", UploadedFiles(names))
    truths, pictures = [], []
    for picture in dataset.pictures:
        placed = place(picture, SIZE_WH, SIZE_WH, 1, 17)
        assert placed is not None
        own = [row for row in predictions if row["image_id"] == picture.id]
        xy = np.array([row["keypoints"] for row in own]).reshape(-1, 17, 3)[..., :2]
        sigmas = dataset.keypoints.sigmas
        oks = oks_matrix(xy, placed.xy_px, placed.annotated, placed.area_px2, placed.box_px, sigmas)
        scores = np.array([row["score"] for row in own])
        truths.append(placed)
        pictures.append(
            PictureForAp(oks, scores, predicted_area(xy), placed.area_px2, placed.ignored, placed.crowd)
        )
    return truths, pictures


@pytest.mark.parametrize("seed", range(6))
def test_oks_and_average_precision_equal_those_of_pycocotools(seed: int) -> None:
    truth, predictions = _random(seed, pictures=40)
    reference = _reference(truth, predictions)
    _, pictures = _ours(truth, predictions)
    compared = 0
    for number, ours in enumerate(pictures, start=1):
        theirs = np.asarray(reference.ious[number, 1])
        if theirs.size:
            ranked = np.argsort(-ours.scores, kind="stable")
            np.testing.assert_allclose(ours.oks[ranked], theirs, atol=1e-9)
            compared += theirs.size
    assert compared > 50
    ours = PrecisionTable(pictures).summary()
    np.testing.assert_allclose([ours[name] for name in SUMMARY], reference.stats, atol=1e-9)
    assert 0.05 < ours["ap"] < 0.95


def test_a_picture_that_counts_twice_is_the_same_as_two_of_it() -> None:
    truth, predictions = _random(3, pictures=12)
    _, pictures = _ours(truth, predictions)
    weights = np.ones(len(pictures))
    weights[[2, 5]] = [0, 2]
    twice = PrecisionTable([*pictures[:2], *pictures[3:], pictures[5]]).summary()
    # Two copies raise recall in one step instead of two: precision at a recall between them may differ a little.
    assert PrecisionTable(pictures).summary(weights)["ar"] == pytest.approx(twice["ar"], abs=1e-12)
    assert PrecisionTable(pictures).summary(weights)["ap"] == pytest.approx(twice["ap"], abs=0.02)


def test_without_people_average_precision_is_unknown_and_without_predictions_it_is_zero() -> None:
    nothing = PictureForAp(*[np.empty((0, 0)), *[np.empty(0)] * 3], *[np.empty(0, dtype=bool)] * 2)
    assert np.isnan(PrecisionTable([nothing]).summary()["ap"])
    truth, _ = _random(1, pictures=5)
    _, pictures = _ours(truth, [])
    assert PrecisionTable(pictures).summary()["ap"] == 0

"""COCO's average precision and recall of keypoints, with weights for pictures so that they can be resampled.

Source: pycocotools 2.0 (``COCOeval.evaluateImg``, ``accumulate``, ``summarize``), whose numbers `summary` gives to
1e-9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray

__all__ = ["SUMMARY", "PictureForAp", "PrecisionTable", "predicted_area"]

_THRESHOLDS: Final = np.linspace(0.5, 0.95, 10)
_RECALLS: Final = np.linspace(0.0, 1.0, 101)
_AREAS: Final = {"all": (0.0, 1e10), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
_MOST_PREDICTIONS: Final = 20
#: Names of the figures, in pycocotools' order.
SUMMARY: Final[tuple[str, ...]] = (
    "ap", "ap50", "ap75", "ap_medium", "ap_large", "ar", "ar50", "ar75", "ar_medium", "ar_large",
)  # fmt: skip


def predicted_area(xy: FloatArray) -> FloatArray:
    """Area that COCO gives a prediction, shape (P,): of the box around its joints, shape (P, C, 2)."""
    return np.asarray(np.prod(np.ptp(xy, axis=1), axis=1) if len(xy) else np.empty(0))


@dataclass(frozen=True, eq=False, slots=True)
class PictureForAp:
    """What average precision needs to know of a picture.

    Attributes
    ----------
    oks : ndarray, shape (P, G)
    scores, predicted_areas : ndarray, shape (P,)
    areas : ndarray, shape (G,)
    ignored, crowd : ndarray of bool, shape (G,)
        People who are not scored, but whom a prediction may show; a crowd may be matched several times.
    """

    oks: FloatArray
    scores: FloatArray
    predicted_areas: FloatArray
    areas: FloatArray
    ignored: NDArray[np.bool_]
    crowd: NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class _Range:
    """All predictions in order of their score, for one range of areas."""

    picture: NDArray[np.intp]  # (D,)
    true: NDArray[np.bool_]  # (T, D): matched, and neither ignored
    false: NDArray[np.bool_]
    people: FloatArray  # (N,) scored people of each picture


class PrecisionTable:
    """Average precision of predictions on pictures.

    Parameters
    ----------
    pictures : sequence of PictureForAp
    """

    def __init__(self, pictures: Sequence[PictureForAp]) -> None:
        self._count = len(pictures)
        self._ranges = {name: _one_range(pictures, limits) for name, limits in _AREAS.items()}

    def summary(self, weights: FloatArray | None = None) -> dict[str, float]:
        """The ten figures of `SUMMARY`; NaN where nobody is annotated in a range (pycocotools gives -1).

        Parameters
        ----------
        weights : ndarray, shape (N,), optional
            How often each picture counts; once unless given.
        """
        weights = np.ones(self._count) if weights is None else weights
        curves = {name: _curves(one, weights) for name, one in self._ranges.items()}
        precision, recall = curves["all"]
        values = [precision.mean(), precision[0].mean(), precision[5].mean()]
        values += [curves["medium"][0].mean(), curves["large"][0].mean()]
        values += [recall.mean(), recall[0], recall[5], curves["medium"][1].mean(), curves["large"][1].mean()]
        return dict(zip(SUMMARY, map(float, values), strict=True))

    def ap(self, weights: FloatArray) -> float:
        """Only the average precision."""
        return float(_curves(self._ranges["all"], weights)[0].mean())


def _one_range(pictures: Sequence[PictureForAp], limits: tuple[float, float]) -> _Range:
    order, matched, skipped, numbers, people = [], [], [], [], np.zeros(len(pictures))
    for number, picture in enumerate(pictures):
        ranked = np.argsort(-picture.scores, kind="stable")[:_MOST_PREDICTIONS]
        left_out = picture.ignored | (picture.areas < limits[0]) | (picture.areas > limits[1])
        people[number] = np.count_nonzero(~left_out)
        found, beside = _match_picture(picture, ranked, left_out)
        outside = (picture.predicted_areas[ranked] < limits[0]) | (
            picture.predicted_areas[ranked] > limits[1]
        )
        order.append(picture.scores[ranked])
        matched.append(found)
        skipped.append(beside | (~found & outside))
        numbers.append(np.full(len(ranked), number, dtype=np.intp))
    by_score = np.argsort(-np.concatenate([np.empty(0), *order]), kind="stable")
    nothing = np.empty((len(_THRESHOLDS), 0), dtype=bool)
    found = np.concatenate([nothing, *matched], axis=1)[:, by_score]
    beside = np.concatenate([nothing, *skipped], axis=1)[:, by_score]
    where = np.concatenate([np.empty(0, dtype=np.intp), *numbers])[by_score]
    return _Range(where, found & ~beside, ~found & ~beside, people)


def _match_picture(
    picture: PictureForAp, ranked: NDArray[np.intp], left_out: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which predictions are matched at each threshold, and which of them to people who are left out; (T, P) each."""
    shape = (len(_THRESHOLDS), len(ranked))
    found, beside = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    order = np.argsort(left_out, kind="stable").tolist()
    oks = picture.oks.tolist()
    for t, threshold in enumerate(_THRESHOLDS.tolist()):
        taken: set[int] = set()
        for d, prediction in enumerate(ranked.tolist()):
            best, at = min(threshold, 1 - 1e-10), -1
            for person in order:
                if person in taken and not picture.crowd[person]:
                    continue
                if at >= 0 and not left_out[at] and left_out[person]:
                    break
                if oks[prediction][person] < best:
                    continue
                best, at = oks[prediction][person], person
            if at >= 0:
                taken.add(at)
                found[t, d], beside[t, d] = True, left_out[at]
    return found, beside


def _curves(one: _Range, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Precision at each recall, shape (T, 101), and the largest recall, shape (T,)."""
    people = float(one.people @ weights)
    if people == 0:
        return np.full((len(_THRESHOLDS), len(_RECALLS)), np.nan), np.full(len(_THRESHOLDS), np.nan)
    weight = weights[one.picture]
    true, false = np.cumsum(one.true * weight, axis=1), np.cumsum(one.false * weight, axis=1)
    precision = np.zeros((len(_THRESHOLDS), len(_RECALLS)))
    if not true.shape[1]:
        return precision, np.zeros(len(_THRESHOLDS))
    recall = true / people
    envelope = np.maximum.accumulate((true / (true + false + np.spacing(1)))[:, ::-1], axis=1)[:, ::-1]
    for t, row in enumerate(recall):
        at = np.searchsorted(row, _RECALLS, side="left")
        inside = at < row.size
        precision[t, inside] = envelope[t, at[inside]]
    return precision, np.asarray(recall[:, -1])

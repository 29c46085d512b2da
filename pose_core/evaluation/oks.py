"""Object keypoint similarity, and who is who: COCO's definitions over arrays.

Source: pycocotools 2.0 (``COCOeval.computeOks``), whose numbers these functions give to 1e-9; of a joint,
``exp(-d² / (2 · area · (2σ)²))``, and of a person the mean over annotated joints.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray

__all__ = ["MATCH_OKS", "joint_similarity", "match", "oks_matrix"]

#: A prediction less similar than this is somebody else: not one joint is near.
MATCH_OKS: Final = 0.01


def joint_similarity(
    predicted_xy: FloatArray, true_xy: FloatArray, area: FloatArray, sigmas: FloatArray
) -> FloatArray:
    """Similarity of single joints, 0 to 1.

    Parameters
    ----------
    predicted_xy, true_xy : ndarray, shape (..., C, 2)
        Pixels; broadcast against each other.
    area : ndarray, shape (...,)
        Of the annotated person, in square pixels.
    sigmas : ndarray, shape (C,)

    Returns
    -------
    ndarray, shape (..., C)
        NaN where a position or the constant is.
    """
    squares = ((predicted_xy - true_xy) ** 2).sum(axis=-1)
    scale = (np.asarray(area)[..., None] + np.spacing(1)) * (2 * sigmas) ** 2
    return np.asarray(np.exp(-squares / scale / 2))


def oks_matrix(
    predicted_xy: FloatArray,
    true_xy: FloatArray,
    annotated: NDArray[np.bool_],
    area: FloatArray,
    box_xywh: FloatArray,
    sigmas: FloatArray,
) -> FloatArray:
    """OKS of every prediction with every person.

    Parameters
    ----------
    predicted_xy : ndarray, shape (P, C, 2)
    true_xy : ndarray, shape (G, C, 2)
        NaN where not annotated.
    annotated : ndarray of bool, shape (G, C)
    area : ndarray, shape (G,)
    box_xywh : ndarray, shape (G, 4)
        Where no joint is annotated, the distance to twice the box takes the place of those of joints, as in COCO.
    sigmas : ndarray, shape (C,)
        NaN leaves a joint out.

    Returns
    -------
    ndarray, shape (P, G)
    """
    known = np.isfinite(sigmas)
    predicted, sigmas = predicted_xy[:, None, known], sigmas[known]
    counted = annotated[:, known]
    similar = joint_similarity(predicted, true_xy[None, :, known], area[None], sigmas)
    count = counted.sum(axis=1)
    total = np.where(counted[None], similar, 0.0).sum(axis=2)
    corner, size = box_xywh[:, None, :2], box_xywh[:, None, 2:]
    nearest = np.clip(predicted, (corner - size)[None], (corner + 2 * size)[None])
    boxed = joint_similarity(predicted, nearest, area[None], sigmas).mean(axis=2) if known.any() else total
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), boxed))


def match(similarity: FloatArray, floor: float = MATCH_OKS) -> NDArray[np.intp]:
    """Pair predictions and people one to one, the most similar pair first.

    Parameters
    ----------
    similarity : ndarray, shape (P, G)
    floor : float
        Less similar pairs are none.

    Returns
    -------
    ndarray of int, shape (G,)
        For each person the number of the prediction, or -1.

    Examples
    --------
    >>> match(np.array([[0.9, 0.8], [0.7, 0.0]])).tolist()
    [0, -1]
    """
    left = np.array(similarity, dtype=np.float64)
    pairs = np.full(left.shape[1], -1, dtype=np.intp)
    while left.size and left.max() >= floor:
        prediction, person = np.unravel_index(int(left.argmax()), left.shape)
        pairs[person] = prediction
        left[prediction] = -1
        left[:, person] = -1
    return pairs

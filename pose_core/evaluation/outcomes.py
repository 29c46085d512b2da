"""What became of every annotated person with one model and one protocol, as arrays: the input of all figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.evaluation.average_precision import PictureForAp, predicted_area
from pose_core.evaluation.keypoint_sets import KeypointSet
from pose_core.evaluation.oks import joint_similarity, match, oks_matrix
from pose_core.evaluation.placing import Truth

__all__ = ["KINDS", "PROTOCOLS", "Kind", "Outcomes", "Predictions", "Protocol", "judge", "torso_px"]

#: The whole picture, as the model would see it; or cropped to the annotated person, as a tracker would.
Protocol = Literal["whole", "crop"]
PROTOCOLS: Final[tuple[Protocol, ...]] = ("whole", "crop")

Kind = Literal["good", "jitter", "inversion", "swap", "miss"]
#: What a predicted joint is, by Ronchi and Perona (Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation,
#: ICCV 2017), with the similarity of `joint_similarity` to the nearest annotated joint of the same kind, either side,
#: anybody in the picture: its own place at 0.85 or more, or at 0.5; the person's other side; another person; nothing.
KINDS: Final[tuple[Kind, ...]] = ("good", "jitter", "inversion", "swap", "miss")
_GOOD, _NEAR = 0.85, 0.5


@dataclass(frozen=True, eq=False, slots=True)
class Predictions:
    """What a model found in a picture.

    Attributes
    ----------
    whole_px : ndarray, shape (P, 33, 2)
        In the whole picture, in pixels of the upright picture.
    whole_scores : ndarray, shape (P,)
        Mean visibility of the landmarks, 0 to 1: the order for average precision.
    crops_px : tuple of ndarray, shape (P, 33, 2) each
        For each scored person what was found in their crop, in pixels of the upright picture.
    crop_scores : tuple of ndarray, shape (P,) each
    """

    whole_px: FloatArray
    whole_scores: FloatArray
    crops_px: tuple[FloatArray, ...]
    crop_scores: tuple[FloatArray, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Outcomes:
    """N scored people, and what was predicted for them.

    Attributes
    ----------
    picture : ndarray of int, shape (N,)
        Number of each person's picture.
    person : ndarray of int, shape (N,)
        Their number among the picture's annotations.
    found : ndarray of bool, shape (N,)
    oks : ndarray, shape (N,)
        0 if not found.
    true_px, predicted_px : ndarray, shape (N, C, 2)
        NaN where not annotated, and where not found.
    flags : ndarray of int, shape (N, C)
        0 not annotated, 1 hidden, 2 visible.
    torso_px : ndarray, shape (N,)
        See `torso_px`; NaN if it cannot be measured.
    height_share : ndarray, shape (N,)
        Height of the person's box as a share of the picture's.
    kinds : ndarray of int, shape (N, C)
        Place in `KINDS`; -1 where there is none.
    exchanged_gain : ndarray, shape (N,)
        How much higher the best OKS would be with left and right of the annotation exchanged; NaN if fewer than two
        pairs are annotated, or nobody is near.
    pictures : tuple of PictureForAp
    predicted_all_px : tuple of ndarray, shape (P, 33, 2) each
        For each picture, in the order of `pictures`' predictions.
    """

    picture: NDArray[np.intp]
    person: NDArray[np.intp]
    found: NDArray[np.bool_]
    oks: FloatArray
    true_px: FloatArray
    predicted_px: FloatArray
    flags: NDArray[np.int8]
    torso_px: FloatArray
    height_share: FloatArray
    kinds: NDArray[np.int8]
    exchanged_gain: FloatArray
    pictures: tuple[PictureForAp, ...]
    predicted_all_px: tuple[FloatArray, ...]

    @property
    def annotated(self) -> NDArray[np.bool_]:
        """Which joints count, shape (N, C)."""
        return self.flags > 0

    @property
    def distance_torso(self) -> FloatArray:
        """Distance of each predicted joint, as a share of the torso, shape (N, C); NaN if not found or not known."""
        apart = np.linalg.norm(self.predicted_px - self.true_px, axis=2)
        return np.asarray(apart / self.torso_px[:, None])


def torso_px(true_px: FloatArray, kit: KeypointSet) -> FloatArray:
    """Length of the torso, shape (N,): left shoulder to right hip, or the other diagonal if one of these is missing.

    NaN if neither can be measured, or both ends are in one place.
    """
    where = {joint: i for i, joint in enumerate(kit.joints)}
    length = np.full(len(true_px), np.nan)
    for side, other in (("left", "right"), ("right", "left")):
        shoulder, hip = where.get(f"{side}_shoulder"), where.get(f"{other}_hip")
        if shoulder is not None and hip is not None:
            diagonal = np.linalg.norm(true_px[:, shoulder] - true_px[:, hip], axis=1)
            length = np.where(np.isnan(length), diagonal, length)
    return np.where(length > 0, length, np.nan)


def judge(
    truths: Sequence[Truth], predictions: Sequence[Predictions], kit: KeypointSet, protocol: Protocol
) -> Outcomes:
    """Pair people and predictions, and collect what became of each person.

    Parameters
    ----------
    truths : sequence of Truth
    predictions : sequence of Predictions
        Of the same pictures.
    kit : KeypointSet
    protocol : {"whole", "crop"}
    """
    rows = [
        _judge_picture(number, truth, found, kit, protocol)
        for number, (truth, found) in enumerate(zip(truths, predictions, strict=True))
    ]
    joints = len(kit.joints)

    def joined(name: str, shape: tuple[int, ...] = (), dtype: type = np.float64) -> NDArray[Any]:
        parts: list[NDArray[Any]] = [np.asarray(row[name], dtype=dtype).reshape(-1, *shape) for row in rows]
        return np.concatenate([np.empty((0, *shape), dtype=dtype), *parts])

    true_px = joined("true", (joints, 2))
    return Outcomes(
        picture=joined("picture", dtype=np.intp),
        person=joined("person", dtype=np.intp),
        found=joined("found", dtype=np.bool_),
        oks=joined("oks"),
        true_px=true_px,
        predicted_px=joined("predicted", (joints, 2)),
        flags=joined("flags", (joints,), np.int8),
        torso_px=torso_px(true_px, kit),
        height_share=joined("height"),
        kinds=joined("kinds", (joints,), np.int8),
        exchanged_gain=joined("gain"),
        pictures=tuple(row["ap"] for row in rows),
        predicted_all_px=tuple(row["all"] for row in rows),
    )


def _judge_picture(
    number: int, truth: Truth, found: Predictions, kit: KeypointSet, protocol: Protocol
) -> dict[str, Any]:
    scored = truth.scored
    args = (truth.annotated, truth.area_px2, truth.box_px, kit.sigmas)
    if protocol == "whole":
        everyone, scores = found.whole_px, found.whole_scores
        oks = oks_matrix(everyone[:, kit.landmarks], truth.xy_px, *args)
        pairs = match(oks[:, scored])
        candidates = [np.arange(len(everyone))] * len(scored)
    else:
        everyone = np.concatenate([np.empty((0, 33, 2)), *found.crops_px])
        scores = np.concatenate([np.empty(0), *found.crop_scores])
        oks = oks_matrix(everyone[:, kit.landmarks], truth.xy_px, *args)
        ends = np.cumsum([0, *map(len, found.crops_px)])
        candidates = [np.arange(start, end) for start, end in pairwise(ends.tolist())]
        pairs = np.full(len(scored), -1, dtype=np.intp)
        chosen = []
        for i, (own, person) in enumerate(zip(candidates, scored, strict=True)):
            if len(own):
                best = own[oks[own, person].argmax()]
                chosen.append(best)
                pairs[i] = best if match(oks[best : best + 1, person : person + 1])[0] >= 0 else -1
    is_found = pairs >= 0
    predicted = np.full((len(scored), len(kit.joints), 2), np.nan)
    predicted[is_found] = everyone[pairs[is_found]][:, kit.landmarks]
    used = np.arange(len(everyone)) if protocol == "whole" else np.array(chosen, dtype=np.intp)
    return {
        "picture": np.full(len(scored), number),
        "person": scored,
        "found": is_found,
        "oks": np.where(is_found, oks[pairs, scored] if len(everyone) else 0.0, 0.0),
        "true": truth.xy_px[scored],
        "predicted": predicted,
        "flags": truth.flags[scored],
        "height": truth.box_px[scored, 3] / truth.size_wh[1],
        "kinds": _kinds(predicted, truth, kit),
        "gain": _exchanged_gain(everyone[:, kit.landmarks], candidates, oks, truth, kit),
        "ap": PictureForAp(
            oks=oks[used],
            scores=scores[used],
            predicted_areas=predicted_area(everyone[used][:, kit.landmarks]),
            areas=truth.area_px2,
            ignored=truth.ignored,
            crowd=truth.crowd,
        ),
        "all": everyone[used],
    }


def _kinds(predicted: FloatArray, truth: Truth, kit: KeypointSet) -> NDArray[np.int8]:
    """Kind of each joint, shape (N, C); -1 where not annotated, not found, or without COCO's constant."""
    kinds = np.full(predicted.shape[:2], -1, dtype=np.int8)
    others = np.stack([truth.xy_px, truth.xy_px[:, kit.other_side]])  # (2, G, C, 2)
    others[1][:, kit.other_side == np.arange(len(kit.joints))] = np.nan
    for row, person in enumerate(truth.scored):
        similar = np.nan_to_num(joint_similarity(predicted[row], others, truth.area_px2, kit.sigmas), nan=-1)
        own, other_side = similar[0, person].copy(), similar[1, person].copy()
        similar[:, person] = -1
        somebody = similar.max(axis=(0, 1), initial=-1)
        best = np.maximum(np.maximum(own, other_side), somebody)
        kind = np.select(
            [best < _NEAR, (own >= best) & (own >= _GOOD), own >= best, other_side >= best],
            [KINDS.index("miss"), KINDS.index("good"), KINDS.index("jitter"), KINDS.index("inversion")],
            KINDS.index("swap"),
        )
        known = truth.annotated[person] & np.isfinite(predicted[row, :, 0]) & np.isfinite(kit.sigmas)
        kinds[row, known] = kind[known]
    return kinds


def _exchanged_gain(
    predicted: FloatArray,
    candidates: Sequence[NDArray[np.intp]],
    oks: FloatArray,
    truth: Truth,
    kit: KeypointSet,
) -> FloatArray:
    gains = np.full(len(truth.scored), np.nan)
    if not len(predicted):
        return gains
    args = (truth.area_px2, truth.box_px, kit.sigmas)
    other = kit.other_side
    exchanged = oks_matrix(predicted, truth.xy_px[:, other], truth.annotated[:, other], *args)
    paired = truth.annotated & truth.annotated[:, other] & (other != np.arange(len(other)))
    for row, person in enumerate(truth.scored):
        own = candidates[row]
        if paired[person].sum() < 4 or not len(own):
            continue
        straight, turned = oks[own, person].max(), exchanged[own, person].max()
        if max(straight, turned) >= _NEAR:
            gains[row] = turned - straight
    return gains

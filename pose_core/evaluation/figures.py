"""From outcomes to figures with intervals: found, PCK, OKS, AP, each joint, kinds of errors, groups of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.evaluation.average_precision import SUMMARY, PrecisionTable
from pose_core.evaluation.bootstrap import Figure, Resamples
from pose_core.evaluation.groups import groups_of
from pose_core.evaluation.keypoint_sets import KeypointSet
from pose_core.evaluation.outcomes import KINDS, Outcomes

__all__ = [
    "AP_FROM_PICTURES",
    "CURVE",
    "PCK_AT",
    "GroupScores",
    "JointScores",
    "Scores",
    "difference",
    "score",
]

#: A joint is right within this share of the torso.
PCK_AT: Final = 0.2
#: Shares of the torso at which the curve is given.
CURVE: Final[tuple[float, ...]] = tuple(round(0.02 * i, 2) for i in range(26))
AP_FROM_PICTURES: Final = 100
#: Average precision sorts all predictions again for each resample.
_AP_RESAMPLES: Final = 300
#: A group's figures are given from this many people and pictures on.
_GROUP_PEOPLE: Final = 10
_GROUP_PICTURES: Final = 5


@dataclass(frozen=True, slots=True)
class JointScores:
    """One joint.

    Attributes
    ----------
    annotated, found : int
        How often it is annotated (on people with a torso), and how often on people who were found.
    pck, pck_found : Figure
    error : Figure
        Mean distance of people found, as a share of the torso.
    right, down : Figure
        Mean displacement in the picture, as a share of the torso.
    outward : Figure
        Mean displacement away from the same joint of the other side; NaN for joints in the middle.
    kinds : mapping of str to Figure
        Share of each kind of `KINDS` among predicted joints.
    """

    annotated: int
    found: int
    pck: Figure
    pck_found: Figure
    error: Figure
    right: Figure
    down: Figure
    outward: Figure
    kinds: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class GroupScores:
    """Some of the people, or of the joints; figures are None if there are too few."""

    people: int
    pictures: int
    joints: int
    found: Figure | None
    pck: Figure | None
    pck_found: Figure | None
    oks: Figure | None


@dataclass(frozen=True, slots=True)
class Scores:
    """All figures of one model and one protocol; shares are 0 to 1.

    Attributes
    ----------
    people, pictures, pictures_with_people, without_torso : int
        People who are scored, pictures that could be read, those of them that show scored people, and people for whom
        PCK cannot be measured.
    found : Figure
        Share of people with a prediction of their own.
    pck, pck_found : Figure
        Share of annotated joints within `PCK_AT` of the torso: of everybody, where a person not found counts as all
        wrong; and of people found.
    curve : tuple of (share of the torso, Figure, Figure)
        Both, for each of `CURVE`.
    oks, oks_found : Figure
        Mean; a person not found counts as 0 in the first.
    ap : mapping of str to Figure, optional
        COCO's ten figures; None with fewer than `AP_FROM_PICTURES` pictures.
    per_joint : mapping of str to JointScores
    errors : mapping of str to Figure
        Shares of `KINDS` among joints of people found; and ``not_found``, the share of annotated joints of people not
        found.
    widths : mapping of str to Figure
        Predicted width of shoulders and hips over the annotated one, people found.
    groups : mapping of str to mapping of str to GroupScores
        By person size, visibility of joints, pose and view.
    """

    people: int
    pictures: int
    pictures_with_people: int
    without_torso: int
    found: Figure
    pck: Figure
    pck_found: Figure
    curve: tuple[tuple[float, Figure, Figure], ...]
    oks: Figure
    oks_found: Figure
    ap: Mapping[str, Figure] | None
    per_joint: Mapping[str, JointScores]
    errors: Mapping[str, Figure]
    widths: Mapping[str, Figure]
    groups: Mapping[str, Mapping[str, GroupScores]]


class _Sums:
    """Adds up values of people for each picture."""

    def __init__(self, outcomes: Outcomes, resamples: Resamples) -> None:
        self._picture, self._resamples = outcomes.picture, resamples

    def per_picture(self, values: NDArray[np.generic] | FloatArray) -> FloatArray:
        """Sum of each picture, shape (pictures, K), of values (N, K) or (N,); NaN counts as 0."""
        rows = np.nan_to_num(np.asarray(values, dtype=np.float64).reshape(len(self._picture), -1))
        total = np.zeros((self._resamples.pictures, rows.shape[1]))
        np.add.at(total, self._picture, rows)
        return total

    def ratios(self, numerator: NDArray[np.generic], denominator: NDArray[np.generic]) -> list[Figure]:
        """Ratios with intervals, a figure for each column."""
        return self._resamples.ratios(self.per_picture(numerator), self.per_picture(denominator))

    def ratio(self, numerator: NDArray[np.generic], denominator: NDArray[np.generic]) -> Figure:
        """A single one."""
        return self.ratios(numerator, denominator)[0]


def score(outcomes: Outcomes, kit: KeypointSet, resamples: Resamples) -> Scores:
    """All figures of one model and one protocol.

    Parameters
    ----------
    outcomes : Outcomes
    kit : KeypointSet
    resamples : Resamples
        Of all pictures that were read.
    """
    sums = _Sums(outcomes, resamples)
    everybody = np.ones(len(outcomes.found))
    counted = outcomes.annotated & np.isfinite(outcomes.torso_px)[:, None]
    counted_found = counted & outcomes.found[:, None]
    distance = outcomes.distance_torso
    right = _right(distance, PCK_AT) & counted
    with_right = np.column_stack([(_right(distance, share) & counted).sum(axis=1) for share in CURVE])
    joints, joints_found = counted.sum(axis=1), counted_found.sum(axis=1)
    curve_all = sums.ratios(with_right, np.repeat(joints[:, None], len(CURVE), axis=1))
    curve_found = sums.ratios(with_right, np.repeat(joints_found[:, None], len(CURVE), axis=1))
    at = CURVE.index(PCK_AT)
    return Scores(
        people=len(outcomes.found),
        pictures=resamples.pictures,
        pictures_with_people=len(set(outcomes.picture.tolist())),
        without_torso=int(np.isnan(outcomes.torso_px).sum()),
        found=sums.ratio(outcomes.found, everybody),
        pck=curve_all[at],
        pck_found=curve_found[at],
        curve=tuple(zip(CURVE, curve_all, curve_found, strict=True)),
        oks=sums.ratio(outcomes.oks, everybody),
        oks_found=sums.ratio(outcomes.oks, outcomes.found),
        ap=_ap(outcomes, resamples) if resamples.pictures >= AP_FROM_PICTURES else None,
        per_joint=_per_joint(outcomes, kit, sums, counted, right),
        errors=_errors(outcomes, sums),
        widths=dict(_widths(outcomes, kit, sums)),
        groups=_groups(outcomes, kit, sums, counted, right),
    )


def _right(distance: FloatArray, share: float) -> NDArray[np.bool_]:
    return np.asarray(np.nan_to_num(distance, nan=np.inf) <= share)


def _ap(outcomes: Outcomes, resamples: Resamples) -> dict[str, Figure]:
    table = PrecisionTable(outcomes.pictures)
    value = table.summary()
    samples = [list(table.summary(w.astype(np.float64)).values()) for w in resamples.weights[:_AP_RESAMPLES]]
    figures = resamples.figures(np.array(list(value.values())), np.array(samples))
    return dict(zip(SUMMARY, figures, strict=True))


def _per_joint(
    outcomes: Outcomes,
    kit: KeypointSet,
    sums: _Sums,
    counted: NDArray[np.bool_],
    right: NDArray[np.bool_],
) -> dict[str, JointScores]:
    found = counted & outcomes.found[:, None]
    offset = (outcomes.predicted_px - outcomes.true_px) / outcomes.torso_px[:, None, None]
    away = outcomes.true_px - outcomes.true_px[:, kit.other_side]
    length = np.linalg.norm(away, axis=2)
    paired = found & (length > 0)
    outward = (offset * away).sum(axis=2) / np.where(length > 0, length, np.nan)
    columns = {
        "pck": sums.ratios(right, counted),
        "pck_found": sums.ratios(right, found),
        "error": sums.ratios(np.where(found, outcomes.distance_torso, 0), found),
        "right": sums.ratios(np.where(found, offset[..., 0], 0), found),
        "down": sums.ratios(np.where(found, offset[..., 1], 0), found),
        "outward": sums.ratios(np.where(paired, outward, 0), paired),
    }
    kinds = {kind: sums.ratios(outcomes.kinds == i, outcomes.kinds >= 0) for i, kind in enumerate(KINDS)}
    return {
        joint: JointScores(
            annotated=int(counted[:, i].sum()),
            found=int(found[:, i].sum()),
            kinds={kind: column[i] for kind, column in kinds.items()},
            **{name: column[i] for name, column in columns.items()},
        )
        for i, joint in enumerate(kit.joints)
    }


def _errors(outcomes: Outcomes, sums: _Sums) -> dict[str, Figure]:
    judged = (outcomes.kinds >= 0).sum(axis=1)
    shares: dict[str, Figure] = {
        kind: sums.ratio((outcomes.kinds == i).sum(axis=1), judged) for i, kind in enumerate(KINDS)
    }
    annotated = outcomes.annotated.sum(axis=1)
    return {**shares, "not_found": sums.ratio(np.where(outcomes.found, 0, annotated), annotated)}


def _widths(outcomes: Outcomes, kit: KeypointSet, sums: _Sums) -> Iterator[tuple[str, Figure]]:
    for part in ("shoulder", "hip"):
        ends = [kit.joints.index(name) for name in (f"left_{part}", f"right_{part}") if name in kit.joints]
        if len(ends) < 2:
            continue
        true = np.linalg.norm(outcomes.true_px[:, ends[0]] - outcomes.true_px[:, ends[1]], axis=1)
        predicted = np.linalg.norm(
            outcomes.predicted_px[:, ends[0]] - outcomes.predicted_px[:, ends[1]], axis=1
        )
        # In torsos: otherwise the few largest people decide.
        true, predicted = true / outcomes.torso_px, predicted / outcomes.torso_px
        both = np.isfinite(true) & np.isfinite(predicted)
        yield f"{part}s", sums.ratio(np.where(both, predicted, 0), np.where(both, true, 0))


def _groups(
    outcomes: Outcomes,
    kit: KeypointSet,
    sums: _Sums,
    counted: NDArray[np.bool_],
    right: NDArray[np.bool_],
) -> dict[str, dict[str, GroupScores]]:
    scores: dict[str, dict[str, GroupScores]] = {}
    for kind, name, people, joints in groups_of(outcomes, kit):
        here = people & joints.any(axis=1)
        mine = counted & joints & people[:, None]
        pictures = len(set(outcomes.picture[here].tolist()))
        enough = here.sum() >= _GROUP_PEOPLE and pictures >= _GROUP_PICTURES
        found = mine & outcomes.found[:, None]
        scores.setdefault(kind, {})[name] = GroupScores(
            people=int(here.sum()),
            pictures=pictures,
            joints=int(mine.sum()),
            found=sums.ratio(outcomes.found & here, here) if enough else None,
            pck=sums.ratio((right & mine).sum(axis=1), mine.sum(axis=1)) if enough else None,
            pck_found=sums.ratio((right & found).sum(axis=1), found.sum(axis=1)) if enough else None,
            oks=sums.ratio(np.where(here, outcomes.oks, 0), here) if enough else None,
        )
    return scores


#: What is compared between two models.
COMPARED: Final[tuple[str, ...]] = ("found", "pck", "oks")


def difference(one: Outcomes, other: Outcomes, resamples: Resamples) -> dict[str, Figure]:
    """How much higher each of `COMPARED` is for the second model, with paired intervals.

    Both have judged the same people, so each resample draws the same pictures for both.
    """
    values, samples = [], []
    for outcomes in (one, other):
        sums = _Sums(outcomes, resamples)
        counted = outcomes.annotated & np.isfinite(outcomes.torso_px)[:, None]
        right = (_right(outcomes.distance_torso, PCK_AT) & counted).sum(axis=1)
        people = np.ones(len(outcomes.found))
        top = sums.per_picture(np.column_stack([outcomes.found, right, outcomes.oks]))
        bottom = sums.per_picture(np.column_stack([people, counted.sum(axis=1), people]))
        totals = bottom.sum(axis=0)
        values.append(np.where(totals > 0, top.sum(axis=0) / np.where(totals > 0, totals, 1), np.nan))
        samples.append(resamples.ratio_samples(top, bottom))
    figures = resamples.figures(values[1] - values[0], samples[1] - samples[0])
    return dict(zip(COMPARED, figures, strict=True))

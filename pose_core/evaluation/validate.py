"""How good models are on annotated pictures: the one call that the page, the command and the REST job make."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from pose_core.errors import DatasetError, PoseCoreError
from pose_core.evaluation.bootstrap import Figure, Resamples
from pose_core.evaluation.dataset import AnnotatedPicture, Dataset, restricted
from pose_core.evaluation.detecting import Detected, Progress, detect_all
from pose_core.evaluation.figures import Scores, difference, score
from pose_core.evaluation.outcomes import PROTOCOLS, Outcomes, Protocol, judge
from pose_core.evaluation.placing import Truth
from pose_core.evaluation.settings import ValidationSettings
from pose_core.models.pool import PosePool

__all__ = ["FEW_PICTURES", "Exchanged", "Paired", "ValidationResult", "conclude", "validate"]

FEW_PICTURES: Final = 50
#: Left and right look exchanged if exchanging them raises a person's OKS by this much, ...
_GAIN: Final = 0.2
#: ... and in the whole file, if they do for this share of at least so many people.
_MANY, _AT_LEAST = 0.5, 3


@dataclass(frozen=True, slots=True)
class Paired:
    """Two models on the same people.

    Attributes
    ----------
    a, b : str
        Names of the models.
    protocol : str
    differences : mapping of str to Figure
        How much higher `b` is, for each of `pose_core.evaluation.figures.COMPARED`; real where 0 is outside of the
        interval.
    """

    a: str
    b: str
    protocol: Protocol
    differences: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Whether left and right of the annotations look exchanged.

    Attributes
    ----------
    suspected : bool
        For the file as a whole.
    judged : int
        People for whom it can be told.
    people : tuple of (str, int or str)
        Picture's name and annotation's id of those who look exchanged.
    """

    suspected: bool
    judged: int
    people: tuple[tuple[str, int | str], ...]


@dataclass(frozen=True, eq=False, slots=True)
class ValidationResult:
    """Everything that was measured; holds no pixels.

    Attributes
    ----------
    dataset : Dataset
    settings : ValidationSettings
    pictures : tuple of AnnotatedPicture
        Those that could be read; `truths` and all numbers of pictures refer to them.
    truths : tuple of Truth
    unreadable : tuple of (str, PoseCoreError)
        Name of each picture that was left out, and why.
    outcomes : mapping of (str, str) to Outcomes
        By model and protocol.
    scores : mapping of (str, str) to Scores
    paired : tuple of Paired
        Every pair of models with every protocol.
    smallest_difference : mapping of str to float
        For each protocol: a difference in PCK less than this cannot be told from chance with these pictures.
    exchanged : Exchanged
    took_s : float
    """

    dataset: Dataset
    settings: ValidationSettings
    pictures: tuple[AnnotatedPicture, ...]
    truths: tuple[Truth, ...]
    unreadable: tuple[tuple[str, PoseCoreError], ...]
    outcomes: Mapping[tuple[str, Protocol], Outcomes]
    scores: Mapping[tuple[str, Protocol], Scores]
    paired: tuple[Paired, ...]
    smallest_difference: Mapping[Protocol, float]
    exchanged: Exchanged
    took_s: float

    @property
    def few_pictures(self) -> bool:
        """Whether there are too few to tell small differences: less than `FEW_PICTURES` show people."""
        return next(iter(self.scores.values())).pictures_with_people < FEW_PICTURES


def validate(
    dataset: Dataset,
    settings: ValidationSettings,
    pool: PosePool,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ValidationResult:
    """Measure models on annotated pictures.

    Parameters
    ----------
    dataset : Dataset
    settings : ValidationSettings
    pool : PosePool
    on_progress : callable, optional
        Called after each look of a model at a picture.
    cancelled : callable, optional
        Asked before each.

    Returns
    -------
    ValidationResult

    Raises
    ------
    pose_core.evaluation.detecting.Cancelled
        If `cancelled` said so.
    BusyError, BundleError, SetupError
        If a model cannot be had, or one of one's own fails.
    DatasetError
        If the models and the annotations have no joint in common, or nobody can be scored.
    """
    start_s = time.monotonic()
    dataset = restricted(dataset, set.intersection(*(set(model.joints) for model in settings.models)))
    found = detect_all(dataset, settings, pool, on_progress, cancelled)
    if not any(len(truth.scored) for truth in found.truths):
        raise _nobody(dataset, found)
    return conclude(dataset, settings, found, start_s)


def _nobody(dataset: Dataset, found: Detected) -> DatasetError:
    """Why there is nobody to score: pictures that cannot be read come first."""
    if found.unreadable:
        return DatasetError(
            "dataset_unreadable",
            "At least one picture with an annotated person must be one that can be used; {count} of {total} cannot, "
            "such as {file}: too large, damaged, or of another shape than its annotations say. Save them again as JPEG "
            "or PNG.",
            count=len(found.unreadable),
            total=len(dataset.pictures),
            file=found.unreadable[0][0],
        )
    return DatasetError(
        "dataset_nobody_shared",
        "At least one person must have an annotated joint that all chosen models have; in {label} nobody has. Choose "
        "other models, or annotate these joints: {joints}.",
        label=dataset.name,
        joints=", ".join(dataset.keypoints.joints[:12]),
    )


def conclude(
    dataset: Dataset, settings: ValidationSettings, found: Detected, start_s: float
) -> ValidationResult:
    """All figures, from what the models found; `start_s` is when it began, on the monotonic clock."""
    kit = dataset.keypoints
    outcomes: dict[tuple[str, Protocol], Outcomes] = {
        (model.name, protocol): judge(found.truths, found.predictions[model.name], kit, protocol)
        for model in settings.models
        for protocol in PROTOCOLS
    }
    resamples = Resamples(len(found.pictures), settings.resamples, settings.seed)
    scores = {key: score(one, kit, resamples) for key, one in outcomes.items()}
    paired = tuple(
        Paired(
            a.name,
            b.name,
            protocol,
            difference(outcomes[a.name, protocol], outcomes[b.name, protocol], resamples),
        )
        for a, b in combinations(settings.models, 2)
        for protocol in PROTOCOLS
    )
    return ValidationResult(
        dataset=dataset,
        settings=settings,
        pictures=found.pictures,
        truths=found.truths,
        unreadable=found.unreadable,
        outcomes=outcomes,
        scores=scores,
        paired=paired,
        smallest_difference={protocol: _smallest(protocol, scores, paired) for protocol in PROTOCOLS},
        exchanged=_exchanged(found.pictures, found.truths, tuple(outcomes.values())),
        took_s=time.monotonic() - start_s,
    )


def _smallest(
    protocol: Protocol, scores: Mapping[tuple[str, Protocol], Scores], paired: tuple[Paired, ...]
) -> float:
    """Half of the widest interval of a difference in PCK, or of PCK itself with one model.

    Never more than a difference that was told, and never less than a joint.
    """
    differences = [pair.differences["pck"] for pair in paired if pair.protocol == protocol]
    widths = [one.half_width for one in differences]
    widths = widths or [one.pck.half_width for key, one in scores.items() if key[1] == protocol]
    told = [abs(one.value) for one in differences if one.excludes_zero]
    first = next(one for key, one in scores.items() if key[1] == protocol)
    joints = sum(joint.annotated for joint in first.per_joint.values())
    return max(min([max(widths), *told]), 1 / joints) if joints else float("nan")


def _exchanged(
    pictures: tuple[AnnotatedPicture, ...], truths: tuple[Truth, ...], outcomes: tuple[Outcomes, ...]
) -> Exchanged:
    """By the median of all models and protocols, since a model too takes a back for a front at times."""
    gains = np.array([one.exchanged_gain for one in outcomes])
    told = np.isfinite(gains).any(axis=0)
    median = np.full(gains.shape[1], np.nan)
    if told.any():
        median[told] = np.nanmedian(gains[:, told], axis=0)
    first = outcomes[0]
    people = tuple(
        (pictures[first.picture[i]].name, truths[first.picture[i]].people[first.person[i]].id)
        for i in np.flatnonzero(median > _GAIN).tolist()
    )
    judged = int(told.sum())
    return Exchanged(len(people) >= max(_AT_LEAST, _MANY * judged), judged, people)

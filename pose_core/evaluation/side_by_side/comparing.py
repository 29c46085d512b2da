"""From what both settings saw to differences with their intervals, and the frames where they differ most."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.evaluation.bootstrap import Figure, Resamples, divide
from pose_core.evaluation.oks import match
from pose_core.evaluation.side_by_side.looking import Looked, Seen
from pose_core.evaluation.side_by_side.settings import SideBySideSettings
from pose_core.geometry.body import jitter_squared_px
from pose_core.skeleton import INDEX, LANDMARK_NAMES, MAIN_JOINTS, N_LANDMARKS

__all__ = ["BLOCK_S", "Comparison", "JointApart", "compare", "largest_first"]

#: Neighbouring frames of a film that are drawn together for the intervals.
BLOCK_S: Final = 1.0
#: Two people are the same if the median of their landmarks' distances is below this many torsos.
_SAME_TORSOS: Final = 1.0
_MAIN: Final = [INDEX[joint] for joint in MAIN_JOINTS]
_NOTHING: Final = Figure(math.nan, math.nan, math.nan)
_ZERO: Final = Figure(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class JointApart:
    """How far apart a landmark is in A and in B; intervals over frames or pictures.

    Attributes
    ----------
    px, torso : Figure
        Mean distance in pixels of the picture, and as a share of the torso.
    right, down : Figure
        Mean of B's position less A's, as a share of the torso: to the right and downwards in the picture.
    counted : int
        How often it counted.
    """

    px: Figure
    torso: Figure
    right: Figure
    down: Figure
    counted: int


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two settings on the same pixels.

    Attributes
    ----------
    settings : SideBySideSettings
    looked : Looked
    joints : mapping of str to JointApart
        Each of the 33 landmarks.
    all_px, all_torso : Figure
        Mean distance over `pose_core.skeleton.MAIN_JOINTS`, in pixels and as a share of the torso.
    found : tuple of three Figure
        Share of frames or pictures in which somebody was found: by A, by B, and B's less A's.
    took_ms : tuple of three Figure
        Median of the milliseconds a frame or picture takes: A, B, and the median of B's less A's.
    jitter_torso : tuple of three Figure
        In a film how much the main joints jitter, as a share of the torso (`pose_core.geometry.body.jitter_px`): A, B,
        and B's less A's; NaN for pictures.
    apart_torso : ndarray, shape (F,)
        Mean distance of the main joints in each frame or picture; NaN where nobody was found by both.
    joint_torso : ndarray, shape (F, 33)
        The same for each landmark.
    alone : ndarray of int, shape (F, 2)
        How many people only A, and only B, found.
    pairs : int
        People found by both, in all frames or pictures together.
    """

    settings: SideBySideSettings
    looked: Looked
    joints: Mapping[str, JointApart]
    all_px: Figure
    all_torso: Figure
    found: tuple[Figure, Figure, Figure]
    took_ms: tuple[Figure, Figure, Figure]
    jitter_torso: tuple[Figure, Figure, Figure]
    apart_torso: FloatArray = field(repr=False)
    joint_torso: FloatArray = field(repr=False)
    alone: NDArray[np.intp] = field(repr=False)
    pairs: int = 0

    @property
    def block(self) -> int:
        """How many neighbours are drawn together for the intervals."""
        return _block_of(self.looked)


def _block_of(looked: Looked) -> int:
    """Frames in `BLOCK_S` of a film; 1 for pictures."""
    return max(1, round(BLOCK_S * looked.fps)) if looked.kind == "film" else 1


def compare(looked: Looked, settings: SideBySideSettings) -> Comparison:
    """All differences.

    People are paired one to one in each frame, the nearest pair first. A joint counts where A or B takes it for
    visible. The torso is the mean of both people's (left shoulder to right hip). Intervals are over frames or pictures;
    those of a film draw blocks of `BLOCK_S`, since neighbouring frames are alike, and there are none below two blocks.
    """
    frames = len(looked.seen)
    sums = _Sums(frames)
    for number, seen in enumerate(looked.seen):
        sums.add(number, seen, settings.visibility_limit)
    resamples = Resamples(frames, settings.resamples, settings.seed, _block_of(looked))
    counted = sums.counted
    px, torso, right, down = (
        resamples.ratios(one, counted) for one in (sums.px, sums.torso, sums.right, sums.down)
    )
    total = counted.sum(axis=0).astype(int).tolist()
    main = counted[:, _MAIN].sum(axis=1, keepdims=True)
    all_px, all_torso = (
        resamples.ratios(one[:, _MAIN].sum(axis=1, keepdims=True), main)[0] for one in (sums.px, sums.torso)
    )
    return Comparison(
        settings=settings,
        looked=looked,
        joints={
            name: JointApart(px[i], torso[i], right[i], down[i], total[i])
            for i, name in enumerate(LANDMARK_NAMES)
        },
        all_px=all_px,
        all_torso=all_torso,
        found=_found(looked, resamples),
        took_ms=_took(looked, settings),
        jitter_torso=_jitter(looked, resamples),
        apart_torso=divide(sums.torso[:, _MAIN].sum(axis=1), main[:, 0]),
        joint_torso=divide(sums.torso, counted),
        alone=sums.alone,
        pairs=sums.pairs,
    )


class _Sums:
    """Sums over the people of each frame, shape (F, 33)."""

    def __init__(self, frames: int) -> None:
        self.counted, self.px, self.torso, self.right, self.down = np.zeros((5, frames, N_LANDMARKS))
        self.alone = np.zeros((frames, 2), dtype=np.intp)
        self.pairs = 0

    def add(self, number: int, seen: Seen, limit: float) -> None:
        """Pair the people of a frame."""
        a, b = ([person.pose for person in one.people] for one in seen.people)
        a_px = np.array([pose.image_xy_px for pose in a]).reshape(-1, N_LANDMARKS, 2)
        b_px = np.array([pose.image_xy_px for pose in b]).reshape(-1, N_LANDMARKS, 2)
        partner, torso_px = pair_people(a_px, b_px)
        for i, j in enumerate(partner.tolist()):
            if j < 0:
                continue
            self.pairs += 1
            known = np.isfinite(a_px[i, :, 0] + b_px[j, :, 0])
            counts = (a[i].visible(limit) | b[j].visible(limit)) & known
            offset_px = np.where(counts[:, None], b_px[j] - a_px[i], 0.0)
            distance_px = np.linalg.norm(offset_px, axis=1)
            self.counted[number] += counts
            self.px[number] += distance_px
            self.torso[number] += distance_px / torso_px[i, j]
            self.right[number] += offset_px[:, 0] / torso_px[i, j]
            self.down[number] += offset_px[:, 1] / torso_px[i, j]
        paired = int((partner >= 0).sum())
        self.alone[number] = len(a) - paired, len(b) - paired


def pair_people(a_px: FloatArray, b_px: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
    """Who of B each person of A is.

    Parameters
    ----------
    a_px, b_px : ndarray, shape (P, 33, 2) and (Q, 33, 2)
        NaN where a model does not have a landmark.

    Returns
    -------
    partner : ndarray of int, shape (P,)
        Number in `b_px`, or -1.
    torso_px : ndarray, shape (P, Q)
        Mean length of the torsos of two people, at least 1 pixel.
    """
    left, right = INDEX["left_shoulder"], INDEX["right_hip"]
    a_torso, b_torso = (np.linalg.norm(one[:, left] - one[:, right], axis=1) for one in (a_px, b_px))
    torso_px = np.maximum((a_torso[:, None] + b_torso[None]) / 2, 1.0)
    if not a_px.size or not b_px.size:
        return np.full(len(a_px), -1, dtype=np.intp), torso_px
    apart_px = np.linalg.norm(a_px[:, None] - b_px[None], axis=3)
    comparable = np.isfinite(apart_px).any(axis=2) & np.isfinite(torso_px)
    apart_px[~comparable] = np.inf
    distance_px = np.nanmedian(apart_px, axis=2)
    near = np.where(comparable, 1 - distance_px / np.where(comparable, torso_px, 1) / _SAME_TORSOS, -1.0)
    return match(near.T, floor=1e-9), torso_px


def _found(looked: Looked, resamples: Resamples) -> tuple[Figure, Figure, Figure]:
    there = np.array([[bool(one.people) for one in seen.people] for seen in looked.seen], dtype=np.float64)
    there = there.reshape(-1, 2)
    both = np.column_stack([there, there[:, 1] - there[:, 0]])
    a, b, more = resamples.ratios(both, np.ones_like(both))
    return a, b, more


def _took(looked: Looked, settings: SideBySideSettings) -> tuple[Figure, Figure, Figure]:
    """One after the other as they were measured, so that each of A's stands beside B's of the same moment."""
    a_ms, b_ms = (
        np.array([one for seen in looked.seen for one in seen.took_ms[side]], dtype=np.float64)
        for side in (0, 1)
    )
    block = _block_of(looked)
    if looked.kind == "pictures" and len(looked.seen) > 1:
        block = len(a_ms) // len(looked.seen)
    resamples = Resamples(len(a_ms), settings.resamples, settings.seed, block)
    slower = _ZERO if settings.identical and len(a_ms) else resamples.median(b_ms - a_ms)
    return resamples.median(a_ms), resamples.median(b_ms), slower


def _jitter(looked: Looked, resamples: Resamples) -> tuple[Figure, Figure, Figure]:
    if looked.kind != "film" or len(looked.seen) < 3:
        return _NOTHING, _NOTHING, _NOTHING
    sums = np.array([_jitter_sums(looked, side) for side in (0, 1)])  # (2, 2, F)
    squared, counted = sums[:, 0].T, sums[:, 1].T
    values = np.sqrt(divide(squared.sum(axis=0), counted.sum(axis=0)))
    samples = np.sqrt(resamples.ratio_samples(squared, counted))
    a, b, more = resamples.figures(
        np.append(values, values[1] - values[0]), np.column_stack([samples, samples[:, 1] - samples[:, 0]])
    )
    return a, b, more


def _jitter_sums(looked: Looked, side: int) -> tuple[FloatArray, FloatArray]:
    """Sum of squares of the main joints' jitter in torsos, and how many, for each frame."""
    time_s = np.array([seen.time_s for seen in looked.seen])
    squared, counted = np.zeros((2, len(time_s)))
    numbers = {person.number for seen in looked.seen for person in seen.people[side].people}
    for number in numbers:
        xy_px = np.full((len(time_s), N_LANDMARKS, 2), np.nan)
        for i, seen in enumerate(looked.seen):
            for person in seen.people[side].people:
                if person.number == number:
                    xy_px[i] = person.pose.image_xy_px
        torso_px = np.linalg.norm(xy_px[:, INDEX["left_shoulder"]] - xy_px[:, INDEX["right_hip"]], axis=1)
        one = jitter_squared_px(xy_px[:, _MAIN], time_s) / np.maximum(torso_px, 1.0)[:, None] ** 2
        known = np.isfinite(one)
        squared += np.where(known, one, 0).sum(axis=1)
        counted += known.sum(axis=1)
    return squared, counted


def largest_first(
    comparison: Comparison, count: int, *, joint: str | None = None, apart_s: float = 0.5
) -> list[int]:
    """Where the two differ most, the largest difference first.

    Parameters
    ----------
    comparison : Comparison
    count : int
        How many at most.
    joint : str, optional
        By this landmark alone.
    apart_s : float
        Frames of a film that are closer to a larger one than this are left out: they look like it.

    Returns
    -------
    list of int
        Places in `Looked.seen`. First come those in which one of the two found somebody whom the other did not. Frames
        of a film without any difference are left out; pictures come all.
    """
    apart = comparison.apart_torso if joint is None else comparison.joint_torso[:, INDEX[joint]]
    alone = comparison.alone.sum(axis=1)
    film = comparison.looked.kind == "film"
    known = np.nan_to_num(apart, nan=-1.0)
    least = 0.0 if film else -math.inf
    wanted = [i for i in range(len(known)) if alone[i] or known[i] > least]
    order = sorted(wanted, key=lambda i: (-alone[i], -known[i]))
    chosen: list[int] = []
    for i in order:
        time_s = comparison.looked.seen[i].time_s
        near = film and any(abs(time_s - comparison.looked.seen[j].time_s) < apart_s for j in chosen)
        if not near:
            chosen.append(i)
        if len(chosen) == count:
            break
    return chosen

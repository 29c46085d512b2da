"""One person over time, and how several are told apart who were in one place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.pose import Pose
from pose_core.skeleton import INDEX
from pose_core.tracking.flips import FlipMender
from pose_core.tracking.looks import Look
from pose_core.tracking.smoothing import PoseSmoother

__all__ = ["Track", "middles_px_of", "tell_apart", "torsos_apart", "without_duplicates"]

#: Two people nearer than this, in torso lengths, may be taken for each other; farther apart than that, they are told
#: apart by their looks before, if one way fits better than the other by so much.
_TOGETHER_TORSOS: Final = 0.6
_APART_TORSOS: Final = 1.0
_CLEARLY: Final = 8.0
#: Somebody not seen any more who was nearer than this to another is taken to be hidden behind them.
_HIDDEN_TORSOS: Final = 1.5
#: Two poses nearer than this, in torso lengths, are one person found twice.
_DUPLICATE_TORSOS: Final = 0.08

#: Somebody's movement is extrapolated no longer than this: people turn.
EXTRAPOLATED_MAX_S: Final = 0.25
#: Weight of the newest frame in somebody's velocity; the rest is the past. Evens out the model's noise.
_NEWEST_WEIGHT: Final = 0.5

_SHOULDERS_HIPS: Final = [
    [INDEX[f"{side}_{joint}"] for side in ("left", "right")] for joint in ("shoulder", "hip")
]


def middles_px_of(pose: Pose) -> FloatArray:
    """The middle of the shoulders and of the hips, shape (2, 2)."""
    pairs = pose.image_xy_px[_SHOULDERS_HIPS]
    middles: FloatArray = (pairs[:, 0] + pairs[:, 1]) / 2
    return middles


def torsos_apart(one_px: FloatArray, other_px: FloatArray, torso_px: float) -> float:
    """Mean distance of two people's middles, each of shape (2, 2)."""
    shoulders, hips = (one_px - other_px).tolist()
    return (math.hypot(*shoulders) + math.hypot(*hips)) / (2 * torso_px)


def without_duplicates(poses: Sequence[Pose], sizes_px: Sequence[float], usable: Sequence[int]) -> list[int]:
    """Those of `usable` that are not somebody else's pose again; of two, the better visible one stays."""
    kept: list[int] = []
    for i in sorted(usable, key=lambda i: -float(np.nansum(poses[i].visibility))):
        if not any(_same(poses[i], poses[k], math.sqrt(sizes_px[i] * sizes_px[k])) for k in kept):
            kept.append(i)
    return sorted(kept)


def _same(one: Pose, other: Pose, torso_px: float) -> bool:
    apart_px = np.linalg.norm(one.image_xy_px - other.image_xy_px, axis=1)
    return float(np.nanmedian(apart_px)) < _DUPLICATE_TORSOS * torso_px


@dataclass(slots=True)
class Track:
    """Somebody seen within the last `ABSENT_MAX_S`; positions are in pixels of the newest picture."""

    number: int
    smoother: PoseSmoother | None
    middles_px: FloatArray
    size_px: float
    seen_s: float
    velocity_px_s: FloatArray = field(default_factory=lambda: np.zeros(2))
    mender: FlipMender = field(default_factory=FlipMender)
    look: Look | None = None
    #: Numbers of those whom this person may have been exchanged with since they were in one place.
    met: set[int] = field(default_factory=set)

    def meet(self, other: Track) -> None:
        """Note that both may be taken for each other from now on."""
        self.met.add(other.number)
        other.met.add(self.number)

    def part(self, other: Track) -> None:
        """Note that both are told apart again."""
        self.met.discard(other.number)
        other.met.discard(self.number)

    def expected_px(self, time_s: float) -> FloatArray:
        """Where the middles should be at a time, shape (2, 2)."""
        return self.middles_px + self.velocity_px_s * min(time_s - self.seen_s, EXTRAPOLATED_MAX_S)

    def seen(self, middles_px: FloatArray, size_px: float, time_s: float) -> None:
        """Take the newest position."""
        step_s = time_s - self.seen_s
        if step_s > 0:
            newest = (middles_px - self.middles_px).sum(axis=0) / (2 * step_s)
            self.velocity_px_s = _NEWEST_WEIGHT * newest + (1 - _NEWEST_WEIGHT) * self.velocity_px_s
        self.middles_px, self.size_px, self.seen_s = middles_px, size_px, time_s


def tell_apart(
    tracks: Sequence[Track],
    owners: dict[int, Track],
    looks: Mapping[int, Look],
    middles_px: Mapping[int, FloatArray],
    sizes_px: Sequence[float],
    last_time_s: float,
) -> None:
    """Note who is in one place with whom, or hidden behind them; exchange those whose looks fit the other way."""
    if not looks:
        return
    order = sorted(owners)
    for place, i in enumerate(order):
        for k in order[place + 1 :]:
            one, other = owners[i], owners[k]
            apart = torsos_apart(middles_px[i], middles_px[k], math.sqrt(sizes_px[i] * sizes_px[k]))
            if apart < _TOGETHER_TORSOS:
                one.meet(other)
            elif apart > _APART_TORSOS and other.number in one.met:
                _exchange_if_clear(one, other, looks[i], looks[k])
                one.part(other)
    here = [track.number for track in owners.values()]
    for hidden in [track for track in tracks if track.number not in here]:
        for i, track in owners.items():
            apart = torsos_apart(middles_px[i], hidden.middles_px, math.sqrt(sizes_px[i] * hidden.size_px))
            if hidden.number in track.met:
                _exchange_if_clear(track, hidden, looks[i], None)
            elif apart < _HIDDEN_TORSOS and hidden.seen_s == last_time_s:
                track.meet(hidden)
    for i, track in owners.items():
        if not track.met:
            track.look = looks[i] if track.look is None else track.look.blended(looks[i])
    present = {track.number for track in tracks}
    for track in tracks:
        track.met &= present


def _exchange_if_clear(one: Track, other: Track, ones: Look, others: Look | None) -> None:
    """Two people change numbers and looks if that fits clearly better; movement and smoothing stay in their places.

    `ones` and `others` are what is seen now in the places of both; None for somebody hidden.
    """
    if one.look is None or other.look is None:
        return
    straight, crossed = one.look.difference(ones), other.look.difference(ones)
    if others is not None:
        straight, crossed = (
            straight + other.look.difference(others),
            crossed + one.look.difference(others),
        )
    if straight - crossed > _CLEARLY:
        one.number, other.number = other.number, one.number
        one.look, other.look = other.look, one.look
        one.met = (one.met - {one.number}) | {other.number}
        other.met = (other.met - {other.number}) | {one.number}

"""When a repetition begins, turns and ends: found afterwards, from the efforts measured, without lag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import acos, pi, sqrt
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray

__all__ = ["Phases", "find_phases"]

#: Centred median against single wrong frames.
_MEDIAN_S: Final = 0.1
#: The begin of a movement is extrapolated from where it has gone this far, as if it started like a cosine: at rest,
#: then faster. (People start more slowly still, as in Flash and Hogan's minimum jerk.) Nearer to the ends the model's
#: own smoothing, which is strongest where little moves, hides what happens.
_BEGUN: Final = 0.12
_LATER: Final = 0.60
#: What counts as just before a movement: at least this, or as long as the way takes.
_JUST_BEFORE_S: Final = 1.0
#: The far end: within this share of the range.
_NEAR_PEAK: Final = 0.05
#: A signal that moves by less says nothing about when.
_FLAT: Final = 0.3


@dataclass(frozen=True, slots=True)
class Phases:
    """Times of a repetition in seconds, and its two ends as efforts.

    Attributes
    ----------
    start_s, end_s : float
        When the start posture is left, and when it is reached again.
    bottom_s : float
        The middle of the time at the far end.
    arrive_s, leave_s : float
        From when and until when the far end is held: within 5 % of the range.
    rest, peak : float
        Efforts at the start posture (before, or after if that was not seen) and at the far end.
    """

    start_s: float
    bottom_s: float
    end_s: float
    arrive_s: float
    leave_s: float
    rest: float
    peak: float


def _time_share(share: float) -> float:
    """After which share of a way's time a cosine has gone this share of the way."""
    return acos(1 - 2 * share) / pi


_BACK: Final = _time_share(_BEGUN) / (_time_share(_LATER) - _time_share(_BEGUN))
#: The same for what moves with the square of a cosine.
_BACK_OF_SQUARE: Final = _time_share(sqrt(_BEGUN)) / (_time_share(sqrt(_LATER)) - _time_share(sqrt(_BEGUN)))


def _crossing_s(time_s: FloatArray, effort: FloatArray, at: int, level: float) -> float:
    """When the line from sample `at` to the next one crosses a level."""
    low, high = effort[at], effort[at + 1]
    share = (level - low) / (high - low) if high != low else 0.0
    return float(time_s[at] + min(1.0, max(0.0, share)) * (time_s[at + 1] - time_s[at]))


def _left_rest_s(
    time_s: FloatArray, signals: FloatArray, square: Sequence[bool], joints: Sequence[str]
) -> float:
    """When signals (T, S) that end at their peak left their rest: the two joints that move first tell.

    The first time if they were never at rest.
    """
    starts_s: dict[str, float] = {}
    for signal, squared, joint in zip(signals.T, square, joints, strict=True):
        if np.ptp(signal) > _FLAT:
            left_s = _signal_left_s(time_s, signal, _BACK_OF_SQUARE if squared else _BACK)
            starts_s[joint] = min(left_s, starts_s.get(joint, left_s))
    if not starts_s:
        return float(time_s[0])
    # The other signals may be hidden at first, but a single one may be wrong.
    first_s = sorted(starts_s.values())[:2]
    return sum(first_s) / len(first_s)


def _signal_left_s(time_s: FloatArray, signal: FloatArray, back: float) -> float:
    rest, peak = float(signal.min()), float(signal[-1])
    later_s = _last_above_s(time_s, signal, rest + _LATER * (peak - rest))
    # Of a long rest, only what is just before the movement: somebody may have stood differently long ago.
    just_before = time_s >= later_s - max(_JUST_BEFORE_S, time_s[-1] - later_s)
    rest = float(signal[just_before].min())
    begun_s, later_s = (
        _last_above_s(time_s, signal, rest + share * (peak - rest)) for share in (_BEGUN, _LATER)
    )
    return max(float(time_s[0]), begun_s - back * (later_s - begun_s))


def _last_above_s(time_s: FloatArray, effort: FloatArray, level: float) -> float:
    """When a level was crossed for the last time; the first time if the effort was never below it."""
    below = np.flatnonzero(effort[:-1] <= level)
    return _crossing_s(time_s, effort, int(below[-1]), level) if below.size else float(time_s[0])


def _evened(time_s: FloatArray, values: FloatArray) -> FloatArray:
    """Centred medians of each column of `values` (T, S); all windows at once, the shorter ones filled up."""
    half = _MEDIAN_S / 2
    first = np.searchsorted(time_s, time_s - half - 1e-9)
    count = np.searchsorted(time_s, time_s + half + 1e-9) - first
    places = first[:, None] + np.arange(count.max())
    beyond = places >= (first + count)[:, None]
    windows = values[np.minimum(places, len(time_s) - 1)]
    windows[beyond] = np.inf
    windows.sort(axis=1)
    every = np.arange(len(time_s))
    medians: FloatArray = (windows[every, (count - 1) // 2] + windows[every, count // 2]) / 2
    return medians


def find_phases(
    time_s: FloatArray,
    effort: FloatArray,
    signals: FloatArray | None = None,
    square: Sequence[bool] = (),
    joints: Sequence[str] = (),
) -> Phases:
    """Phases of one repetition.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Increasing, at least two; from about where the start posture was left to where it is reached again.
    effort : ndarray, shape (T,)
        As measured, finite.
    signals : ndarray, shape (T, S), optional
        The efforts of the single signals, for the times of start and end; `effort` unless given.
    square : sequence of bool, length S
        Which of them begin slowly: see `pose_core.movement.exercise.Signal`. None unless given.
    joints : sequence of str, length S
        What each of them is measured at; those alike, such as an angle in the picture and in space, are one witness.
        All differ unless given.

    Returns
    -------
    Phases
        The start is the first time where a film begins in the middle of a repetition, and the end the last time where
        it ends there.
    """
    every = np.column_stack([effort, effort if signals is None else signals])
    evened = _evened(time_s, every)
    even, evened = evened[:, 0], evened[:, 1:]
    top = int(np.argmax(even))
    peak = float(even[top])
    before, after = float(even[: top + 1].min()), float(even[top:].min())
    # A film that begins at the far end does not show the start posture before it.
    rest = after if before > after + 0.5 * (peak - after) else before
    near = even >= peak - _NEAR_PEAK * (peak - rest)
    # The far end may be left for a moment: from the first to the last time within it.
    held = np.flatnonzero(near)
    arrive_s, leave_s = float(time_s[held[0]]), float(time_s[held[-1]])
    square = square or [False] * evened.shape[1]
    joints = joints or [str(number) for number in range(evened.shape[1])]
    start_s = _left_rest_s(time_s[: held[0] + 1], evened[: held[0] + 1], square, joints)
    backwards = _left_rest_s(-time_s[held[-1] :][::-1], evened[held[-1] :][::-1], square, joints)
    return Phases(start_s, (arrive_s + leave_s) / 2, -backwards, arrive_s, leave_s, rest, peak)

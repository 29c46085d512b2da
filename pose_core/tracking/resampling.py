"""Values over uneven times as values at a constant rate, for file formats that know no other."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray

__all__ = ["LONGEST_FILLED_S", "common_rate_hz", "even_times_s", "resample"]

#: Gaps up to this long are bridged by a straight line.
LONGEST_FILLED_S: Final = 0.25
_USUAL_HZ: Final = (24.0, 25.0, 30.0, 48.0, 50.0, 60.0, 100.0, 120.0, 240.0)


def common_rate_hz(time_s: FloatArray) -> float:
    """The rate of frames at these times (T,): from their median step, and a usual rate if it is within 2 %."""
    if len(time_s) < 2:
        return 30.0
    rate_hz = 1 / float(np.median(np.diff(time_s)))
    nearest = min(_USUAL_HZ, key=lambda usual: abs(usual - rate_hz))
    return nearest if abs(nearest - rate_hz) < 0.02 * nearest else round(rate_hz, 3)


def even_times_s(time_s: FloatArray, rate_hz: float) -> FloatArray:
    """Times at a constant rate from the first of `time_s` to its last, shape (U,)."""
    if not len(time_s):
        return np.empty(0)
    steps = math.floor((float(time_s[-1]) - float(time_s[0])) * rate_hz + 1e-6)
    times_s: FloatArray = time_s[0] + np.arange(steps + 1) / rate_hz
    return times_s


def resample(
    time_s: FloatArray, values: FloatArray, at_s: FloatArray, longest_s: float = LONGEST_FILLED_S
) -> FloatArray:
    """Values at other times, on straight lines between their neighbours.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Increasing.
    values : ndarray, shape (T, ...)
        NaN where unknown, for each element by itself.
    at_s : ndarray, shape (U,)
    longest_s : float
        Between known values farther apart than this, and before the first and after the last, the result is NaN.

    Returns
    -------
    ndarray, shape (U, ...)

    Examples
    --------
    >>> resample(np.array([0.0, 0.1, 0.2]), np.array([0.0, np.nan, 2.0]), np.array([0.05, 0.1, 0.3]))
    array([0.5, 1. , nan])
    """
    flat = values.reshape(len(time_s), -1)
    result = np.full((len(at_s), flat.shape[1]), np.nan)
    for column in range(flat.shape[1]):
        known = np.isfinite(flat[:, column])
        if not known.any():
            continue
        there_s, there = time_s[known], flat[known, column]
        after = np.clip(np.searchsorted(there_s, at_s), 0, len(there_s) - 1)
        before = np.maximum(np.searchsorted(there_s, at_s, side="right") - 1, 0)
        near = (there_s[after] - there_s[before]) <= longest_s
        inside = (at_s >= there_s[0] - 1e-9) & (at_s <= there_s[-1] + 1e-9)
        result[:, column] = np.where(near & inside, np.interp(at_s, there_s, there), np.nan)
    return result.reshape(len(at_s), *values.shape[1:])

"""How sure a figure is: 95 % intervals from resampling pictures, the same resamples for every model.

People in one picture are alike (one light, one camera), so pictures are drawn, never people. Since all models see the
same resamples, differences between them are paired. Source: Efron and Tibshirani, An Introduction to the Bootstrap,
1993, percentile intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray

__all__ = ["RESAMPLES", "Figure", "Resamples"]

RESAMPLES: Final = 2000
_ENDS: Final = (2.5, 97.5)
_AT_ONCE: Final = 250


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval; NaN where there is nothing to measure.

    Attributes
    ----------
    value, low, high : float
        `low` and `high` are NaN with fewer than two pictures.
    """

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside of the interval: a difference is real."""
        return self.low > 0 or self.high < 0

    @property
    def half_width(self) -> float:
        """Half of the interval."""
        return (self.high - self.low) / 2


class Resamples:
    """Resamples of pictures.

    Parameters
    ----------
    pictures : int
        How many there are, N.
    count : int
        How many resamples, B.
    seed : int
    """

    def __init__(self, pictures: int, count: int = RESAMPLES, seed: int = 0) -> None:
        self.pictures = pictures
        rng = np.random.default_rng(seed)
        parts = [
            rng.multinomial(pictures, np.full(pictures, 1 / pictures), size=min(_AT_ONCE, count - start))
            for start in range(0, count if pictures else 0, _AT_ONCE)
        ]
        #: How often each picture is drawn, shape (B, N).
        self.weights = np.concatenate(parts).astype(np.float32) if parts else np.empty((0, 0), np.float32)

    def sums(self, values: FloatArray) -> FloatArray:
        """Sum over the pictures of each resample, shape (B, K), of values of shape (N, K)."""
        parts = [
            self.weights[start : start + _AT_ONCE].astype(np.float64) @ values
            for start in range(0, len(self.weights), _AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty((0, values.shape[1]))

    def ratio_samples(self, numerator: FloatArray, denominator: FloatArray) -> FloatArray:
        """Ratio of sums in each resample, shape (B, K); NaN where the denominator is 0."""
        return divide(self.sums(numerator), self.sums(denominator))

    def ratios(self, numerator: FloatArray, denominator: FloatArray) -> list[Figure]:
        """Ratios of sums over pictures, with intervals; both of shape (N, K)."""
        values = divide(numerator.sum(axis=0), denominator.sum(axis=0))
        return self.figures(values, self.ratio_samples(numerator, denominator))

    def figures(self, values: FloatArray, samples: FloatArray) -> list[Figure]:
        """Values, shape (K,), with the intervals of their samples, shape (B, K)."""
        found = []
        for value, column in zip(values.tolist(), samples.T, strict=True):
            known = column[np.isfinite(column)]
            sure = self.pictures > 1 and known.size > 0 and np.isfinite(value)
            low, high = np.percentile(known, _ENDS).tolist() if sure else (np.nan, np.nan)
            found.append(Figure(value, low, high))
        return found


def divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient, NaN where the denominator is 0."""
    there = denominator != 0
    return np.asarray(np.where(there, numerator / np.where(there, denominator, 1), np.nan))

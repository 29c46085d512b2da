"""How sure a figure is: 95 % intervals from resampling pictures, the same resamples for every model.

People in one picture are alike (one light, one camera), so pictures are drawn, never people. Since all models see the
same resamples, differences between them are paired. Source: Efron and Tibshirani, An Introduction to the Bootstrap,
1993, percentile intervals.

Consecutive frames of a film are alike too, so whole blocks of them are drawn, from a film whose end is joined to its
beginning. Source: Politis and Romano, A circular block-resampling procedure for stationary data, 1992.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

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
    block : int
        How many neighbours are drawn together: 1 for pictures, a second or so of a film's frames. With fewer than two
        blocks there are no intervals.
    """

    def __init__(self, pictures: int, count: int = RESAMPLES, seed: int = 0, block: int = 1) -> None:
        self.pictures = pictures
        self.block = block
        rng = np.random.default_rng(seed)
        parts = [
            self._drawn(rng, min(_AT_ONCE, count - start))
            for start in range(0, count if pictures else 0, _AT_ONCE)
        ]
        #: How often each picture is drawn, shape (B, N).
        self.weights = np.concatenate(parts).astype(np.float32) if parts else np.empty((0, 0), np.float32)

    def _drawn(self, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
        """How often each picture is drawn, shape (count, N)."""
        if self.block == 1:
            return rng.multinomial(self.pictures, np.full(self.pictures, 1 / self.pictures), size=count)
        blocks = -(-self.pictures // self.block)
        starts = rng.integers(self.pictures, size=(count, blocks))
        drawn = (starts[:, :, None] + np.arange(self.block)) % self.pictures
        rows = np.arange(count)[:, None] * self.pictures
        flat = np.bincount((rows + drawn.reshape(count, -1)).ravel(), minlength=count * self.pictures)
        return flat.reshape(count, self.pictures)

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

    def median(self, values: FloatArray) -> Figure:
        """The median, with its interval, of values of shape (N,); NaN is left out.

        Of an even number it is the lower of the two in the middle, in resamples as well.
        """
        known = np.isfinite(values)
        if not known.any():
            return Figure(np.nan, np.nan, np.nan)
        order = np.argsort(values[known], kind="stable")
        ordered, weights = values[known][order], self.weights[:, known][:, order]
        reached = np.cumsum(weights, axis=1, dtype=np.float64)
        # A resample may hold none of those that are known: it says nothing.
        drawn = reached[:, -1] > 0
        at = (reached >= reached[:, -1:] / 2).argmax(axis=1)
        samples = np.where(drawn, ordered[at], np.nan)
        middle = ordered[(len(ordered) - 1) // 2]
        return self.figures(np.array([middle]), samples[:, None])[0]

    def figures(self, values: FloatArray, samples: FloatArray) -> list[Figure]:
        """Values, shape (K,), with the intervals of their samples, shape (B, K)."""
        found = []
        for value, column in zip(values.tolist(), samples.T, strict=True):
            known = column[np.isfinite(column)]
            sure = self.pictures >= 2 * self.block and known.size > 0 and np.isfinite(value)
            low, high = np.percentile(known, _ENDS).tolist() if sure else (np.nan, np.nan)
            found.append(Figure(value, low, high))
        return found


def divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient, NaN where the denominator is 0."""
    there = denominator != 0
    return np.asarray(np.where(there, numerator / np.where(there, denominator, 1), np.nan))

"""Statistics of many measurements: their spread, and whether the machine was quiet enough to compare them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BeforeValidator

__all__ = ["NOISY_PERCENT", "FloatOrNaN", "Spread", "interleaved", "noise_percent"]

T = TypeVar("T")

#: A number that may be NaN; JSON has no NaN, so null stands for it.
FloatOrNaN = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]

#: Where rounds of the same cell differ by more than this, differences of that size between cells mean nothing.
NOISY_PERCENT: Final = 15.0


@dataclass(frozen=True, slots=True)
class Spread:
    """How values are distributed; all but `n` and `cv` in the unit of the values.

    Attributes
    ----------
    n : int
        Number of values.
    mean, p5, p25, median, p75, p95, p99 : float
        Percentiles are interpolated linearly between neighbours. NaN without values.
    cv : float
        Coefficient of variation: standard deviation (of the sample, ``n - 1``) over mean, as a share; NaN for fewer
        than two values.

    Examples
    --------
    >>> spread = Spread.of([1.0, 2.0, 3.0])
    >>> spread.median, round(spread.p95, 3), spread.cv
    (2.0, 2.9, 0.5)
    """

    n: int
    mean: FloatOrNaN
    cv: FloatOrNaN
    p5: FloatOrNaN
    p25: FloatOrNaN
    median: FloatOrNaN
    p75: FloatOrNaN
    p95: FloatOrNaN
    p99: FloatOrNaN

    @classmethod
    def of(cls, values: ArrayLike) -> Spread:
        """Summarise values, shape (N,)."""
        array = np.asarray(values, dtype=np.float64)
        if not array.size:
            return cls(0, *[math.nan] * 8)
        mean = float(array.mean())
        cv = float(array.std(ddof=1)) / mean if array.size > 1 and mean else math.nan
        percentiles = np.percentile(array, (5, 25, 50, 75, 95, 99)).tolist()
        return cls(int(array.size), mean, cv, *percentiles)


def noise_percent(round_medians: Iterable[Sequence[float]]) -> float:
    """How far apart rounds of the same measurement are.

    Parameters
    ----------
    round_medians : iterable of sequence of float
        For each cell, the median of each round.

    Returns
    -------
    float
        For each cell the largest median over the smallest, less 1, in per cent; of these, the median over all cells
        with at least two rounds. NaN if there are none.

    Examples
    --------
    >>> round(noise_percent([[10.0, 11.0], [20.0, 21.0, 20.0], [5.0]]), 1)
    7.5
    """
    apart = [max(rounds) / min(rounds) - 1 for rounds in round_medians if len(rounds) > 1 and min(rounds) > 0]
    return float(np.median(apart)) * 100 if apart else math.nan


def interleaved(items: Sequence[T], rounds: int) -> Iterator[T]:
    """Every item once in each round, each round starting one item further on, so that every item takes every place.

    Examples
    --------
    >>> "".join(interleaved("abc", 3))
    'abcbcacab'
    """
    for start in range(rounds):
        for i in range(len(items)):
            yield items[(start + i) % len(items)]

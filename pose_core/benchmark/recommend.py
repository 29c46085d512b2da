"""From figures to advice: which model and size suit a goal, and how many viewers the machine carries with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from pose_core.benchmark.plan import LIVE_HEIGHTS_PX
from pose_core.benchmark.result import BenchmarkResult, CellResult
from pose_core.benchmark.scaling import viewers_at

__all__ = ["GOALS", "GOAL_FPS", "SAME_PERCENT", "Advice", "Goal", "behind_best", "pareto_front", "recommend"]

#: Smooth feedback, coaching, or the most accurate landmarks.
Goal = Literal["smooth", "coaching", "exact"]
GOALS: Final[tuple[Goal, ...]] = get_args(Goal)
#: Frames a second that a viewer should get.
GOAL_FPS: Final[dict[Goal, float]] = {"smooth": 30.0, "coaching": 15.0, "exact": 5.0}
#: The Live page does more than a cell: network, encryption, pages. So a cell must be this many times as fast as its
#: goal, and so must each of several streams: on the developers' machine four viewers at 480p got four fifths of the
#: rate of four streams here.
HEADROOM: Final = 1.2
#: Losses closer than this, in percentage points of the body, count as equal: then the larger picture, or speed, wins.
SAME_PERCENT: Final = 0.25


@dataclass(frozen=True, slots=True)
class Advice:
    """What to choose.

    Attributes
    ----------
    chosen : CellResult
    goal : Goal
    reached : bool
        Whether it is fast enough for the goal.
    viewers : int or None
        How many at once get 1.2 times the goal's rate, of the numbers that were measured; None without a scaling
        measurement.
    at_least : bool
        Whether there may be room for more viewers.
    estimated : bool
        Whether their number is derived from that of another cell.
    cost : float
        How many times as long a frame of it takes as one of the cell that several streams ran; 1 if it is that cell.
    equal : tuple of CellResult
        Others that are fast enough and as accurate, within the noise of the measurement.
    """

    chosen: CellResult
    goal: Goal
    reached: bool
    viewers: int | None
    at_least: bool
    estimated: bool
    cost: float = 1.0
    equal: tuple[CellResult, ...] = ()


def _loss(entry: CellResult) -> float:
    """Distance to the reference, with each missed person counted as a whole body away."""
    found, distance = entry.loss.found_share, entry.loss.distance_percent
    if math.isnan(distance):
        return math.inf
    return distance * found + 100 * (1 - found)


def candidates(result: BenchmarkResult) -> list[CellResult]:
    """Cells that the Live page can be set to: one tracked person, at a height that it offers."""
    return [
        entry
        for entry in result.cells
        if entry.frame_ms.n
        and entry.cell.mode == "video"
        and entry.cell.people == 1
        and entry.cell.size_wh[1] in LIVE_HEIGHTS_PX
    ]


def recommend(result: BenchmarkResult, goal: Goal) -> Advice | None:
    """The cell that loses least among those that are fast enough; if none is, the fastest.

    Parameters
    ----------
    result : BenchmarkResult
    goal : {"smooth", "coaching", "exact"}

    Returns
    -------
    Advice or None
        None if the Live page cannot be set to any measured cell.

    Notes
    -----
    Fast enough is 1.2 times the goal's rate. Among cells that lose about the same (within 0.25 points), the one with
    the larger picture wins; for ``"exact"`` the one that loses least, so that no other goal is more exact.
    `Advice.equal` has those that lose about the same.
    """
    cells = candidates(result)
    if not cells:
        return None
    fast = [entry for entry in cells if entry.fps >= GOAL_FPS[goal] * HEADROOM]
    if not fast:
        return _advice(result, max(cells, key=lambda entry: entry.fps), goal, reached=False)
    least = min(map(_loss, fast))
    same = [entry for entry in fast if _loss(entry) <= least + SAME_PERCENT] or fast
    if goal == "exact":
        exact = min(same, key=lambda entry: (_loss(entry), -entry.fps))
        return _advice(result, exact, goal, reached=True, same=same)
    best = max(same, key=lambda entry: (entry.cell.size_wh[0] * entry.cell.size_wh[1], entry.fps))
    return _advice(result, best, goal, reached=True, same=same)


def _advice(
    result: BenchmarkResult, chosen: CellResult, goal: Goal, *, reached: bool, same: Sequence[CellResult] = ()
) -> Advice:
    equal = tuple(entry for entry in same if entry is not chosen and math.isfinite(_loss(entry)))
    measured = result.cell(result.scaling_cell)
    estimated = chosen.cell != result.scaling_cell
    if not result.scaling or (estimated and measured is None):
        return Advice(chosen, goal, reached, None, False, False, equal=equal)
    cost = chosen.frame_ms.mean / measured.frame_ms.mean if estimated and measured is not None else 1.0
    viewers, at_least = viewers_at(result.scaling, GOAL_FPS[goal] * HEADROOM, cost)
    return Advice(chosen, goal, reached, viewers, at_least, estimated, cost, equal)


def pareto_front(cells: Sequence[CellResult]) -> list[CellResult]:
    """Cells that no other cell beats in both speed and loss, fastest first; those with unknown loss are left out."""
    front: list[CellResult] = []
    for entry in sorted(cells, key=lambda entry: (-entry.fps, _loss(entry))):
        if math.isfinite(_loss(entry)) and (not front or _loss(entry) < _loss(front[-1])):
            front.append(entry)
    return front


def behind_best(entry: CellResult, cells: Sequence[CellResult]) -> float:
    """How many percentage points of the body a cell loses more than the best one; 0 if they count as equal.

    Equal is what is closer than `SAME_PERCENT`. NaN if its loss is unknown.
    """
    loss = _loss(entry)
    if not math.isfinite(loss):
        return math.nan
    more = loss - min(map(_loss, cells))
    return more if more > SAME_PERCENT else 0.0

"""From figures to advice: which model and size for what is wanted, and how many viewers they carry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from pose_core.benchmark.plan import LIVE_HEIGHTS_PX
from pose_core.benchmark.result import BenchmarkResult, CellResult
from pose_core.benchmark.scaling import viewers_at

__all__ = ["GOALS", "GOAL_FPS", "Advice", "Goal", "pareto_front", "recommend", "stars"]

#: Smooth feedback, coaching, or the most exact landmarks whatever it costs.
Goal = Literal["smooth", "coaching", "exact"]
GOALS: Final[tuple[Goal, ...]] = get_args(Goal)
#: Frames a second that a viewer should get.
GOAL_FPS: Final[dict[Goal, float]] = {"smooth": 30.0, "coaching": 15.0, "exact": 5.0}
#: The Live page does more than a cell: network, encryption, pages. So a cell must be this much faster than its goal,
#: and each of several streams, too: on the developers' machine four viewers at 480p got four fifths of what four
#: streams do here.
HEADROOM: Final = 1.2
#: Losses closer than this, in points of per cent of the body, are the same: then more picture, or more speed, decides.
_SAME_PERCENT: Final = 0.25


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
        How many at a time get 1.2 times the goal's rate; None without a scaling measurement.
    at_least : bool
        Whether it may be more viewers.
    estimated : bool
        Whether their number is derived from another cell's.
    """

    chosen: CellResult
    goal: Goal
    reached: bool
    viewers: int | None
    at_least: bool
    estimated: bool


def _loss(one: CellResult) -> float:
    """Distance to the reference, plus what missed people count: each as far off as a whole body."""
    found, distance = one.loss.found_share, one.loss.distance_percent
    if math.isnan(distance):
        return math.inf
    return distance * found + 100 * (1 - found)


def candidates(result: BenchmarkResult) -> list[CellResult]:
    """Cells that the Live page can be set to: one tracked person at a height that it offers."""
    return [
        one
        for one in result.cells
        if one.frame_ms.n
        and one.cell.mode == "video"
        and one.cell.people == 1
        and one.cell.size_wh[1] in LIVE_HEIGHTS_PX
    ]


def recommend(result: BenchmarkResult, goal: Goal) -> Advice | None:
    """The cell that loses least among those fast enough; without one, the fastest.

    Parameters
    ----------
    result : BenchmarkResult
    goal : {"smooth", "coaching", "exact"}

    Returns
    -------
    Advice or None
        None if no cell was measured that the Live page could be set to.

    Notes
    -----
    Fast enough is 1.2 times the goal's rate. Among cells that lose about the same (within 0.25 points), the one with
    more picture is taken, and for ``"exact"`` the faster one.
    """
    cells = candidates(result)
    if not cells:
        return None
    fast = [one for one in cells if one.fps >= GOAL_FPS[goal] * HEADROOM]
    if not fast:
        return _advice(result, max(cells, key=lambda one: one.fps), goal, reached=False)
    least = min(map(_loss, fast))
    same = [one for one in fast if _loss(one) <= least + _SAME_PERCENT] or fast
    if goal == "exact":
        return _advice(result, max(same, key=lambda one: one.fps), goal, reached=True)
    best = max(same, key=lambda one: (one.cell.size_wh[0] * one.cell.size_wh[1], one.fps))
    return _advice(result, best, goal, reached=True)


def _advice(result: BenchmarkResult, chosen: CellResult, goal: Goal, *, reached: bool) -> Advice:
    measured = result.cell(result.scaling_cell)
    estimated = chosen.cell != result.scaling_cell
    if not result.scaling or (estimated and measured is None):
        return Advice(chosen, goal, reached, None, False, False)
    cost = chosen.frame_ms.mean / measured.frame_ms.mean if estimated and measured is not None else 1.0
    viewers, at_least = viewers_at(result.scaling, GOAL_FPS[goal] * HEADROOM, cost)
    return Advice(chosen, goal, reached, viewers, at_least, estimated)


def pareto_front(cells: Sequence[CellResult]) -> list[CellResult]:
    """Cells that no other one beats in both speed and loss, the fastest first; those without a known loss left out."""
    front: list[CellResult] = []
    for one in sorted(cells, key=lambda one: (-one.fps, _loss(one))):
        if math.isfinite(_loss(one)) and (not front or _loss(one) < _loss(front[-1])):
            front.append(one)
    return front


def stars(distance_percent: float) -> int:
    """Five for landmarks within 4 % of the body of the reference, one less for each further 2 %, at least one.

    0 where the distance is unknown. Only ever shown with the distance beside it.
    """
    if math.isnan(distance_percent):
        return 0
    return max(1, min(5, 5 - math.ceil((distance_percent - 4) / 2)))

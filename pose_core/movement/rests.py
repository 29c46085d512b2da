"""The rests between repetitions: what a model hides of a movement's first and last moments is told from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Final

from pose_core.movement.exercise import Exercise
from pose_core.movement.repetitions import Repetition, judged_again

__all__ = ["joined"]

#: A rest that seems shorter is none: a body that turns back at once moves so little there that a model shows it still.
_NO_REST_S: Final = 0.3
#: More than this is not hidden at one end of a movement.
_MOST_HIDDEN_S: Final = 0.1


def joined(repetitions: Sequence[Repetition], exercise: Exercise, until_s: float) -> tuple[Repetition, ...]:
    """Repetitions with the times of their ends set by those beside them.

    A short rest between two is none: both times are its middle. What such rests hid at each end is then taken as
    hidden in front of real rests as well, such as that before the first repetition.

    Parameters
    ----------
    repetitions : sequence of Repetition
        As measured one by one, in order of time.
    exercise : Exercise
        Faults of duration are judged again by it.
    until_s : float
        Time of the newest frame: nothing ends later.

    Returns
    -------
    tuple of Repetition
    """
    ends = [[one.start_s, one.end_s] for one in repetitions]
    rests_s = [after[0] - before[1] for before, after in pairwise(ends)]
    short_s = [rest_s for rest_s in rests_s if rest_s < _NO_REST_S]
    hidden_s = min(_MOST_HIDDEN_S, max(0.0, median(short_s) / 2)) if short_s else 0.0
    for (before, after), rest_s in zip(pairwise(ends), rests_s, strict=True):
        if rest_s < _NO_REST_S:
            before[1] = after[0] = (before[1] + after[0]) / 2
        else:
            before[1] += hidden_s
            after[0] -= hidden_s
    if ends:
        ends[0][0] -= hidden_s * repetitions[0].whole
        ends[-1][1] = max(ends[-1][1], min(until_s, ends[-1][1] + hidden_s))
    return tuple(
        _with_ends(one, start_s, end_s, exercise)
        for one, (start_s, end_s) in zip(repetitions, ends, strict=True)
    )


def _with_ends(one: Repetition, start_s: float, end_s: float, exercise: Exercise) -> Repetition:
    if (start_s, end_s) == (one.start_s, one.end_s):
        return one
    down_s = max(0.0, one.down_s + one.start_s - start_s)
    up_s = max(0.0, one.up_s + end_s - one.end_s)
    seconds = {"down": down_s, "up": up_s}
    times = {fault.name: seconds[fault.when] for fault in exercise.faults if fault.when in seconds}
    changed = replace(
        one,
        start_s=start_s,
        end_s=end_s,
        down_s=down_s,
        up_s=up_s,
        speed=one.effort_range / up_s if up_s > 0 else 0.0,
        measured=tuple((name, times.get(name, value)) for name, value in one.measured),
    )
    return judged_again(changed, exercise) if times else changed

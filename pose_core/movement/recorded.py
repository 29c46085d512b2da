"""Counting afterwards, in poses that are there already: a film's result, or a recording of a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from pose_core.movement.coach import AUTO, Coach
from pose_core.movement.exercise import Exercise
from pose_core.pose import PeopleOverTime, Pose, PoseSequence, TrackedPerson
from pose_core.watching import WatchedFrame

__all__ = ["count_recorded", "recorded_frames"]

#: Frames that are unpacked at a time.
_CHUNK: Final = 500


def _pose(sequence: PoseSequence, frame: int) -> Pose:
    return Pose(
        image_xy_px=sequence.image_xy_px[frame],
        image_z_px=sequence.image_z_px[frame],
        world_xyz_m=sequence.world_xyz_m[frame],
        visibility=sequence.visibility[frame],
        presence=sequence.presence[frame],
        size_wh=sequence.size_wh,
    )


def recorded_frames(people: PeopleOverTime, who: Sequence[int] | None = None) -> Iterator[WatchedFrame]:
    """What a watcher would have got, with the poses as the model gave them; without angles, which a coach ignores.

    Parameters
    ----------
    people : PeopleOverTime
    who : sequence of int, optional
        Only these people; all of them unless given.
    """
    numbers = people.people if who is None else tuple(who)
    for start in range(0, len(people.time_s), _CHUNK):
        chunk = slice(start, min(start + _CHUNK, len(people.time_s)))
        sequences = {number: people.sequence(number, "raw", chunk) for number in numbers}
        found = {number: sequence.found for number, sequence in sequences.items()}
        for frame, time_s in enumerate(people.time_s[chunk].tolist()):
            seen = tuple(
                TrackedPerson(number, pose, pose)
                for number, sequence in sequences.items()
                if found[number][frame]
                for pose in [_pose(sequence, frame)]
            )
            size_wh = next((sequence.size_wh for sequence in sequences.values()), (1, 1))
            yield WatchedFrame(time_s, seen, size_wh, False, np.empty((len(seen), 0)))


def count_recorded(
    people: PeopleOverTime,
    exercise: str = AUTO,
    *,
    who: Sequence[int] | None = None,
    cuts_s: Sequence[float] = (),
    arming: bool = False,
    exercises: Mapping[str, Exercise] | None = None,
    on_frame: Callable[[int], None] = lambda number: None,
) -> Coach:
    """Count an exercise in what was recorded: the same as a `Coach` that watched it.

    Parameters
    ----------
    people : PeopleOverTime
    exercise : str
        One of the exercises, or ``"auto"``: the one that explains most of the time is chosen at the end.
    who : sequence of int, optional
        Only these people; all of them unless given.
    cuts_s : sequence of float
        Times of the frames with which another scene begins, increasing.
    arming : bool
        Whether the start posture must be held still first.
    exercises : mapping of str to Exercise, optional
        All there are.
    on_frame : callable
        Gets the number of frames seen, after each.

    Returns
    -------
    Coach
        Its `state` is that at the end.

    Raises
    ------
    SettingsError
        If there is no such exercise.
    """
    coach = (
        Coach(exercise, arming=arming)
        if exercises is None
        else Coach(exercise, arming=arming, exercises=exercises)
    )
    cuts = list(cuts_s)
    for number, frame in enumerate(recorded_frames(people, who), start=1):
        while cuts and cuts[0] <= frame.time_s:
            coach.restart(cuts.pop(0))
        coach.add(frame)
        on_frame(number)
    coach.finish()
    if coach.state.exercise is None:
        coach.choose(coach.likeliest())
    return coach

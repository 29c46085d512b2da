"""Who is who from frame to frame: `PeopleTracker` gives each person a lasting number, and smooths each separately."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.geometry.body import body_size
from pose_core.pose import Pose, TrackedPerson
from pose_core.settings import MAX_PEOPLE
from pose_core.tracking.looks import Look, look_of
from pose_core.tracking.smoothing import PoseSmoother, SmoothingSettings
from pose_core.tracking.tracks import Track, middles_px_of, tell_apart, torsos_apart, without_duplicates

__all__ = ["PeopleTracker"]

#: How long the number of somebody who has left is kept for them.
ABSENT_MAX_S: Final = 1.0

#: The same for somebody whose looks are known.
ABSENT_MAX_WITH_LOOKS_S: Final = 10.0
#: How unlike somebody may look who comes back after a longer time.
_SAME_LOOKS: Final = 14.0
#: How far from their expected position people are looked for, in torso lengths (half a metre): the model's error when
#: somebody turns or is half hidden, plus running (3 m/s faster or slower than before). At most a metre, the width that
#: a person takes up: farther away it is more likely to be somebody else.
REACH_TORSOS: Final = 0.6
REACH_TORSOS_PER_S: Final = 6.0
REACH_MAX_TORSOS: Final = 2.0


def _kept_s(track: Track, most: int) -> float:
    return ABSENT_MAX_WITH_LOOKS_S if track.look is not None and most > 1 else ABSENT_MAX_S


class PeopleTracker:
    """Gives people numbers that last from frame to frame, and smooths each. One per stream; not for several threads.

    Poses are matched with people by the distance of the middles of shoulders and hips from their expected positions,
    relative to the body's size; the best pairs first. Somebody who was not seen for less than `ABSENT_MAX_S` gets the
    same number back. New people get the lowest free number.

    Parameters
    ----------
    smoothing : SmoothingSettings or None
        None: poses stay as the model gave them.

    Examples
    --------
    >>> PeopleTracker(None).update([], time_s=0.0)
    ()
    """

    def __init__(self, smoothing: SmoothingSettings | None) -> None:
        self._smoothing = smoothing
        self._tracks: list[Track] = []
        self._size_wh: tuple[int, int] | None = None
        self._time_s = self._last_time_s = -math.inf

    @property
    def smoothing(self) -> SmoothingSettings | None:
        """How strongly to smooth; None is off. May be replaced at any time, effective from the next frame."""
        return self._smoothing

    @smoothing.setter
    def smoothing(self, smoothing: SmoothingSettings | None) -> None:
        self._smoothing = smoothing
        for track in self._tracks:
            if smoothing is None or track.smoother is None:
                track.smoother = self._new_smoother()
            else:
                track.smoother.settings = smoothing

    def _new_smoother(self) -> PoseSmoother | None:
        return PoseSmoother(self._smoothing) if self._smoothing is not None else None

    def restart(self) -> None:
        """Forget everybody: what follows does not continue what was before, and its people get the first numbers."""
        self._tracks.clear()

    def update(
        self,
        poses: Sequence[Pose],
        time_s: float,
        most: int = MAX_PEOPLE,
        frame_rgb: FrameRGB | None = None,
    ) -> tuple[TrackedPerson, ...]:
        """Find out who is who in the next frame.

        Parameters
        ----------
        poses : sequence of Pose
            From one picture, in any order. A pose whose shoulders or hips are unknown is left out, since it cannot be
            matched; so are poses beyond `MAX_PEOPLE`.
        time_s : float
            Seconds on any clock. If it runs back, everybody is forgotten.
        most : int
            How many people are looked for: nobody gets a higher number. Of one who jumps, as at a cut, the old place
            must not stay behind as somebody else.
        frame_rgb : ndarray of uint8, shape (H, W, 3), optional
            The picture. With it, people are also known by their clothes and build: after two were in one place, and
            when somebody comes back within 10 s.

        Returns
        -------
        tuple of TrackedPerson
            Only people in `poses`, by number.
        """
        if time_s < self._time_s:
            self._tracks.clear()
        self._last_time_s, self._time_s = self._time_s, time_s
        self._tracks = [track for track in self._tracks if time_s - track.seen_s < _kept_s(track, most)]

        sizes_px = [body_size(pose.image_xy_px) for pose in poses]
        usable = without_duplicates(
            poses, sizes_px, [i for i, size_px in enumerate(sizes_px) if 0 < size_px < math.inf]
        )
        if not usable:
            return ()
        self._follow_size(poses[0].size_wh)
        middles_px = {i: middles_px_of(poses[i]) for i in usable}
        owners = self._match(middles_px, sizes_px, time_s)
        looks = (
            {i: look_of(poses[i], frame_rgb) for i in usable} if frame_rgb is not None and most > 1 else {}
        )
        self._welcome_back(owners, looks, middles_px, sizes_px, time_s)
        for i, track in owners.items():
            track.seen(middles_px[i], sizes_px[i], time_s)
        for i in usable:  # after all matches, so that nobody new takes the number of somebody present
            if i not in owners and (number := self._free_number(time_s, most)) is not None:
                owners[i] = Track(number, self._new_smoother(), middles_px[i], sizes_px[i], time_s)
                self._tracks.append(owners[i])
        tell_apart(self._tracks, owners, looks, middles_px, sizes_px, self._last_time_s)
        people = [self._person(track, poses[i], time_s) for i, track in owners.items()]
        return tuple(sorted(people, key=lambda person: person.number))

    @staticmethod
    def _person(track: Track, pose: Pose, time_s: float) -> TrackedPerson:
        mended, flipped = track.mender.mend(pose, time_s)
        # A smoother starts again by itself after a gap.
        smooth = track.smoother.smooth(mended, time_s) if track.smoother is not None else mended
        return TrackedPerson(track.number, pose, smooth, flipped)

    def _welcome_back(
        self,
        owners: dict[int, Track],
        looks: Mapping[int, Look],
        middles_px: Mapping[int, FloatArray],
        sizes_px: Sequence[float],
        time_s: float,
    ) -> None:
        """Give people who come back their numbers, by where they went and what they look like; adds to `owners`."""
        here = {track.number for track in owners.values()}
        gone = [track for track in self._tracks if track.number not in here and track.look is not None]
        pairs = []
        for i, look in looks.items():
            for track in gone if i not in owners else ():
                assert track.look is not None
                unlike = track.look.difference(look)
                away = torsos_apart(middles_px[i], track.middles_px, math.sqrt(sizes_px[i] * track.size_px))
                if unlike <= _SAME_LOOKS and away <= REACH_MAX_TORSOS * (1 + time_s - track.seen_s):
                    pairs.append((unlike, i, track.number))
        by_number = {track.number: track for track in gone}
        for _, i, number in sorted(pairs):
            if i not in owners and number in by_number:
                owners[i] = by_number.pop(number)
                owners[i].velocity_px_s = np.zeros(2)

    def _follow_size(self, size_wh: tuple[int, int]) -> None:
        """After a change of picture size, convert all tracks to the new one."""
        if self._size_wh is not None and self._size_wh != size_wh:
            factors = np.array(size_wh) / self._size_wh
            for track in self._tracks:
                track.middles_px = track.middles_px * factors
                track.velocity_px_s = track.velocity_px_s * factors
                track.size_px *= float(factors.mean())
        self._size_wh = size_wh

    def _match(
        self, middles_px: dict[int, FloatArray], sizes_px: Sequence[float], time_s: float
    ) -> dict[int, Track]:
        """The track of each pose, by the pose's index; the best pairs are matched first."""
        pairs: list[tuple[float, int, int]] = []
        for k, track in enumerate(self._tracks):
            if time_s - track.seen_s >= ABSENT_MAX_S:
                continue
            expected_px = track.expected_px(time_s)
            reach = REACH_TORSOS + REACH_TORSOS_PER_S * (time_s - track.seen_s)
            for i, middles in middles_px.items():
                distance = torsos_apart(middles, expected_px, math.sqrt(sizes_px[i] * track.size_px))
                if distance <= min(reach, REACH_MAX_TORSOS):
                    pairs.append((distance, i, k))
        owners: dict[int, Track] = {}
        taken: set[int] = set()
        for _, i, k in sorted(pairs):
            if i not in owners and k not in taken:
                owners[i] = self._tracks[k]
                taken.add(k)
        return owners

    def _free_number(self, time_s: float, most: int) -> int | None:
        """The lowest free number; if none is free, that of the person absent longest; None if all are present."""
        numbers = {track.number for track in self._tracks}
        free = set(range(1, most + 1)) - numbers
        if free:
            return min(free)
        longest_gone = min(self._tracks, key=lambda track: track.seen_s)
        if longest_gone.seen_s >= time_s:
            return None
        self._tracks.remove(longest_gone)
        return longest_gone.number

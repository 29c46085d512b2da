"""`Outlook`: how somebody is turned, and which limbs have not been seen for a while."""

from __future__ import annotations

import math
from typing import Final

from pose_core.movement.body import index_of
from pose_core.movement.effort import SEEN, SEEN_LIMIT, BodyFrame
from pose_core.movement.exercise import Part

__all__ = ["Outlook"]

_YAW: Final = index_of("yaw_deg")
#: A turn is evened out over this time.
_YAW_TIME_S: Final = 0.5
#: Limbs that were not seen for this long are hidden.
_HIDDEN_S: Final = 1.0


class Outlook:
    """Of one person. Not for several threads at once.

    Attributes
    ----------
    yaw_deg : float
        How far the person is turned, evened out: 0 front or back, 90 side; NaN before the first frame.
    """

    def __init__(self) -> None:
        self.yaw_deg = math.nan
        self._time_s = math.nan
        self._seen_s: dict[Part, float] = {}

    def add(self, frame: BodyFrame) -> None:
        """See the next frame."""
        for part, (left, right) in SEEN.items():
            if part not in self._seen_s or max(frame.values[left], frame.values[right]) >= SEEN_LIMIT:
                self._seen_s[part] = frame.time_s
        newest_deg = frame.values[_YAW]
        if math.isnan(self.yaw_deg):
            self.yaw_deg = newest_deg
        else:
            share = 1 - math.exp(-max(0.0, frame.time_s - self._time_s) / _YAW_TIME_S)
            self.yaw_deg += share * (newest_deg - self.yaw_deg)
        self._time_s = frame.time_s

    def hides(self, part: Part) -> bool:
        """Whether neither side of a part has been seen in the last second in which somebody was there."""
        return self._time_s - self._seen_s.get(part, self._time_s) > _HIDDEN_S

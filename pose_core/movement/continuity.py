"""Whether a body in a frame continues the one before: cuts, covered people and landmarks that jump."""

from __future__ import annotations

import math
from statistics import median
from typing import Final, Literal

from pose_core.geometry.body import body_size
from pose_core.pose import Pose
from pose_core.skeleton import INDEX

__all__ = ["Continuity", "Step"]

#: A frame continues the one before; another scene begins; or what is seen does not hold still enough to be believed.
Step = Literal["goes_on", "new_scene", "unsettled"]

#: Half of the joints moved by more than this in one frame: no body does that, the model sees something else.
_JUMP_TORSOS: Final = 0.5
#: At low frame rates more is possible: the tracker's limit (`pose_core.tracking.people`).
_JUMP_TORSOS_PER_S: Final = 6.0
#: After what may be a cut: a body that has moved no farther than this, so soon after, is the same one.
_SAME_TORSOS: Final = 0.3
_SAME_S: Final = 0.15
#: After a jump the landmarks must go on for this long before they are believed.
_SETTLED_S: Final = 0.3

_JOINTS: Final = [
    INDEX[f"{side}_{joint}"]
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
]


class Continuity:
    """Compares each pose of one person with the one before. Not for several threads at once."""

    def __init__(self) -> None:
        self._joints_px: list[list[float]] | None = None
        self._size_px = math.nan
        self._time_s = -math.inf
        self._jumped_s = -math.inf
        self._suspected = False

    def suspect(self, time_s: float) -> None:
        """The pictures say that another scene may begin: unless the body goes on where it was, it does.

        A caption that fades in looks like a cut, too.
        """
        self._suspected = True
        if self._joints_px is None:
            self._jumped_s = time_s

    def cut(self, time_s: float) -> None:
        """Another scene or another person begins, as the caller knows."""
        self._joints_px, self._jumped_s = None, time_s

    def add(self, pose: Pose, time_s: float) -> Step:
        """What the next pose is. The first frame of another scene is ``"new_scene"``, then it is unsettled a while."""
        joints_px, size_px = pose.image_xy_px[_JOINTS].tolist(), body_size(pose.image_xy_px)
        before_px, before_size_px, passed_s = self._joints_px, self._size_px, time_s - self._time_s
        self._joints_px, self._size_px, self._time_s = joints_px, size_px, time_s
        suspected, self._suspected = self._suspected, False
        if before_px is not None:
            # Plain numbers: for twelve points they are several times faster than arrays.
            moved_px = median(map(math.dist, joints_px, before_px))
            limit = max(_JUMP_TORSOS, _JUMP_TORSOS_PER_S * passed_s)
            if suspected:
                limit = _SAME_TORSOS if passed_s <= _SAME_S else -math.inf
            if not moved_px <= limit * min(size_px, before_size_px):
                self._jumped_s = time_s
                return "new_scene"
        return "goes_on" if time_s - self._jumped_s >= _SETTLED_S else "unsettled"

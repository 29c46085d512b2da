"""Left and right of the whole body, exchanged by the model for a moment: found and mended."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.geometry.body import body_size
from pose_core.pose import Pose
from pose_core.skeleton import INDEX, LANDMARK_NAMES

__all__ = ["OTHER_SIDE", "FlipMender", "exchanged"]

#: Each landmark's counterpart on the other side; those in the middle are their own.
OTHER_SIDE: Final = [
    INDEX[
        name.replace("left", "right")
        if "left" in name
        else name.replace("right", "left")
        if "right" in name
        else name
    ]
    for name in LANDMARK_NAMES
]
_JUDGED: Final = [
    INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in ("shoulder", "hip", "knee", "ankle")
]
#: An exchange makes the jump from the frame before smaller by this share.
_LESS: Final = 0.6
#: In torso lengths: from smaller jumps nothing follows; left and right are in one place, as from the side.
_LEAST_JUMP: Final = 0.2
#: What lasts longer than this is no slip: the person really turned, or the model had been wrong before.
_LONGEST_S: Final = 0.3
#: After a gap like this, the last pose says nothing.
_GAP_S: Final = 0.25


def exchanged(pose: Pose) -> Pose:
    """The pose with left and right exchanged, all else where it is."""
    return replace(
        pose,
        image_xy_px=pose.image_xy_px[OTHER_SIDE],
        image_z_px=pose.image_z_px[OTHER_SIDE],
        world_xyz_m=pose.world_xyz_m[OTHER_SIDE],
        visibility=pose.visibility[OTHER_SIDE],
        presence=pose.presence[OTHER_SIDE],
    )


class FlipMender:
    """Exchanges left and right back where the model exchanged them for some frames. One per person.

    A pose is exchanged if that makes the jump of shoulders, hips, knees and ankles since the frame before at least 60 %
    smaller, and for at most 0.3 s in a row.
    """

    def __init__(self) -> None:
        self._last_px: FloatArray | None = None
        self._time_s = math.nan
        self._since_s = math.nan

    def mend(self, pose: Pose, time_s: float) -> tuple[Pose, bool]:
        """The pose as it should be, and whether it was exchanged."""
        last_px, gap_s = self._last_px, time_s - self._time_s
        size_px = body_size(pose.image_xy_px)
        self._time_s = time_s
        flipped = False
        if last_px is not None and 0 < gap_s <= _GAP_S and size_px > 0:
            straight, crossed = (
                float(np.median(np.linalg.norm(points[_JUDGED] - last_px[_JUDGED], axis=1))) / size_px
                for points in (pose.image_xy_px, pose.image_xy_px[OTHER_SIDE])
            )
            flipped = straight > _LEAST_JUMP and crossed < (1 - _LESS) * straight
        if flipped:
            self._since_s = time_s if math.isnan(self._since_s) else self._since_s
            flipped = time_s - self._since_s <= _LONGEST_S
        if not flipped:
            self._since_s = math.nan
        mended = exchanged(pose) if flipped else pose
        self._last_px = mended.image_xy_px
        return mended, flipped

"""Comparisons without a model: what both settings would have found is made up, to the pixel."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.evaluation.side_by_side.looking import Kind, Looked, Seen
from pose_core.geometry.angles import image_angles
from pose_core.pose import Pose, TrackedPerson
from pose_core.watching import WatchedFrame
from tests.support.poses import make_pose

__all__ = ["looked", "moved"]

#: What moves a standing person's landmarks, shape (33, 2), in frame number `n`; None: nobody is found.
Move = Callable[[int], FloatArray | None]


def moved(offset_px: FloatArray) -> Pose:
    """A standing person with moved landmarks."""
    pose = make_pose()
    return Pose(
        image_xy_px=pose.image_xy_px + offset_px,
        image_z_px=pose.image_z_px,
        world_xyz_m=pose.world_xyz_m,
        visibility=pose.visibility,
        presence=pose.presence,
        size_wh=pose.size_wh,
    )


def _watched(time_s: float, offset_px: FloatArray | None) -> WatchedFrame:
    poses = [] if offset_px is None else [moved(offset_px)]
    people = tuple(TrackedPerson(number, pose, pose) for number, pose in enumerate(poses, start=1))
    return WatchedFrame(time_s, people, make_pose().size_wh, False, image_angles(poses, 0.5).deg)


def looked(
    frames: int,
    a: Move,
    b: Move,
    *,
    kind: Kind = "film",
    fps: float = 25.0,
    took_ms: Callable[[int], tuple[float, float]] = lambda _: (10.0, 15.0),
) -> Looked:
    """A film or pictures."""
    seen = []
    for number in range(frames):
        time_s = number / fps if kind == "film" else 0.0
        a_ms, b_ms = took_ms(number)
        people = (_watched(time_s, a(number)), _watched(time_s, b(number)))
        name = "" if kind == "film" else f"{number}.png"
        seen.append(Seen(name, time_s, make_pose().size_wh, people, ((a_ms,), (b_ms,))))
    return Looked(kind, tuple(seen), fps if kind == "film" else np.nan)

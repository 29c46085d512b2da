"""Messages of landmarks as a browser writes them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from pose_core.pose import Pose

Frame = tuple[float, tuple[int, int], Sequence[tuple[int, Pose]]]
#: Bytes of a person.
PERSON = 2 + 33 * (6 * 4 + 1)


def landmarks_message(
    *frames: Frame, turn: int = 1, version: int = 1, size: int = PERSON, count: int | None = None
) -> bytes:
    """A message of frames: time in milliseconds, size of the picture, people."""
    message = struct.pack("<BBHI", version, len(frames) if count is None else count, size, turn)
    for time_ms, (width, height), people in frames:
        message += struct.pack("<dHHB", time_ms, width, height, len(people))
        for number, pose in people:
            values = np.column_stack((pose.image_xy_norm, pose.image_z_norm, pose.world_xyz_m))
            shares = np.rint(pose.visibility * 254).astype(np.uint8)
            message += struct.pack("<H", number) + values.astype("<f4").tobytes() + shares.tobytes()
    return message

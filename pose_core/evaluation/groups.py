"""Groups of people whose figures are given apart: by size, visibility, pose and view, from the annotations alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.evaluation.keypoint_sets import KeypointSet
from pose_core.evaluation.outcomes import Outcomes

__all__ = ["groups_of"]

#: Height of the person's box as a share of the picture's: MediaPipe misses people below about a third.
_SIZES: Final = (("under_quarter", 0.0, 0.25), ("quarter_to_half", 0.25, 0.5), ("over_half", 0.5, np.inf))
#: Angle of the trunk from upright, in degrees.
_POSES: Final = (
    ("upright", 0.0, 30.0),
    ("leaning", 30.0, 60.0),
    ("lying", 60.0, 120.0),
    ("upside_down", 120.0, 181.0),
)
#: Shoulders seen from the side are this narrow, as a share of the torso.
_SIDE_VIEW: Final = 0.35


def groups_of(
    outcomes: Outcomes, kit: KeypointSet
) -> Iterator[tuple[str, str, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Kind and name of each group, its people, shape (N,), and its joints, shape (N, C)."""
    annotated = outcomes.annotated
    for name, low, high in _SIZES:
        yield "size", name, (outcomes.height_share >= low) & (outcomes.height_share < high), annotated
    everybody = np.ones(len(outcomes.found), dtype=bool)
    yield "visibility", "visible", everybody, outcomes.flags == 2
    yield "visibility", "hidden", everybody, outcomes.flags == 1
    left, right = _joint(outcomes, kit, "left_shoulder"), _joint(outcomes, kit, "right_shoulder")
    hips = (_joint(outcomes, kit, "left_hip") + _joint(outcomes, kit, "right_hip")) / 2
    trunk = hips - (left + right) / 2
    lean_deg = np.degrees(np.arctan2(np.abs(trunk[:, 0]), trunk[:, 1]))
    for name, low, high in _POSES:
        yield "pose", name, (lean_deg >= low) & (lean_deg < high), annotated
    # The shoulders' line across the trunk: the person's left is on the picture's right if they face the camera.
    length = np.linalg.norm(trunk, axis=1)
    across = ((left - right)[:, 0] * trunk[:, 1] - (left - right)[:, 1] * trunk[:, 0]) / np.where(
        length, length, np.nan
    )
    share = across / outcomes.torso_px
    yield "view", "front", share > _SIDE_VIEW, annotated
    yield "view", "back", share < -_SIDE_VIEW, annotated
    yield "view", "side", np.abs(share) <= _SIDE_VIEW, annotated


def _joint(outcomes: Outcomes, kit: KeypointSet, name: str) -> FloatArray:
    if name not in kit.joints:
        return np.full((len(outcomes.found), 2), np.nan)
    return outcomes.true_px[:, kit.joints.index(name)]

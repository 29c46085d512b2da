"""What somebody looks like, in a few numbers that stay in memory: who is who after two people were in one place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.pose import Pose
from pose_core.skeleton import INDEX

__all__ = ["Look", "look_of"]

_TRUNK: Final = [INDEX[f"{side}_{joint}"] for joint in ("shoulder", "hip") for side in ("left", "right")]
_THIGHS: Final = [(INDEX[f"{side}_hip"], INDEX[f"{side}_knee"]) for side in ("left", "right")]
_BONES: Final = [
    (INDEX[f"{side}_{upper}"], INDEX[f"{side}_{lower}"])
    for upper, lower in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
    for side in ("left", "right")
]
#: Where the trunk and a thigh are looked at: well inside, where clothes are.
_INSIDE: Final = np.linspace(0.25, 0.75, 5)
#: Brightness changes with the light and with shadows; colour hardly does.
_BRIGHTNESS_WEIGHT: Final = 0.5
#: A difference of one in the ratio of bones to the trunk counts as so many units of colour.
_BONES_WEIGHT: Final = 30.0
#: Weight of the newest frame in what somebody looks like.
_NEWEST_WEIGHT: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Clothes and build of one person.

    Attributes
    ----------
    colours : ndarray, shape (2, 3)
        Mean colour of trunk and thighs, CIE L*a*b* (L 0 to 100); NaN where they are outside the picture.
    bones : ndarray, shape (4,)
        Thigh, shank, upper arm and forearm, as the model sees them in space, relative to the trunk.
    """

    colours: FloatArray
    bones: FloatArray

    def blended(self, newest: Look) -> Look:
        """What somebody looks like after one more frame."""
        both = (self.colours, newest.colours), (self.bones, newest.bones)
        mixed = [
            np.where(
                np.isnan(old),
                new,
                np.where(np.isnan(new), old, old + _NEWEST_WEIGHT * (new - old)),
            )
            for old, new in both
        ]
        return Look(*mixed)

    def difference(self, other: Look) -> float:
        """How unlike two looks are: about 5 for the same person, 20 and more for other clothes; NaN if unknown."""
        apart = (self.colours - other.colours) * (_BRIGHTNESS_WEIGHT, 1, 1)
        distances = np.sqrt((apart**2).sum(axis=1))
        known = distances[np.isfinite(distances)]
        if not known.size:
            return math.nan
        bones = np.abs(self.bones - other.bones)
        bones = bones[np.isfinite(bones)]
        return float(known.mean()) + (_BONES_WEIGHT * float(bones.mean()) if bones.size else 0.0)


def look_of(pose: Pose, frame_rgb: FrameRGB) -> Look:
    """What somebody looks like in one frame.

    Parameters
    ----------
    pose : Pose
        In pixels of `frame_rgb`.
    frame_rgb : ndarray of uint8, shape (H, W, 3)
    """
    points = pose.image_xy_px
    left_shoulder, right_shoulder, left_hip, right_hip = points[_TRUNK]
    down, across = _INSIDE[:, None, None], _INSIDE[None, :, None]
    trunk = (1 - down) * ((1 - across) * left_shoulder + across * right_shoulder) + down * (
        (1 - across) * left_hip + across * right_hip
    )
    thighs = np.concatenate(
        [points[hip] + _INSIDE[:, None] * (points[knee] - points[hip]) for hip, knee in _THIGHS]
    )
    colours = np.array([_mean_lab(trunk.reshape(-1, 2), frame_rgb), _mean_lab(thighs, frame_rgb)])
    world = pose.world_xyz_m
    trunk_m = float(np.linalg.norm(world[_TRUNK[:2]].mean(axis=0) - world[_TRUNK[2:]].mean(axis=0)))
    lengths = (
        np.array([float(np.linalg.norm(world[a] - world[b])) for a, b in _BONES]).reshape(-1, 2).mean(axis=1)
    )
    return Look(colours, lengths / trunk_m if trunk_m > 0 else np.full(len(lengths), np.nan))


def _mean_lab(xy_px: FloatArray, frame_rgb: FrameRGB) -> FloatArray:
    height, width = frame_rgb.shape[:2]
    inside = ((xy_px >= 0) & (xy_px < (width, height))).all(axis=1)  # NaN is outside
    if np.count_nonzero(inside) < len(xy_px) / 2:
        return np.full(3, np.nan)
    x, y = xy_px[inside].astype(int).T
    rgb = np.median(frame_rgb[y, x], axis=0).astype(np.float32).reshape(1, 1, 3) / 255
    lab: FloatArray = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).reshape(3).astype(np.float64)
    return lab

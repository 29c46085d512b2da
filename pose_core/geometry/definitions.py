"""Which angles there are, and which landmarks each needs. Their meaning, sign and range: docs/conventions.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pose_core.skeleton import INDEX

__all__ = ["ANGLES", "ANGLE_NAMES", "LIMB_ANGLES", "AngleDefinition", "Kind", "Space"]

Space = Literal["image", "world"]
Kind = Literal["interior", "lean", "obliquity"]


@dataclass(frozen=True, slots=True)
class AngleDefinition:
    """One angle: its name, and which landmarks it needs.

    Attributes
    ----------
    name : str
        Such as ``left_knee`` or ``trunk_lean``.
    kind : {"interior", "lean", "obliquity"}
        ``interior``: at the middle one of three points, 0 to 180, 180 is straight. ``lean``: of the line from the
        middle of the first two points to the middle of the last two against the vertical, 0 to 180, 0 is upright.
        ``obliquity``: of the line from the second point (right) to the first (left) against the horizontal,
        -90 to 90, positive when the person's left is higher.
    points : tuple of str
        Landmark names: three, four or two, by `kind`.
    """

    name: str
    kind: Kind
    points: tuple[str, ...]

    @property
    def indices(self) -> tuple[int, ...]:
        """Landmark numbers of `points`."""
        return tuple(INDEX[name] for name in self.points)


_LIMBS: Final = {
    "elbow": ("shoulder", "elbow", "wrist"),
    "shoulder": ("elbow", "shoulder", "hip"),
    "hip": ("shoulder", "hip", "knee"),
    "knee": ("hip", "knee", "ankle"),
    "ankle": ("knee", "ankle", "foot_index"),
}

#: Joints with an angle on each side, from top to bottom.
LIMB_ANGLES: Final[tuple[str, ...]] = tuple(_LIMBS)

ANGLES: Final[tuple[AngleDefinition, ...]] = (
    *(
        AngleDefinition(f"{side}_{joint}", "interior", tuple(f"{side}_{point}" for point in points))
        for joint, points in _LIMBS.items()
        for side in ("left", "right")
    ),
    AngleDefinition("trunk_lean", "lean", ("left_hip", "right_hip", "left_shoulder", "right_shoulder")),
    AngleDefinition("neck_lean", "lean", ("left_shoulder", "right_shoulder", "left_ear", "right_ear")),
    AngleDefinition("head_tilt", "obliquity", ("left_ear", "right_ear")),
    AngleDefinition("shoulder_obliquity", "obliquity", ("left_shoulder", "right_shoulder")),
    AngleDefinition("pelvis_obliquity", "obliquity", ("left_hip", "right_hip")),
)
ANGLE_NAMES: Final[tuple[str, ...]] = tuple(angle.name for angle in ANGLES)

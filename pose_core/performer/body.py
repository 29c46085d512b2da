"""The performer's body and clothes: rounded primitives attached to a skeleton.

MediaPipe's landmarks follow what a picture shows, so some details are cues rather than decoration: the face shows left
and right (without it the two sides are swapped), shoes with a toe direction show the ankles, hands with fingers the
wrists, kneecaps the knees, and the hems of sleeves and shorts the limbs' directions. White socks would pull the ankles
up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pose_core.performer.palette import Material
from pose_core.performer.skeleton import FloatArray, Skeleton

__all__ = ["Primitive", "body_primitives"]


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """A tapered capsule (two spheres and the cone that touches both) in an affine frame, or a single ellipsoid.

    In the frame's own coordinates the first sphere is at 0 with radius `start_radius`, the second at `end` with
    `end_radius`; a point in the room is ``origin_m + basis @ own``.
    """

    material: Material
    basis: FloatArray
    origin_m: FloatArray
    end: FloatArray
    start_radius: float
    end_radius: float

    def end_m(self) -> FloatArray:
        """Centre of the second sphere in the room, shape (3,)."""
        return self.origin_m + self.basis @ self.end


Point = Sequence[float]


@dataclass(frozen=True, slots=True)
class _Part:
    """A body part that primitives are attached to: `at` converts the part's own coordinates to the room's."""

    origin_m: FloatArray
    frame: FloatArray

    def at(self, aside: float, up: float, forward: float) -> FloatArray:
        return self.origin_m + self.frame @ [aside, up, forward]


def body_primitives(skeleton: Skeleton) -> list[Primitive]:
    """Primitives of one performer, in no particular order."""
    primitives = [*_trunk(skeleton), *_head(skeleton)]
    for side, sign in (("left", 1), ("right", -1)):
        primitives += [*_arm(skeleton, side, sign), *_hand(skeleton, side, sign)]
        primitives += [*_leg(skeleton, side), *_foot(skeleton, side), *_half_face(skeleton, sign)]
    return primitives


def _capsule(
    material: Material,
    start_m: FloatArray,
    end_m: FloatArray,
    radii: tuple[float, float],
    basis: FloatArray | None = None,
) -> Primitive:
    """Capsule between two points in the room; `basis` flattens its round cross-section."""
    basis = np.eye(3) if basis is None else basis
    end: FloatArray = np.linalg.inv(basis) @ (end_m - start_m)
    return Primitive(material, basis, start_m, end, *radii)


def _ellipsoid(material: Material, centre_m: FloatArray, frame: FloatArray, half_axes_m: Point) -> Primitive:
    return Primitive(material, frame * np.asarray(half_axes_m), centre_m, np.zeros(3), 1.0, 1.0)


def _between(start_m: FloatArray, end_m: FloatArray, part: float) -> FloatArray:
    return start_m + part * (end_m - start_m)


def _trunk(skeleton: Skeleton) -> list[Primitive]:
    torso, pelvis = skeleton.frames["torso"], skeleton.frames["pelvis"]
    chest = _Part(skeleton.joints_m["pelvis"], torso)
    hips = _Part(skeleton.joints_m["pelvis"], pelvis)
    throat = _Part(skeleton.joints_m["neck"], torso)
    skull = _Part(skeleton.joints_m["head"], skeleton.frames["head"])
    flat = torso * [1, 1, 0.62]
    return [
        _capsule(
            Material.SHIRT,
            chest.at(0, 0.075, 0),
            chest.at(0, 0.16, 0),
            (0.165, 0.146),
            torso * [1, 0.35, 0.68],
        ),
        _capsule(Material.SHIRT, chest.at(0, 0.14, 0), chest.at(0, 0.36, 0.005), (0.144, 0.172), flat),
        _capsule(
            Material.SHORTS,
            hips.at(-0.055, -0.010, 0),
            hips.at(0.055, -0.010, 0),
            (0.112, 0.112),
            pelvis * [1, 1, 0.90],
        ),
        _capsule(Material.SKIN, throat.at(0, -0.06, -0.010), skull.at(0, -0.05, -0.022), (0.060, 0.052)),
    ]


def _arm(skeleton: Skeleton, side: str, sign: int) -> list[Primitive]:
    joints, torso = skeleton.joints_m, skeleton.frames["torso"]
    shoulder, elbow, wrist = (joints[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist"))
    chest, throat, girdle = (
        _Part(joints["pelvis"], torso),
        _Part(joints["neck"], torso),
        _Part(shoulder, torso),
    )
    return [
        _capsule(
            Material.SHIRT,
            chest.at(sign * 0.060, 0.400, 0.002),
            girdle.at(-sign * 0.030, -0.005, 0),
            (0.105, 0.060),
            torso * [1, 1, 0.80],
        ),
        _capsule(  # trapezius
            Material.SHIRT,
            throat.at(sign * 0.026, 0.000, -0.014),
            girdle.at(-sign * 0.030, 0, -0.004),
            (0.054, 0.046),
        ),
        _capsule(Material.SHIRT, shoulder, _between(shoulder, elbow, 0.52), (0.053, 0.058)),
        _capsule(Material.SKIN, _between(shoulder, elbow, 0.40), elbow, (0.047, 0.040)),
        _capsule(Material.SKIN, elbow, wrist, (0.041, 0.028)),
    ]


def _hand(skeleton: Skeleton, side: str, sign: int) -> list[Primitive]:
    frame = skeleton.frames[f"{side}_fore"]
    wrist = _Part(skeleton.joints_m[f"{side}_wrist"], frame)
    hand = [
        _capsule(Material.SKIN, wrist.origin_m, wrist.at(0, -0.085, 0), (0.034, 0.042), frame * [0.52, 1, 1]),
        _capsule(
            Material.SKIN, wrist.at(0, -0.03, 0.02), wrist.at(-sign * 0.014, -0.085, 0.058), (0.014, 0.010)
        ),
    ]
    for forward, tip in ((-0.030, -0.150), (-0.010, -0.162), (0.011, -0.162), (0.031, -0.150)):
        knuckle, fingertip = wrist.at(0, -0.085, forward), wrist.at(-sign * 0.006, tip, 1.05 * forward)
        hand.append(_capsule(Material.SKIN, knuckle, fingertip, (0.0105, 0.0085)))
    return hand


def _leg(skeleton: Skeleton, side: str) -> list[Primitive]:
    hip, knee, ankle = (skeleton.joints_m[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
    frame = skeleton.frames[f"{side}_shank"]
    calf_top, calf_end = _Part(_between(knee, ankle, 0.16), frame), _Part(_between(knee, ankle, 0.50), frame)
    return [
        _capsule(Material.SHORTS, hip, _between(hip, knee, 0.50), (0.088, 0.082)),
        _capsule(Material.SKIN, _between(hip, knee, 0.40), knee, (0.075, 0.054)),
        _capsule(Material.SKIN, knee, ankle, (0.053, 0.037)),
        _capsule(Material.SKIN, calf_top.at(0, 0, -0.014), calf_end.at(0, 0, -0.010), (0.049, 0.044)),
        _ellipsoid(Material.SKIN, _Part(knee, frame).at(0, 0.008, 0.034), frame, (0.030, 0.038, 0.024)),
    ]


def _foot(skeleton: Skeleton, side: str) -> list[Primitive]:
    frame = skeleton.frames[f"{side}_foot"]
    ankle, heel, toe = (
        _Part(skeleton.joints_m[f"{side}_{name}"], frame) for name in ("ankle", "heel", "foot_index")
    )
    return [
        _capsule(Material.SHOE, heel.at(0, 0.018, 0.012), toe.at(0, 0.010, 0.005), (0.042, 0.033)),
        _capsule(Material.SHOE, ankle.at(0, -0.020, 0), toe.at(0, 0.020, -0.070), (0.044, 0.034)),
        _capsule(
            Material.SOLE,
            heel.at(0, -0.010, 0.005),
            toe.at(0, -0.008, 0.015),
            (0.042, 0.039),
            frame * [1, 0.36, 1],
        ),
    ]


def _head(skeleton: Skeleton) -> list[Primitive]:
    frame = skeleton.frames["head"]
    head = _Part(skeleton.joints_m["head"], frame)
    return [
        _ellipsoid(Material.SKIN, head.at(0, 0.014, 0), frame, (0.074, 0.100, 0.090)),
        _capsule(  # face and jaw
            Material.SKIN,
            head.at(0, -0.014, 0.015),
            head.at(0, -0.066, 0.025),
            (0.072, 0.051),
            frame * [0.93, 1, 1.05],
        ),
        _ellipsoid(Material.HAIR, head.at(0, 0.054, -0.022), frame, (0.092, 0.092, 0.099)),
        _ellipsoid(Material.HAIR, head.at(0, 0.005, -0.040), frame, (0.079, 0.085, 0.068)),
        _ellipsoid(Material.HAIR, head.at(0.012, 0.096, 0.026), frame, (0.066, 0.036, 0.062)),
        _capsule(
            Material.SKIN, head.at(0, 0.020, 0.088), head.at(0, -0.018, 0.100), (0.0085, 0.0125)
        ),  # nose
        _capsule(
            Material.SKIN, head.at(-0.010, -0.022, 0.092), head.at(0.010, -0.022, 0.092), (0.0085, 0.0085)
        ),
    ]


def _half_face(skeleton: Skeleton, sign: int) -> list[Primitive]:
    frame = skeleton.frames["head"]
    head = _Part(skeleton.joints_m["head"], frame)
    return [
        _ellipsoid(Material.SKIN, head.at(sign * 0.074, -0.008, -0.012), frame, (0.012, 0.029, 0.018)),  # ear
        _ellipsoid(Material.EYE_WHITE, head.at(sign * 0.031, 0.020, 0.0730), frame, (0.0160, 0.0088, 0.012)),
        _ellipsoid(Material.IRIS, head.at(sign * 0.031, 0.020, 0.0790), frame, (0.0075, 0.0078, 0.0075)),
        _capsule(
            Material.BROW,
            head.at(sign * 0.017, 0.045, 0.0865),
            head.at(sign * 0.047, 0.044, 0.073),
            (0.0044, 0.0032),
        ),
        _capsule(
            Material.LIP, head.at(0, -0.056, 0.0800), head.at(sign * 0.023, -0.051, 0.0765), (0.0075, 0.0050)
        ),
    ]

"""From joint angles to joint positions in space (forward kinematics).

Room axes, in metres: x to the right of the picture, y up, z towards the camera; the floor is y = 0. Facing the camera
(``yaw_deg`` 0), the performer's left side is at larger x; a positive yaw turns the face towards +x, so that 90 gives a
side view. Each body part has a frame, a rotation matrix whose columns are the part's own left, up and forward; limbs
hang along their frame's -y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pose_core.skeleton import LANDMARK_NAMES

__all__ = ["FloatArray", "Posture", "Sides", "Skeleton", "place_skeleton"]

FloatArray = npt.NDArray[np.float64]
Sides = tuple[float, float]
"""One number for the left and one for the right side of the body."""

# Lengths of the body in metres: an adult of 1.7 m with ordinary proportions.
HIP_HALF_WIDTH_M = 0.100
THIGH_M = 0.430
SHANK_M = 0.410
ANKLE_HEIGHT_M = 0.085
FOOT_M = 0.205
HEEL_M = 0.050
SPINE_M = 0.500
SHOULDER_HALF_WIDTH_M = 0.185
UPPER_ARM_M = 0.285
FOREARM_M = 0.250
NECK_BASE_M = SPINE_M + 0.02
NECK_M = 0.07
HEAD_CENTRE_M = 0.08
SOLE_M = 0.025
"""How far the underside of the shoe is below heel and toe."""

LYING_DEG = 45.0
"""A body that is turned by more than this lies."""

HEAD_STAYS_LEVEL = 0.75
"""Share of the trunk's lean that the head compensates, so that the eyes look ahead."""

# Points of the face as (to the side, up, forward) from the centre of the head; sideways is mirrored for the right.
_FACE_M = {
    "eye_inner": (0.017, 0.020, 0.088),
    "eye": (0.031, 0.021, 0.085),
    "eye_outer": (0.045, 0.020, 0.078),
    "ear": (0.076, -0.008, -0.012),
    "mouth": (0.024, -0.056, 0.083),
}
_NOSE_M = (0.0, -0.018, 0.112)
# Points of the hand, from the wrist, in the forearm's frame.
_HAND_M = {
    "index": (0.0, -0.095, 0.030),
    "pinky": (0.0, -0.085, -0.032),
    "thumb": (-0.012, -0.055, 0.048),
}


@dataclass(frozen=True, slots=True)
class Posture:
    """Joint angles in degrees; pairs are (left, right) and mirror each other; all zero is standing to attention.

    `heel_lift_deg` tips the foot onto its toes, `arm_twist_deg` turns the upper arm about its long axis (negative turns
    the bent forearm inwards), `lift_m` is the height of the lower foot above the floor. `pitch_deg` turns the whole
    body forwards: 90 lies on the stomach, -90 on the back. `knees_in_deg` turns the thighs inwards.
    """

    lean_deg: float = 0.0
    hip_flexion_deg: Sides = (0.0, 0.0)
    hip_abduction_deg: Sides = (4.0, 4.0)
    knee_flexion_deg: Sides = (0.0, 0.0)
    toe_out_deg: Sides = (8.0, 8.0)
    heel_lift_deg: Sides = (0.0, 0.0)
    shoulder_flexion_deg: Sides = (4.0, 4.0)
    shoulder_abduction_deg: Sides = (9.0, 9.0)
    elbow_flexion_deg: Sides = (10.0, 10.0)
    arm_twist_deg: Sides = (0.0, 0.0)
    lift_m: float = 0.0
    pitch_deg: float = 0.0
    knees_in_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Joints in the room.

    Attributes
    ----------
    joints_m : dict of str to (3,) float64
        The 33 landmarks by name, and ``pelvis``, ``neck`` and ``head`` (its centre).
    frames : dict of str to (3, 3) float64
        Rotation of each body part; the columns are left, up, forward.
    """

    joints_m: dict[str, FloatArray]
    frames: dict[str, FloatArray]

    def landmarks_m(self) -> FloatArray:
        """The landmarks in metres, shape (33, 3), in MediaPipe's order."""
        return np.array([self.joints_m[name] for name in LANDMARK_NAMES])


def place_skeleton(posture: Posture, *, yaw_deg: float = 0.0, x_m: float = 0.0, z_m: float = 0.0) -> Skeleton:
    """Place a posture in the room.

    Parameters
    ----------
    posture : Posture
    yaw_deg : float
        Direction that the performer faces: 0 the camera, 90 the right of the picture.
    x_m, z_m : float
        Where the midpoint of the ankles is, or the middle of a body that lies; the lower foot is on the floor, or
        `Posture.lift_m` above it.

    Returns
    -------
    Skeleton
    """
    joints: dict[str, FloatArray] = {"pelvis": np.zeros(3)}
    frames: dict[str, FloatArray] = {"pelvis": turn("y", yaw_deg) @ turn("x", posture.pitch_deg)}
    frames["torso"] = frames["pelvis"] @ turn("x", posture.lean_deg)
    _add_head(joints, frames, posture)
    for index, (side, sign) in enumerate((("left", 1), ("right", -1))):
        _add_leg(joints, frames, posture, index, side, sign)
        _add_arm(joints, frames, posture, index, side, sign)
    lowest_m = min(at[1] for name, at in joints.items() if name.endswith(("heel", "foot_index"))) - SOLE_M
    middle = (joints["left_ankle"] + joints["right_ankle"]) / 2
    if abs(posture.pitch_deg) > LYING_DEG:
        middle = (middle + joints["neck"]) / 2
    shift = np.array([x_m - middle[0], posture.lift_m - lowest_m, z_m - middle[2]])
    return Skeleton({name: at + shift for name, at in joints.items()}, frames)


def turn(axis: str, angle_deg: float) -> FloatArray:
    """Rotation matrix (3, 3) about ``"x"``, ``"y"`` or ``"z"``, right-handed."""
    cos, sin = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    rows = {
        "x": [[1, 0, 0], [0, cos, -sin], [0, sin, cos]],
        "y": [[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]],
        "z": [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]],
    }
    return np.array(rows[axis], dtype=np.float64)


def _add_head(joints: dict[str, FloatArray], frames: dict[str, FloatArray], posture: Posture) -> None:
    torso = frames["torso"]
    head = frames["head"] = torso @ turn("x", -HEAD_STAYS_LEVEL * posture.lean_deg)
    joints["neck"] = torso @ [0, NECK_BASE_M, 0]
    centre = joints["head"] = joints["neck"] + torso @ [0, NECK_M, 0] + head @ [0, HEAD_CENTRE_M, 0.018]
    joints["nose"] = centre + head @ _NOSE_M
    for point, (aside, up, forward) in _FACE_M.items():
        for side, sign in (("left", 1), ("right", -1)):
            name = f"mouth_{side}" if point == "mouth" else f"{side}_{point}"
            joints[name] = centre + head @ [sign * aside, up, forward]


def _add_leg(
    joints: dict[str, FloatArray],
    frames: dict[str, FloatArray],
    posture: Posture,
    index: int,
    side: str,
    sign: int,
) -> None:
    root, toe_out_deg = frames["pelvis"], sign * posture.toe_out_deg[index]
    # A foot that points outwards turns its thigh outwards too, but less.
    thigh = (
        root
        @ turn("y", 0.6 * toe_out_deg - sign * posture.knees_in_deg)
        @ turn("z", sign * posture.hip_abduction_deg[index])
        @ turn("x", -posture.hip_flexion_deg[index])
    )
    shank = thigh @ turn("x", posture.knee_flexion_deg[index])
    foot = root @ turn("y", toe_out_deg) @ turn("x", posture.heel_lift_deg[index])
    hip = root @ [sign * HIP_HALF_WIDTH_M, 0, 0]
    knee = hip + thigh @ [0, -THIGH_M, 0]
    ankle = knee + shank @ [0, -SHANK_M, 0]
    joints[f"{side}_hip"], joints[f"{side}_knee"], joints[f"{side}_ankle"] = hip, knee, ankle
    joints[f"{side}_heel"] = ankle + foot @ [0, 0.025 - ANKLE_HEIGHT_M, -HEEL_M]
    joints[f"{side}_foot_index"] = ankle + foot @ [sign * 0.01, 0.02 - ANKLE_HEIGHT_M, FOOT_M - HEEL_M]
    frames[f"{side}_thigh"], frames[f"{side}_shank"], frames[f"{side}_foot"] = thigh, shank, foot


def _add_arm(
    joints: dict[str, FloatArray],
    frames: dict[str, FloatArray],
    posture: Posture,
    index: int,
    side: str,
    sign: int,
) -> None:
    torso = frames["torso"]
    upper = torso @ turn("z", sign * posture.shoulder_abduction_deg[index])
    upper = upper @ turn("x", -posture.shoulder_flexion_deg[index])
    # A raised arm lifts and narrows the shoulder girdle, as in real people.
    raised = float(np.clip(0.3 - upper[:, 1] @ torso[:, 1], 0, 1.3))
    upper = upper @ turn("y", -sign * posture.arm_twist_deg[index])
    fore = upper @ turn("x", -posture.elbow_flexion_deg[index])
    shoulder = torso @ [sign * (SHOULDER_HALF_WIDTH_M - 0.035 * raised), SPINE_M + 0.04 * raised, 0]
    elbow = shoulder + upper @ [0, -UPPER_ARM_M, 0]
    wrist = elbow + fore @ [0, -FOREARM_M, 0]
    joints[f"{side}_shoulder"], joints[f"{side}_elbow"], joints[f"{side}_wrist"] = shoulder, elbow, wrist
    for point, (aside, up, forward) in _HAND_M.items():
        joints[f"{side}_{point}"] = wrist + fore @ [sign * aside, up, forward]
    frames[f"{side}_arm"], frames[f"{side}_fore"] = upper, fore

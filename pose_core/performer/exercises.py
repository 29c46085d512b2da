"""The exercises that the performer knows, right and wrong, and movements that are none: postures with their truth.

Every motion starts at its start posture at phase 0, reaches its far end at 0.5 and is back at 1, at rest in both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pose_core.performer.skeleton import (
    FOREARM_M,
    SHANK_M,
    SPINE_M,
    THIGH_M,
    UPPER_ARM_M,
    Posture,
)

__all__ = ["EXERCISE_MOTIONS", "RIGHT_MOTIONS", "ExerciseMotion", "there_and_back"]

_LEG_M: Final = THIGH_M + SHANK_M
#: Of a body on its toes and hands: heights of ankles and wrists, and how far the hands are ahead of the ankles.
_ANKLE_ON_TOES_M: Final = 0.18
_WRIST_ON_HAND_M: Final = 0.05
_HANDS_AHEAD_M: Final = 1.28


def there_and_back(phase: float) -> float:
    """0 at the ends of the cycle and 1 in its middle, at rest in both places."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * phase)


@dataclass(frozen=True, slots=True)
class ExerciseMotion:
    """A motion, and the truth about it.

    Attributes
    ----------
    posture : callable
        From the share of the way to the far end (0 to 1) to the `Posture` there.
    exercise : str or None
        What it is; None for movements that are no exercise.
    full : bool
        Whether each cycle is a complete repetition.
    faults : tuple of str
        What is wrong with it.
    """

    posture: Callable[[float], Posture]
    exercise: str | None
    full: bool = True
    faults: tuple[str, ...] = ()


# ------------------------------------------------------------------ standing
def squat(
    depth: float, *, lean_deg: float = 42.0, knees_in_deg: float = 0.0, heels_deg: float = 0.0
) -> Posture:
    """A squat; 1 is well below parallel, about 0.74 parallel."""
    thigh_deg = 98 * depth
    knee_deg = thigh_deg + 26 * depth
    return Posture(
        lean_deg=lean_deg * depth,
        hip_flexion_deg=(thigh_deg, thigh_deg),
        hip_abduction_deg=(6 + 9 * depth, 6 + 9 * depth),
        knee_flexion_deg=(knee_deg, knee_deg),
        toe_out_deg=(16, 16),
        heel_lift_deg=(heels_deg * depth, heels_deg * depth),
        shoulder_flexion_deg=(6 + 116 * depth, 6 + 116 * depth),
        shoulder_abduction_deg=(8 + 6 * depth, 8 + 6 * depth),
        elbow_flexion_deg=(8, 8),
        knees_in_deg=knees_in_deg * depth,
    )


def _lunge(depth: float, *, lean_deg: float = 6.0) -> Posture:
    """One foot stays ahead of the other: a split lunge."""
    return Posture(
        lean_deg=lean_deg * depth,
        hip_flexion_deg=(24 + 58 * depth, -22 + 8 * depth),
        hip_abduction_deg=(3, 3),
        knee_flexion_deg=(10 + 78 * depth, 4 + 92 * depth),
        heel_lift_deg=(0, 22 + 42 * depth),
        shoulder_flexion_deg=(8, 8),
        shoulder_abduction_deg=(28, 28),
        elbow_flexion_deg=(70, 70),
        arm_twist_deg=(-60, -60),
    )


def _jack(
    spread: float, *, arms_deg: float = 148.0, feet_deg: float = 22.0, stance_deg: float = 3.0
) -> Posture:
    hop = 2 * math.sqrt(max(0.0, spread * (1 - spread)))
    return Posture(
        hip_flexion_deg=(3, 3),
        hip_abduction_deg=(stance_deg + feet_deg * spread, stance_deg + feet_deg * spread),
        knee_flexion_deg=(6, 6),
        heel_lift_deg=(18 * hop, 18 * hop),
        shoulder_flexion_deg=(4, 4),
        shoulder_abduction_deg=(12 + arms_deg * spread, 12 + arms_deg * spread),
        elbow_flexion_deg=(12, 12),
        lift_m=0.07 * hop,
    )


def _curl(bend: float, *, swing_deg: float = 6.0, most_deg: float = 130.0, lean_deg: float = 0.0) -> Posture:
    elbow_deg = 10 + most_deg * bend
    arm_deg = 4 + swing_deg * bend
    return Posture(
        lean_deg=lean_deg * bend,
        shoulder_flexion_deg=(arm_deg, arm_deg),
        shoulder_abduction_deg=(9, 9),
        elbow_flexion_deg=(elbow_deg, elbow_deg),
    )


def _press(reach: float, *, top_deg: float = 8.0, lean_deg: float = 0.0, behind_deg: float = 0.0) -> Posture:
    """A press; the right elbow stays `behind_deg` more bent than the left one at the top."""
    arm_deg = 45 + 123 * reach
    elbow_deg = 138 - (138 - top_deg) * reach
    return Posture(
        lean_deg=lean_deg * reach,
        shoulder_flexion_deg=(arm_deg, arm_deg),
        shoulder_abduction_deg=(24 - 14 * reach, 24 - 14 * reach),
        elbow_flexion_deg=(elbow_deg, elbow_deg + behind_deg * reach),
        arm_twist_deg=(
            0,
            -90 * reach if behind_deg else 0,
        ),  # towards the side, where the bend is seen from the front
    )


def _wave(share: float) -> Posture:
    """One hand is raised and waves."""
    return Posture(
        shoulder_flexion_deg=(4, 10),
        shoulder_abduction_deg=(9, 100),
        elbow_flexion_deg=(10, 25 + 75 * share),
        arm_twist_deg=(0, -90),
    )


# ------------------------------------------------------------------ on hands and toes
def _on_hands(elbow_deg: float, sag_deg: float) -> Posture:
    """A body on its toes and hands, which stay where they are; the hips hang below the line (or above it, negative).

    Parameters
    ----------
    elbow_deg : float
        Angle of the elbows, 180 straight.
    sag_deg : float
        By how much the hips are bent backwards.
    """
    cosine = math.cos(math.radians(elbow_deg))
    arm_m = math.sqrt(UPPER_ARM_M**2 + FOREARM_M**2 - 2 * UPPER_ARM_M * FOREARM_M * cosine)

    def shoulder(leg_slope: float) -> tuple[float, float]:
        trunk_slope = leg_slope + math.radians(sag_deg)
        along = _LEG_M * math.cos(leg_slope) + SPINE_M * math.cos(trunk_slope)
        up = _ANKLE_ON_TOES_M + _LEG_M * math.sin(leg_slope) + SPINE_M * math.sin(trunk_slope)
        return along, up

    low, high = math.radians(-30 - max(0.0, sag_deg)), math.radians(45)
    for _ in range(50):  # the arm grows with the slope
        middle = (low + high) / 2
        along, up = shoulder(middle)
        if math.hypot(along - _HANDS_AHEAD_M, up - _WRIST_ON_HAND_M) < arm_m and up > 0:
            low = middle
        else:
            high = middle
    slope = math.radians(sag_deg) + (low + high) / 2
    along, up = shoulder((low + high) / 2)
    # From the trunk's downward direction to that of the wrist, towards the front of the body.
    towards = math.atan2(_WRIST_ON_HAND_M - up, _HANDS_AHEAD_M - along)
    wrist_deg = math.degrees(towards - slope) + 180
    at_shoulder = math.degrees(
        math.acos(max(-1.0, min(1.0, (UPPER_ARM_M**2 + arm_m**2 - FOREARM_M**2) / (2 * UPPER_ARM_M * arm_m))))
    )
    upper_deg, bend_deg = wrist_deg - at_shoulder, 180 - elbow_deg
    return Posture(
        pitch_deg=90 - math.degrees(slope),
        hip_flexion_deg=(-sag_deg, -sag_deg),
        hip_abduction_deg=(3, 3),
        shoulder_flexion_deg=(upper_deg, upper_deg),
        shoulder_abduction_deg=(6, 6),
        elbow_flexion_deg=(bend_deg, bend_deg),
    )


def _push_up(
    depth: float, *, top_deg: float = 170.0, bottom_deg: float = 75.0, sag_deg: float = 0.0
) -> Posture:
    return _on_hands(top_deg - (top_deg - bottom_deg) * depth, sag_deg)


def _plank(sway: float, *, sag_deg: float = 0.0) -> Posture:
    return _on_hands(170 - sway, sag_deg)


def _sit_up(rise: float, *, least_deg: float = 4.0, most_deg: float = 78.0) -> Posture:
    """Lying on the back with bent knees, hands at the shoulders."""
    return Posture(
        pitch_deg=-90,
        lean_deg=least_deg + most_deg * rise,
        hip_flexion_deg=(45, 45),
        knee_flexion_deg=(95, 95),
        heel_lift_deg=(90, 90),
        shoulder_flexion_deg=(35, 35),
        shoulder_abduction_deg=(14, 14),
        elbow_flexion_deg=(128, 128),
        arm_twist_deg=(-35, -35),
    )


# ------------------------------------------------------------------ no exercise
def _walk_swinging(share: float) -> Posture:
    """Brisk walking: arms swing far, with bent elbows. Half a stride from start to far end."""
    swing = 1 - 2 * share
    return Posture(
        lean_deg=3,
        hip_flexion_deg=(26 * swing, -26 * swing),
        hip_abduction_deg=(3, 3),
        knee_flexion_deg=(8 + 30 * max(0.0, -swing), 8 + 30 * max(0.0, swing)),
        heel_lift_deg=(25 * max(0.0, -swing), 25 * max(0.0, swing)),
        shoulder_flexion_deg=(-42 * swing, 42 * swing),
        shoulder_abduction_deg=(6, 6),
        elbow_flexion_deg=(60 - 35 * swing, 60 + 35 * swing),
    )


def _with(posture: Callable[..., Posture], **changes: float) -> Callable[[float], Posture]:
    return lambda share: posture(share, **changes)


def _up_to(posture: Callable[[float], Posture], most: float) -> Callable[[float], Posture]:
    return lambda share: posture(share * most)


#: By name. ``squat``, ``lunge`` and ``jack`` of `pose_core.performer.motions` are the other ones there are.
EXERCISE_MOTIONS: Final[dict[str, ExerciseMotion]] = {
    "squat_right": ExerciseMotion(squat, "squat"),
    "squat_partial": ExerciseMotion(_up_to(squat, 0.45), "squat", full=False),
    "squat_shallow": ExerciseMotion(_up_to(squat, 0.66), "squat", faults=("shallow",)),
    "squat_leaning": ExerciseMotion(_with(squat, lean_deg=60.0), "squat", faults=("leaning",)),
    "squat_knees_in": ExerciseMotion(_with(squat, knees_in_deg=18.0), "squat", faults=("knees_in",)),
    "squat_heels": ExerciseMotion(_with(squat, heels_deg=32.0), "squat", faults=("heels",)),
    "push_up": ExerciseMotion(_push_up, "push_up"),
    "push_up_partial": ExerciseMotion(_with(_push_up, bottom_deg=132.0), "push_up", full=False),
    "push_up_sagging": ExerciseMotion(_with(_push_up, sag_deg=28.0), "push_up", faults=("sagging",)),
    "push_up_shallow": ExerciseMotion(_with(_push_up, bottom_deg=103.0), "push_up", faults=("shallow",)),
    "push_up_bent": ExerciseMotion(_with(_push_up, top_deg=136.0), "push_up", faults=("bent_arms",)),
    "push_up_pike": ExerciseMotion(_with(_push_up, sag_deg=-32.0), "push_up", faults=("pike",)),
    "lunge_right": ExerciseMotion(_lunge, "lunge"),
    "lunge_partial": ExerciseMotion(_up_to(_lunge, 0.42), "lunge", full=False),
    "lunge_leaning": ExerciseMotion(_with(_lunge, lean_deg=36.0), "lunge", faults=("leaning",)),
    "lunge_shallow": ExerciseMotion(_up_to(_lunge, 0.7), "lunge", faults=("shallow",)),
    "sit_up": ExerciseMotion(_sit_up, "sit_up"),
    "sit_up_not_down": ExerciseMotion(
        _with(_sit_up, least_deg=28.0, most_deg=54.0), "sit_up", faults=("not_down",)
    ),
    "sit_up_partial": ExerciseMotion(_with(_sit_up, most_deg=38.0), "sit_up", full=False),
    "jack_right": ExerciseMotion(_jack, "jumping_jack"),
    "jack_low_arms": ExerciseMotion(_with(_jack, arms_deg=98.0), "jumping_jack", faults=("low_arms",)),
    "jack_narrow": ExerciseMotion(
        _with(_jack, feet_deg=7.0, stance_deg=1.0), "jumping_jack", faults=("narrow_feet",)
    ),
    "jack_partial": ExerciseMotion(_with(_jack, arms_deg=62.0), "jumping_jack", full=False),
    "curl": ExerciseMotion(_curl, "biceps_curl"),
    "curl_partial": ExerciseMotion(_with(_curl, most_deg=62.0), "biceps_curl", full=False),
    "curl_weak": ExerciseMotion(_with(_curl, most_deg=98.0), "biceps_curl", faults=("weak",)),
    "curl_swinging": ExerciseMotion(_with(_curl, swing_deg=44.0), "biceps_curl", faults=("swinging",)),
    "curl_leaning": ExerciseMotion(_with(_curl, lean_deg=-22.0), "biceps_curl", faults=("leaning_back",)),
    "press": ExerciseMotion(_press, "shoulder_press"),
    "press_partial": ExerciseMotion(_up_to(_press, 0.45), "shoulder_press", full=False),
    "press_bent": ExerciseMotion(_with(_press, top_deg=48.0), "shoulder_press", faults=("bent_arms",)),
    "press_leaning": ExerciseMotion(
        _with(_press, lean_deg=-26.0), "shoulder_press", faults=("leaning_back",)
    ),
    "press_uneven": ExerciseMotion(_with(_press, behind_deg=34.0), "shoulder_press", faults=("uneven",)),
    "plank": ExerciseMotion(_plank, "plank"),
    "plank_sagging": ExerciseMotion(_with(_plank, sag_deg=17.0), "plank", faults=("sagging",)),
    "plank_pike": ExerciseMotion(_with(_plank, sag_deg=-20.0), "plank", faults=("pike",)),
    "wave": ExerciseMotion(_wave, None),
    "walk_swinging": ExerciseMotion(_walk_swinging, None),
}

#: By exercise: the motion that is a complete repetition of it, with nothing wrong.
RIGHT_MOTIONS: Final[dict[str, str]] = {
    motion.exercise: name
    for name, motion in EXERCISE_MOTIONS.items()
    if motion.exercise is not None and motion.full and not motion.faults
}

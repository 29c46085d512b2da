"""What the performer can do: a posture for every phase of each motion."""

from __future__ import annotations

import math
from collections.abc import Callable

from pose_core.errors import SettingsError
from pose_core.performer.exercises import EXERCISE_MOTIONS, squat, there_and_back
from pose_core.performer.skeleton import Posture

__all__ = ["MOTIONS", "posture_at"]


def posture_at(motion: str, phase: float) -> Posture:
    """The posture at one moment of a motion's cycle.

    Parameters
    ----------
    motion : str
        One of `MOTIONS`, or of `pose_core.performer.exercises.EXERCISE_MOTIONS`.
    phase : float
        Position in the cycle; only the fraction counts, so 1.25 is the same moment as 0.25. Every motion except
        ``"walk"`` starts upright at 0 and reaches its extreme at 0.5.

    Returns
    -------
    Posture

    Raises
    ------
    SettingsError
        If the motion is unknown or the phase is not a finite number.
    """
    if motion in EXERCISE_MOTIONS and math.isfinite(phase):
        return EXERCISE_MOTIONS[motion].posture(there_and_back(phase))
    if motion not in _POSTURES and motion not in EXERCISE_MOTIONS:
        raise SettingsError(
            "performer_motion_unknown",
            "motion must be one of {known}; got {motion!r}.",
            known=", ".join((*MOTIONS, *EXERCISE_MOTIONS)),
            motion=motion,
        )
    if not math.isfinite(phase):
        raise SettingsError(
            "performer_phase_not_finite", "phase must be a finite number; got {phase}.", phase=phase
        )
    return _POSTURES[motion](phase % 1.0)


def _squat(phase: float) -> Posture:
    return squat(there_and_back(phase))


def _arm_raise(phase: float) -> Posture:
    abduction_deg = 10 + 150 * there_and_back(phase)
    return Posture(
        shoulder_flexion_deg=(3, 3),
        shoulder_abduction_deg=(abduction_deg, abduction_deg),
        elbow_flexion_deg=(8, 8),
    )


def _lunge(phase: float) -> Posture:
    depth = there_and_back(phase)
    return Posture(
        lean_deg=6 * depth,
        hip_flexion_deg=(10 + 68 * depth, -8 - 8 * depth),
        hip_abduction_deg=(3, 3),
        knee_flexion_deg=(8 + 76 * depth, 6 + 82 * depth),
        heel_lift_deg=(0, 12 + 50 * depth),
        shoulder_flexion_deg=(8, 8),
        shoulder_abduction_deg=(28, 28),
        elbow_flexion_deg=(70, 70),
        arm_twist_deg=(-60, -60),
    )


def _walk(phase: float) -> Posture:
    swing, lift = math.sin(2 * math.pi * phase), math.cos(2 * math.pi * phase)
    left_lift, right_lift = max(0.0, lift), max(0.0, -lift)
    return Posture(
        lean_deg=3,
        hip_flexion_deg=(26 * swing, -26 * swing),
        hip_abduction_deg=(3, 3),
        knee_flexion_deg=(8 + 46 * left_lift**1.5, 8 + 46 * right_lift**1.5),
        heel_lift_deg=(25 * max(0.0, -swing) + 22 * left_lift, 25 * max(0.0, swing) + 22 * right_lift),
        shoulder_flexion_deg=(-22 * swing, 22 * swing),
        shoulder_abduction_deg=(6, 6),
        elbow_flexion_deg=(24, 24),
    )


def _jack(phase: float) -> Posture:
    spread, hop = there_and_back(phase), abs(math.sin(2 * math.pi * phase))
    return Posture(
        hip_flexion_deg=(3, 3),
        hip_abduction_deg=(3 + 22 * spread, 3 + 22 * spread),
        knee_flexion_deg=(6, 6),
        heel_lift_deg=(18 * hop, 18 * hop),
        shoulder_flexion_deg=(4, 4),
        shoulder_abduction_deg=(12 + 148 * spread, 12 + 148 * spread),
        elbow_flexion_deg=(12, 12),
        lift_m=0.07 * hop,
    )


_POSTURES: dict[str, Callable[[float], Posture]] = {
    "squat": _squat,
    "arm_raise": _arm_raise,
    "lunge": _lunge,
    "walk": _walk,
    "jack": _jack,
}

MOTIONS: tuple[str, ...] = tuple(_POSTURES)
"""Names of the motions that a page offers; there are more in `pose_core.performer.exercises`."""

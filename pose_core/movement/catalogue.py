"""The exercises, a record each. Each limit, its source and its uncertainty: docs/coach.md."""

from __future__ import annotations

from typing import Final

from pose_core.movement.exercise import Exercise, Fault, Gate, Part, Signal

__all__ = ["EXERCISES", "EXERCISE_NAMES"]


def _sides(joint: str, space: str = "") -> tuple[str, str]:
    return f"left_{joint}{space}", f"right_{joint}{space}"


def _angles(joint: str, rest: float, target: float, part: Part, most: bool = False) -> tuple[Signal, Signal]:
    """The same joint in the picture and in space, where the model's range is smaller by some ten degrees."""
    towards = 10.0 if target > rest else -10.0
    return (
        Signal(_sides(joint), rest, target, part, most),
        Signal(
            _sides(joint, "_world"), rest + (towards if rest > target else 10.0), target - towards, part, most
        ),
    )


_UPRIGHT: Final = ("trunk_lean", "trunk_lean_world")
#: The feet stay where they are, and so do the hips.
_FEET_STILL: Final = Gate(("ankle_x_m",), high=0.35, when="spread", part="leg")
_LEGS_STILL: Final = (
    _FEET_STILL,
    Gate(("hip_height_m",), -0.15, 0.15, when="change", part="leg"),
    # Standing or on a seat: on the floor, seen from the feet, a trunk that rises looks like arms that do.
    Gate(("hip_height_m",), low=0.3, part="leg"),
    Gate(("ankle_split_m",), high=0.25, when="spread", part="leg"),
    Gate(("knee_difference_deg",), high=30.0, when="spread", part="leg"),
)

_SQUAT: Final = Exercise(
    "squat",
    signals=(
        *_angles("knee", 165.0, 100.0, "leg"),
        Signal(("hip_height_m",), 0.68, 0.42, square=True),
    ),
    gates=(
        Gate(_UPRIGHT, high=65.0, when="extreme", partial=True),
        Gate(("knee_difference_deg",), high=40.0, when="extreme"),
        Gate(("shoulder_height_m",), low=0.55),
        Gate(("ankle_split_m",), high=0.45, when="extreme"),
        _FEET_STILL,
    ),
    posture=(Gate(("hip_height_m",), low=0.55), Gate(_UPRIGHT, high=40.0)),
    faults=(
        Fault(
            "shallow",
            ("hip_over_knee_m",),
            0.12,
            view="side",
            tolerance=0.04,
            weight=3,
            source="IPF rule book: hip crease at or below the top of the knee",
        ),
        Fault(
            "leaning",
            ("trunk_lean",),
            50.0,
            view="side",
            weight=4,
            source="NSCA: as upright as possible; Fuglsang 2017",
        ),
        Fault(
            "knees_in",
            ("knees_per_ankles",),
            -0.15,
            above=False,
            when="change",
            view="front",
            tolerance=0.1,
            weight=5,
            source="proposal; front view limits of agreement: Straub & Powers 2022",
        ),
        Fault(
            "heels",
            ("heel_over_toe_m",),
            0.04,
            when="change",
            view="side",
            tolerance=0.02,
            weight=2,
            source="proposal: 3 % of the leg, and the landmarks' noise",
        ),
    ),
    view="side",
)
_PUSH_UP: Final = Exercise(
    "push_up",
    signals=(
        *_angles("elbow", 155.0, 95.0, "arm"),
        Signal(_sides("shoulder_over_wrist_m"), 0.48, 0.28, "arm"),
    ),
    gates=(
        Gate(("shoulder_height_m",), high=0.85),
        Gate(("wrist_over_ankle_m",), high=0.35),
        Gate(_UPRIGHT, -35.0, 35.0, when="change"),
        Gate(_sides("shoulder_over_wrist_m"), low=0.25, when="rest", part="arm"),
    ),
    posture=(Gate(("shoulder_height_m",), high=0.85), Gate(("wrist_over_ankle_m",), high=0.35)),
    planted="wrist",
    counted_from=(45.0, 90.0),  # arms that point at the camera bend unseen
    faults=(
        Fault(
            "sagging",
            ("hip_sag_deg",),
            20.0,
            when="all",
            view="side",
            weight=5,
            source="shoulder-hip-knee below 160 degrees",
        ),
        Fault(
            "pike",
            ("hip_sag_deg",),
            -20.0,
            above=False,
            when="all",
            view="side",
            weight=4,
            source="shoulder-hip-knee below 160 degrees",
        ),
        Fault(
            "shallow",
            _sides("elbow"),
            95.0,
            view="side",
            weight=3,
            part="arm",
            source="FitnessGram: 90 degrees at the elbow",
        ),
        Fault(
            "bent_arms",
            _sides("elbow"),
            145.0,
            above=False,
            when="rest",
            view="side",
            weight=2,
            part="arm",
            source="proposal: straight is above 150",
        ),
    ),
    view="side",
)
_LUNGE: Final = Exercise(
    "lunge",
    signals=(
        *_angles("knee", 165.0, 105.0, "leg", most=True),
        Signal(("hip_height_m",), 0.68, 0.46),
    ),
    gates=(
        Gate(("ankle_split_m",), low=0.38, when="extreme"),
        Gate(_UPRIGHT, high=40.0, when="extreme"),
        Gate(("hip_height_m",), high=-0.12, when="change", partial=True),
    ),
    posture=(Gate(("hip_height_m",), low=0.5), Gate(_UPRIGHT, high=30.0)),
    faults=(
        Fault("leaning", ("trunk_lean",), 20.0, view="side", weight=4, source="proposal"),
        Fault(
            "shallow",
            _sides("knee"),
            115.0,
            view="side",
            weight=3,
            part="leg",
            source="Ngo: front knee 60 to 135; both near 90",
        ),
    ),
    view="side",
)
_SIT_UP: Final = Exercise(
    "sit_up",
    signals=(
        Signal(("trunk_lean",), 80.0, 35.0),
        Signal(("trunk_lean_world",), 80.0, 40.0),
        Signal(_sides("hip"), 120.0, 75.0, "whole"),
    ),
    gates=(
        Gate(("hip_height_m",), high=0.3),
        Gate(("shoulder_over_hip_m",), high=0.3, when="rest"),
        Gate(("shoulder_over_hip_m",), low=0.15, when="change"),
        Gate(_sides("shoulder_over_wrist_m"), high=0.25, when="rest", part="arm"),
    ),
    posture=(Gate(("hip_height_m",), high=0.3), Gate(("shoulder_over_hip_m",), high=0.3)),
    planted="hip",
    counted_from=(25.0, 90.0),  # a trunk along the line of sight rises unseen
    faults=(
        Fault("jerky", (), 0.4, above=False, when="down", tolerance=0.1, weight=3, source="proposal"),
        Fault(
            "not_down",
            ("trunk_lean",),
            65.0,
            above=False,
            when="rest",
            view="side",
            weight=2,
            source="Presidential fitness test: shoulders back to the floor",
        ),
    ),
    view="side",
)
_JACK: Final = Exercise(
    "jumping_jack",
    signals=(
        *_angles("shoulder", 35.0, 115.0, "arm"),
        Signal(_sides("shoulder_over_wrist_m"), 0.40, -0.2, "arm"),
    ),
    gates=(
        Gate(("ankle_spread_image_m", "ankle_straddle_m"), low=0.15, when="change"),
        Gate(("hip_height_m",), low=0.45),
    ),
    posture=(Gate(("hip_height_m",), low=0.55), Gate(_UPRIGHT, high=25.0)),
    faults=(
        Fault(
            "low_arms",
            _sides("wrist_over_nose_m"),
            0.0,
            above=False,
            tolerance=0.05,
            weight=3,
            part="arm",
            source="hands above the head",
        ),
        Fault(
            "narrow_feet",
            ("ankle_spread_image_m",),
            0.45,
            above=False,
            view="front",
            tolerance=0.08,
            weight=2,
            source="proposal: 1.3 shoulder widths",
        ),
    ),
    view="front",
    counted_from=(0.0, 78.0),  # feet that part along the line of sight do so unseen
)
_CURL: Final = Exercise(
    "biceps_curl",
    signals=(
        *_angles("elbow", 145.0, 75.0, "arm", most=True),
        Signal(_sides("shoulder_over_wrist_m"), 0.45, 0.15, "arm", most=True, square=True),
    ),
    gates=(
        Gate(_UPRIGHT, high=30.0),
        Gate(("shoulder_over_hip_m",), low=0.3),
        Gate(_sides("shoulder"), high=60.0, part="arm"),
        # Arms that are raised towards the camera look as if they bent.
        Gate(_sides("shoulder", "_world"), -60.0, 60.0, when="change", part="arm"),
        Gate(_sides("shoulder_over_wrist_m"), low=0.2, when="rest", part="arm"),
        *_LEGS_STILL,
    ),
    posture=(Gate(_UPRIGHT, high=20.0), Gate(("shoulder_over_hip_m",), low=0.3)),
    faults=(
        Fault(
            "swinging",
            _sides("shoulder"),
            20.0,
            when="change",
            view="side",
            weight=5,
            part="arm",
            source="proposal; Ngo: upper arm more than 40 degrees from the trunk",
        ),
        Fault(
            "leaning_back",
            ("trunk_lean",),
            10.0,
            when="change",
            view="side",
            tolerance=4.0,
            weight=4,
            source="proposal",
        ),
        Fault(
            "weak",
            _sides("elbow"),
            65.0,
            view="side",
            weight=3,
            part="arm",
            source="Ngo: elbow at the top above 60 degrees is weak",
        ),
    ),
    view="side",
)
_PRESS: Final = Exercise(
    "shoulder_press",
    signals=(
        *_angles("elbow", 90.0, 150.0, "arm"),
        Signal(_sides("shoulder"), 50.0, 130.0, "arm"),
        Signal(_sides("shoulder_over_wrist_m"), 0.05, -0.35, "arm"),
    ),
    gates=(
        Gate(_UPRIGHT, high=30.0),
        Gate(("shoulder_over_hip_m",), low=0.3),
        Gate(_sides("elbow"), high=110.0, when="rest", part="arm"),
        Gate(_sides("shoulder_over_wrist_m"), high=-0.2, when="extreme", part="arm"),
        *_LEGS_STILL,
    ),
    posture=(Gate(_UPRIGHT, high=20.0), Gate(("shoulder_over_hip_m",), low=0.3)),
    faults=(
        Fault("leaning_back", ("trunk_lean",), 15.0, view="side", weight=5, source="proposal"),
        Fault(
            "bent_arms",
            _sides("elbow"),
            150.0,
            above=False,
            weight=3,
            part="arm",
            source="proposal: straight is above 155",
        ),
        Fault(
            "uneven",
            ("elbow_difference_deg",),
            20.0,
            view="front",
            tolerance=8.0,
            weight=2,
            source="proposal",
        ),
    ),
    view="front",
)
_PLANK: Final = Exercise(
    "plank",
    signals=(),
    gates=(
        Gate(("trunk_lean",), 60.0, 120.0),
        Gate(("hip_sag_deg",), -25.0, 25.0),
        Gate(_sides("knee"), low=150.0, part="leg"),
    ),
    planted="hip",
    hold=True,
    faults=(
        Fault(
            "sagging",
            ("hip_sag_deg",),
            15.0,
            when="all",
            view="side",
            tolerance=4.0,
            weight=5,
            source="hip line 165 to 195 degrees",
        ),
        Fault(
            "pike",
            ("hip_sag_deg",),
            -15.0,
            above=False,
            when="all",
            view="side",
            tolerance=4.0,
            weight=4,
            source="hip line 165 to 195 degrees",
        ),
    ),
    view="side",
)

#: By name, in the order in which a page shows them.
EXERCISES: Final = {
    exercise.name: exercise for exercise in (_SQUAT, _PUSH_UP, _LUNGE, _SIT_UP, _JACK, _CURL, _PRESS, _PLANK)
}
EXERCISE_NAMES: Final[tuple[str, ...]] = tuple(EXERCISES)

"""What the counter is told: numbers, one sentence, and how to turn when a view cannot show depth."""

from __future__ import annotations

import json

from pose_core.movement.coach import Coach
from pose_ui.coach.message import coach_message
from tests.support.performing import Show, truly


def _told(motion: str, yaw_deg: float, exercise: str, cycles: int = 2) -> dict[str, object]:
    coach = Coach(exercise, arming=False)
    for frame in truly(Show(motion, yaw_deg, 1.0, cycles=cycles)):
        coach.add(frame)
    message = coach_message(coach.state, 5.0)
    json.dumps(message, allow_nan=False)
    return message


def test_it_has_the_count_and_both_sides_of_the_last_repetition() -> None:
    told = _told("squat_right", 90.0, "squat")
    assert (told["at"], told["exercise"], told["count"], told["hint"]) == (5.0, "squat", 2, None)
    assert told["depth"] is not None
    assert told["down"] is not None


def test_from_the_front_it_says_how_to_turn() -> None:
    assert _told("squat_right", 0.0, "squat")["hint"] == "turn_sideways"
    assert _told("jack_right", 90.0, "jumping_jack")["hint"] == "face_camera"


def test_a_view_that_hides_the_repetitions_is_said_first() -> None:
    assert _told("push_up", 30.0, "push_up")["obstacle"] == "turn_to_count"
    assert _told("sit_up", 0.0, "sit_up")["obstacle"] == "turn_to_count"
    assert _told("jack_right", 90.0, "jumping_jack")["obstacle"] == "face_to_count"
    assert _told("push_up", 60.0, "push_up")["obstacle"] is None


def test_a_hold_has_seconds() -> None:
    told = _told("plank", 90.0, "plank", cycles=4)
    assert isinstance(told["hold"], float)
    assert told["hold"] > 3


def test_while_an_exercise_is_recognised_nothing_is_counted() -> None:
    told = _told("squat_right", 90.0, "auto")
    assert (told["exercise"], told["count"]) == (None, 0)

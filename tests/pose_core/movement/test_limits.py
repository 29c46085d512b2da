"""Limits of form changed by hand: what was measured is judged again, counts stay, nonsense is refused."""

from __future__ import annotations

import pytest

from pose_core.errors import SettingsError
from pose_core.movement.catalogue import EXERCISES
from pose_core.movement.coach import Coach
from pose_core.movement.limits import (
    exercises_with,
    limit_text,
    limits_as_text,
    limits_from_text,
    shown,
    stored,
)
from pose_core.movement.repetitions import judged_again
from pose_ui.texts import Translator
from tests.support.performing import Show, coached, truly

FAULTS = [(name, fault) for name, record in EXERCISES.items() for fault in record.faults]


def test_a_limit_changed_in_the_middle_of_a_set_judges_what_is_there_and_what_follows() -> None:
    coach = Coach("squat", arming=False)
    frames = list(truly(Show("squat_leaning", 90.0, 1.0)))
    for frame in frames[: len(frames) // 2]:
        coach.add(frame)
    before = coach.state
    assert before.count >= 1
    assert all(one.faults for one in before.repetitions)
    coach.adjust(exercises_with({"squat": {"leaning": 80.0}}))
    assert coach.state.count == before.count
    for frame in frames[len(frames) // 2 :]:
        coach.add(frame)
    assert coach.state.count == 4
    assert not any(one.faults for one in coach.state.repetitions)


def test_judging_again_by_the_standard_gives_the_standard_judgement() -> None:
    for repetition in coached(truly(Show("squat_leaning", 90.0, 1.0)), "squat").state.repetitions:
        strict = judged_again(repetition, EXERCISES["squat"].with_limits({"shallow": -0.19}))
        assert {fault.fault for fault in strict.faults} == {"leaning", "shallow"}
        assert judged_again(strict, EXERCISES["squat"]) == repetition


def test_what_a_view_cannot_show_is_not_judged_by_any_limit() -> None:
    strict = exercises_with({"squat": {"leaning": 5.0, "shallow": -0.19}})
    coach = Coach("squat", arming=False, exercises=strict)
    for frame in truly(Show("squat_leaning", 0.0, 1.0)):
        coach.add(frame)
    assert not any(one.faults for one in coach.state.repetitions)


@pytest.mark.parametrize("value", [float("nan"), 1e9, -1e9])
def test_a_limit_far_from_the_standard_is_refused(value: float) -> None:
    with pytest.raises(SettingsError, match="leaning"):
        exercises_with({"squat": {"leaning": value}})


@pytest.mark.parametrize(
    ("exercise", "fault"), FAULTS, ids=[f"{name}-{fault.name}" for name, fault in FAULTS]
)
def test_each_limit_can_be_shown_stored_and_read_in_both_languages(exercise: str, fault: object) -> None:
    (one,) = (one for one in EXERCISES[exercise].faults if one is fault)
    low, high = one.range
    assert low < one.limit < high
    for value in (low, one.limit, high):
        again = stored(one, shown(one, value))
        assert again == pytest.approx(value, abs=0.006 if one.unit != "deg" else 0.6)
        assert exercises_with({exercise: {one.name: again}})[exercise].limits == {one.name: again}
    assert limit_text(one, one.limit)
    assert Translator("en")(f"source.{exercise}_{one.name}") == one.source
    for language in ("en", "zh"):
        assert Translator("zh" if language == "zh" else "en")(f"limit.{exercise}_{one.name}")


def test_changed_limits_survive_an_address_and_a_wrong_one_changes_nothing() -> None:
    limits = {"squat": {"leaning": 60.0, "knees_in": -0.25}, "plank": {"sagging": 12.0}}
    assert limits_from_text(limits_as_text(limits)) == limits
    assert limits_from_text("") == {}
    for text in (
        "squat",
        "squat.leaning",
        "squat.leaning.x",
        "squat.leaning.nan",
        "squat.leaning.900",
        "hop.a.1",
    ):
        assert limits_from_text(text) is None

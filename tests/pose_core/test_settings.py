"""Choices are checked where they are made, compared by value, and usable as keys."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from pose_core.errors import PoseCoreError, SettingsError
from pose_core.settings import MAX_PEOPLE, DetectionSettings, DrawSettings, PoseSettings


@pytest.mark.parametrize("people", range(1, MAX_PEOPLE + 1))
def test_every_number_of_people_in_the_range_is_accepted(people: int) -> None:
    assert DetectionSettings(people=people).people == people


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", ["detection_confidence", "presence_confidence"])
def test_confidence_may_be_at_either_end_of_its_range(name: str, value: float) -> None:
    assert getattr(DetectionSettings(**{name: value}), name) == value


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), float("inf")])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (DetectionSettings, "detection_confidence"),
        (DetectionSettings, "presence_confidence"),
        (PoseSettings, "visibility_limit"),
    ],
)
def test_a_value_outside_0_to_1_is_refused(kind: Any, name: str, value: float) -> None:
    with pytest.raises(SettingsError) as caught:
        kind(**{name: value})
    assert caught.value.code == "setting_range"
    assert caught.value.values["name"] == name
    assert name in str(caught.value)
    assert "must be 0 to 1; got" in str(caught.value)


@pytest.mark.parametrize("people", [0, -1, MAX_PEOPLE + 1])
def test_a_number_of_people_outside_its_range_is_refused(people: int) -> None:
    with pytest.raises(SettingsError, match=f"people must be 1 to {MAX_PEOPLE}; got {people}"):
        DetectionSettings(people=people)


@pytest.mark.parametrize("model", ["", "FULL", "huge", "../full"])
def test_an_unknown_model_is_refused(model: Any) -> None:
    with pytest.raises(SettingsError, match="one of lite, full, heavy") as caught:
        DetectionSettings(model=model)
    assert caught.value.code == "setting_model"


def test_a_wrong_choice_is_both_an_error_for_the_screen_and_a_value_error() -> None:
    assert issubclass(SettingsError, PoseCoreError)
    assert issubclass(SettingsError, ValueError)


def test_equal_choices_are_the_same_key() -> None:
    assert {DetectionSettings(people=2): "kept"}[DetectionSettings(people=2)] == "kept"
    assert DetectionSettings(people=2) != DetectionSettings(people=3)


@pytest.mark.parametrize("kind", [DetectionSettings, DrawSettings, PoseSettings])
def test_choices_cannot_be_changed(kind: Any) -> None:
    choices = kind()
    with pytest.raises(FrozenInstanceError):
        setattr(choices, fields(kind)[0].name, None)


def test_how_a_pose_is_drawn_does_not_touch_what_is_detected() -> None:
    """Landmarks are cached by the detection settings, so changing a colour must never run the model again."""
    before = PoseSettings()
    after = PoseSettings(draw=DrawSettings(names=False, angles=True, confidence=True, skeleton_only=True))
    assert before.detection == after.detection
    assert before.draw != after.draw

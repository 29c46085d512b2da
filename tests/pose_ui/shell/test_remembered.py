"""How choices are written and read back; texts from outside never become a value that cannot be chosen."""

from __future__ import annotations

from typing import Any

import pytest

from pose_ui.live import choices as live_choices
from pose_ui.shell import settings_panel
from pose_ui.shell.remembered import Choice, number_within, on_off, one_of, some_of

CHOICES: dict[str, tuple[Choice, list[Any], list[str]]] = {
    "one": (one_of((15, 24, 30), 30), [15, 30], ["16", "", "15 "]),
    "some": (some_of(("a", "b", "c"), ["a"]), [["a"], ["c", "a"], []], ["d", "a.d", "a.a", "", "a.-"]),
    "whole": (number_within(1, 5, 1), [1, 4], ["0", "6", "1.5", "x", "nan", ""]),
    "fraction": (number_within(0.05, 0.95, 0.5), [0.05, 0.35], ["0", "1e9", "nan", "inf", "-1", "x"]),
    "switch": (on_off(True), [True, False], ["2", "true", ""]),
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_value_survives_writing_and_reading(name: str) -> None:
    choice, values, _ = CHOICES[name]
    for value in values:
        back = choice.read(choice.write(value))
        assert back == value
        assert type(back) is type(value)


@pytest.mark.parametrize("name", CHOICES)
def test_what_cannot_be_chosen_is_not_read(name: str) -> None:
    choice, _, wrong = CHOICES[name]
    assert [choice.read(text) for text in wrong] == [None] * len(wrong)


@pytest.mark.parametrize("module", [settings_panel, live_choices], ids=["settings", "live"])
def test_each_choice_of_a_page_can_be_read_back(module: Any) -> None:
    for name, choice in module._CHOICES.items():
        assert choice.read(choice.write(choice.default)) == choice.default, name

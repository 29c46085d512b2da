"""The answers say no more than the figures do."""

from __future__ import annotations

import re
from dataclasses import replace

from pose_core.evaluation.bootstrap import Figure
from pose_core.evaluation.outcomes import Protocol
from pose_core.evaluation.published import PUBLISHED
from pose_core.evaluation.validate import Exchanged, ValidationResult
from pose_core.evaluation.words import (
    answers,
    best_model,
    definitions,
    difference_text,
    figures_table,
    groups_table,
    joints_table,
    notes,
    paired_table,
    percent,
    published_table,
    widths_text,
)
from pose_ui.texts import Translator
from tests.support.validations import made_up

EN, ZH = Translator("en"), Translator("zh")


def answer(result: ValidationResult, question: str, model: str, protocol: Protocol = "crop") -> str:
    return dict(answers(result, model, protocol, EN))[EN(f"validate.ask_{question}")]


def test_a_real_difference_is_named_with_its_paired_interval() -> None:
    result = made_up({"lite": 30.0, "full": 4.0}, pictures=60)
    text = difference_text(result, "crop", EN)
    found = re.fullmatch(
        r"Yes: full gets ([\d.]+) points more of the joints right than lite \[([\d.]+), ([\d.]+)\]\.", text
    )
    assert found, text
    difference = result.paired[1].differences["pck"]
    assert (result.paired[1].a, result.paired[1].b, result.paired[1].protocol) == ("lite", "full", "crop")
    assert [float(part) for part in found.groups()] == [
        round(100 * value, 1) for value in (difference.value, difference.low, difference.high)
    ]


def test_the_sign_is_right_if_the_first_model_is_the_better_one() -> None:
    text = difference_text(made_up({"lite": 4.0, "full": 30.0}, pictures=60), "crop", EN)
    assert text.startswith("Yes: lite gets ")
    low, high = re.findall(r"[\d.]+(?=[,\]])", text)
    assert float(low) < float(high)


def test_equal_models_are_not_told_apart_and_few_pictures_are_said_to_be_few() -> None:
    text = difference_text(made_up({"lite": 6.0, "full": 6.0}), "crop", EN)
    assert "cannot be told apart: +0.0 [+0.0, +0.0]" in text
    assert "12 pictures are too few to tell apart less than" in text
    assert "Yes" not in text


def test_people_missed_in_whole_pictures_are_said_apart() -> None:
    result = made_up({"full": 4.0}, pictures=20, missed=10)
    assert "full finds 20 of 20 people when each is cropped, but only 10 in whole" in answer(
        result, "found", "full"
    )
    assert "10 people not found at all" in answer(result, "fails", "full", "whole")
    assert "not found at all" not in answer(result, "fails", "full")
    assert "20" in dict(answers(result, "full", "crop", ZH))[ZH("validate.ask_found")]
    text = answer(made_up({"full": 4.0}), "found", "full")
    assert text.startswith("full finds all 12 people, cropped and in whole pictures.")


def test_the_parts_that_are_wrong_most_often_are_named_worst_first() -> None:
    result = made_up({"full": 0.0}, shift_x=-40)
    one = result.scores["full", "crop"].per_joint
    assert one["left_knee"].pck_found.value == 0
    assert one["right_knee"].pck_found.value == 1
    found = re.fullmatch(
        r"Of the people found, most often at: \w+ \((\d+) % right\), \w+ \((\d+) % right\)\.",
        answer(result, "fails", "full"),
    )
    assert found
    assert [int(share) for share in found.groups()] == [50, 50]
    assert answer(made_up({"full": 0.0}), "fails", "full").startswith("Nowhere in particular")


def test_the_answers_speak_of_the_model_that_is_asked_for_and_of_no_abbreviation() -> None:
    result = made_up({"lite": 30.0, "full": 4.0}, pictures=60)
    assert answer(result, "found", "lite").startswith("lite finds all 60 people")
    assert not any("PCK" in text for _, text in answers(result, "lite", "crop", EN))
    assert EN("validate.ask_real") not in dict(answers(made_up({"full": 4.0}), "full", "crop", EN))


def test_exchanged_annotations_come_before_everything_else() -> None:
    assert any("look exchanged: 12 of 12" in note for note in notes(made_up({"full": 2.0}, turned=True), EN))
    assert not list(notes(made_up({"full": 2.0}), EN))


def test_a_few_that_look_exchanged_are_named_without_accusing_the_file() -> None:
    few = replace(made_up({"full": 2.0}), exchanged=Exchanged(False, 12, (("3.jpg", 3),)))
    assert [note[:40] for note in notes(few, EN)] == ["1 of 12 people fit much better with left"]


def test_published_figures_are_as_published() -> None:
    values = {(one.model, one.data): one.value for one in PUBLISHED}
    assert [values["MediaPipe full", data] for data in ("Yoga", "Dance", "HIIT")] == [0.955, 0.963, 0.957]
    assert [values[f"MoveNet {name}", "COCO, one person"] for name in ("Lightning", "Thunder")] == [
        0.63,
        0.72,
    ]
    assert [values[f"RTMPose-{name}", "COCO val2017"] for name in "tsm"] == [0.685, 0.722, 0.758]
    assert len(published_table(EN)[1]) == len(PUBLISHED) == 14


def test_a_wrong_width_of_the_hips_is_said() -> None:
    result = made_up({"full": 0.0}, shift_x=-10)
    assert re.search(
        r"Hips are predicted \d\d % \[\d+, \d+\] as wide as annotated",
        widths_text(result, "full", "crop", EN),
    )


def test_tables_have_a_row_for_everything_and_percent_with_intervals() -> None:
    result = made_up({"lite": 9.0, "full": 4.0, "heavy": 3.0})
    head, rows = figures_table(result, EN)
    assert [row[:2] for row in rows[:2]] == [["lite", "Whole picture"], ["lite", "Cropped to each person"]]
    assert all(len(row) == len(head) for row in rows)
    assert rows[0][2] == "100.0 % [100.0, 100.0]"
    assert len(paired_table(result, EN)[1]) == 6
    joints = joints_table(result, "lite", "crop", EN)[1]
    assert len(joints) == 17
    assert joints[0][5] == "–", "a nose has no other side"
    assert ["From the front", "12"] in [row[:2] for row in groups_table(result, "lite", EN)[1]]
    assert best_model(made_up({"lite": 30.0, "full": 4.0}), "crop") == "full"
    assert len(definitions(ZH)) == 6


def test_what_is_unknown_is_a_dash() -> None:
    nan = float("nan")
    assert percent(None) == percent(Figure(nan, nan, nan)) == "–"
    assert percent(Figure(0.5, nan, nan)) == "50.0 %"


def test_one_picture_tells_no_models_apart() -> None:
    result = made_up({"lite": 30.0, "full": 4.0}, pictures=1)
    assert difference_text(result, "crop", EN) == "One picture is too few to tell models apart."
    assert not any("nan" in text for _, text in answers(result, "full", "crop", EN))
    assert answer(result, "found", "full").startswith("full finds 1 of 1 annotated")
    assert answer(result, "fails", "full") == "Too few people were found to say."


def test_differences_that_are_large_and_still_unclear_need_more_pictures() -> None:
    result = made_up({"lite": 22.0, "full": 4.0}, pictures=6)
    wide = Figure(0.2, -0.01, 0.4)
    paired = tuple(replace(pair, differences={**pair.differences, "pck": wide}) for pair in result.paired)
    text = difference_text(replace(result, paired=paired), "crop", EN)
    assert "cannot be told apart" in text
    assert text.endswith("6 pictures are too few for that; 50 or more tell smaller differences apart.")

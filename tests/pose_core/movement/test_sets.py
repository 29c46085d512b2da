"""A set once it is over: corrections by hand stand beside what was counted, in every file."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime

import openpyxl
import pytest

from pose_core.export.sets import COLUMNS, set_report, set_to_csv, set_to_json, set_to_xlsx
from pose_core.movement.holds import Hold
from pose_core.movement.repetitions import Judgement, Repetition
from pose_core.movement.sets import Correction, ExerciseSet
from pose_core.translate import untranslated

NAN = float("nan")


def repetition(
    number: int, *, full: bool = True, speed: float = 1.0, faults: tuple[str, ...] = ()
) -> Repetition:
    start_s = 3.0 * number
    return Repetition(
        number=number,
        full=full,
        whole=True,
        start_s=start_s,
        bottom_s=start_s + 0.8,
        end_s=start_s + 1.6,
        counted_s=start_s + 1.3,
        down_s=0.7,
        pause_s=0.1,
        up_s=0.8,
        range_deg=100.0,
        depth_deg=65.0,
        sides_deg=(66.0, 64.0) if number > 1 else (NAN, NAN),
        speed=speed,
        yaw_deg=80.0,
        effort_range=1.2 + 0.1 * number,
        faults=tuple(Judgement(name, 0.2, 0.12, True) for name in faults),
    )


SET = ExerciseSet(
    "squat",
    "performer",
    datetime(2026, 1, 2, 3, 4, 5),
    (repetition(1, faults=("shallow",)), repetition(2, speed=2.0), repetition(1, full=False), repetition(3)),
)


def test_corrections_change_the_corrected_count_only() -> None:
    one = SET.with_correction(Correction("plus_one")).with_correction(Correction("was_none", 2))
    one = one.with_correction(Correction("was_none", 2)).with_correction(Correction("minus_one"))
    assert (one.counted, one.partial, one.corrected) == (3, 1, 2)
    assert [one.was_none(rep) for rep in one.repetitions] == [False, True, False, False]
    assert one.without_last_correction().corrected == 3


def test_a_count_never_falls_below_zero() -> None:
    one = SET
    for _ in range(5):
        one = one.with_correction(Correction("minus_one"))
    assert (one.corrected, len(one.corrections)) == (0, 3)


def test_speed_loss_is_against_the_fastest_and_the_best_has_no_fault() -> None:
    assert [SET.speed_loss(rep) for rep in SET.repetitions] == pytest.approx(
        [0.5, 0.0, NAN, 0.5], nan_ok=True
    )
    found = SET.best_and_worst()
    assert found is not None
    best, worst = found
    assert (best.number, worst.number) == (3, 1)


def test_json_has_what_was_counted_each_correction_and_each_repetition() -> None:
    found = json.loads(set_to_json(SET.with_correction(Correction("was_none", 2))))
    assert (found["counted"], found["partial"], found["corrected"]) == (3, 1, 2)
    assert found["corrections"] == [{"kind": "was_none", "repetition": 2}]
    assert [one["kind"] for one in found["repetitions"]] == ["full", "none", "partial", "full"]
    first = found["repetitions"][0]
    assert first["difference_deg"] is None
    assert first["faults"] == [{"fault": "shallow", "value": 0.2, "limit": 0.12, "certain": True}]
    assert {one["fault"] for one in found["limits"]} >= {"shallow", "leaning"}


def test_csv_and_xlsx_have_a_row_for_each_repetition_and_the_corrections() -> None:
    one = SET.with_correction(Correction("plus_one"))
    rows = list(csv.DictReader(io.StringIO(set_to_csv(one).decode("utf-8-sig"))))
    assert [row["kind"] for row in rows] == ["full", "full", "partial", "full", "correction_plus_one"]
    assert rows[1]["left_deg"] == "66.0"
    book = openpyxl.load_workbook(io.BytesIO(set_to_xlsx(one)))
    sheet = book["coach.sheet_repetitions"]
    assert [cell.value for cell in sheet[1]] == [f"coach.column_{name}" for name in COLUMNS]
    assert sheet.max_row == 5
    about = {row[0].value: row[1].value for row in book["coach.sheet_about"].iter_rows()}
    assert (about["corrections"], about["corrected"]) == ("plus_one", 4)


def test_changed_limits_judge_the_set_again_and_stand_in_every_file() -> None:
    measured = replace(repetition(1), measured=(("leaning", 54.0), ("shallow", 0.2)))
    one = replace(SET, repetitions=(measured,)).with_limits({"leaning": 58.0})
    assert [fault.fault for fault in one.repetitions[0].faults] == ["shallow"]
    assert [fault.fault for fault in one.with_limits({}).repetitions[0].faults] == ["shallow", "leaning"]
    found = json.loads(set_to_json(one))
    (leaning,) = (limit for limit in found["limits"] if limit["fault"] == "leaning")
    assert (leaning["limit"], leaning["standard"], leaning["tolerance"], leaning["unit"]) == (
        58,
        50,
        6,
        "deg",
    )
    assert found["repetitions"][0]["measured"] == {"leaning": 54.0, "shallow": 0.2}
    rows = list(csv.DictReader(io.StringIO(set_to_csv(one).decode("utf-8-sig"))))
    assert [(row["kind"], row["faults"]) for row in rows[1:]] == [("limit", "leaning=58")]
    sheet = openpyxl.load_workbook(io.BytesIO(set_to_xlsx(one)))["coach.limits"]
    assert [row[2].value for row in sheet.iter_rows(min_row=2)][:2] == ["12 cm", "58°"]
    html = set_report(one, ([], []), {}, "lead", untranslated, language="en").decode()
    assert "coach.limits_changed" in html
    assert "58°" in html
    assert "50°" in html


def test_holds_are_listed_with_their_seconds() -> None:
    one = ExerciseSet("plank", "film", datetime(2026, 1, 2), holds=(Hold(1.0, 13.5),))
    assert one.held_s == 12.5
    (row,) = csv.DictReader(io.StringIO(set_to_csv(one).decode("utf-8-sig")))
    assert row["duration_s"] == "12.5"


def test_the_report_holds_its_table_its_stills_and_the_correction() -> None:
    one = SET.with_correction(Correction("plus_one"))
    stills = {"best": (b"\xff\xd8\xff\xe0", "the best one")}
    html = set_report(one, (["a"], [["<b>"]]), stills, "lead", untranslated, language="en").decode()
    assert "&lt;b&gt;" in html
    assert "the best one" in html
    assert "coach.corrected_note" in html

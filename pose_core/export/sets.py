"""Sets of an exercise as files: JSON, CSV, XLSX and an HTML report. What a person corrected stands apart in each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pose_core.export.report import Beside, Chart, Facts, Heading, Part, Picture, Table, Text, html_report
from pose_core.export.tables import CellValue, flat_rows, number_cell
from pose_core.export.workbook import Workbook
from pose_core.figures.repetitions import StripBar, strip_figure
from pose_core.movement.catalogue import EXERCISES
from pose_core.movement.exercise import Fault
from pose_core.movement.limits import limit_text
from pose_core.movement.repetitions import Repetition
from pose_core.movement.sets import ExerciseSet
from pose_core.translate import Translate, untranslated
from pose_core.version import VERSION

__all__ = [
    "COLUMNS",
    "SCHEMA_VERSION",
    "changed_text",
    "limits_table",
    "set_bars",
    "set_report",
    "set_to_csv",
    "set_to_json",
    "set_to_xlsx",
]

#: Goes up whenever a field changes its name or meaning.
SCHEMA_VERSION: Final = "1.1"
#: Of the table of repetitions; ``kind`` is full, partial, or none: counted, but a person said that it was none.
COLUMNS: Final = (
    "number",
    "kind",
    "start_s",
    "bottom_s",
    "end_s",
    "down_s",
    "pause_s",
    "up_s",
    "range_deg",
    "depth_deg",
    "left_deg",
    "right_deg",
    "difference_deg",
    "speed_loss",
    "faults",
)
_HOLD_COLUMNS: Final = ("number", "start_s", "end_s", "duration_s", "faults")


def _kind(one: ExerciseSet, repetition: Repetition) -> str:
    if one.was_none(repetition):
        return "none"
    return "full" if repetition.full else "partial"


def _rows(one: ExerciseSet) -> Iterator[dict[str, CellValue]]:
    for repetition in one.repetitions:
        left_deg, right_deg = repetition.sides_deg
        times = {
            name: number_cell(getattr(repetition, name), 3)
            for name in ("start_s", "bottom_s", "end_s", "down_s", "pause_s", "up_s")
        }
        yield {
            "number": repetition.number,
            "kind": _kind(one, repetition),
            **times,
            "range_deg": number_cell(repetition.range_deg, 1),
            "depth_deg": number_cell(repetition.depth_deg, 1),
            "left_deg": number_cell(left_deg, 1),
            "right_deg": number_cell(right_deg, 1),
            "difference_deg": number_cell(repetition.difference_deg, 1),
            "speed_loss": number_cell(one.speed_loss(repetition), 3),
            "faults": ", ".join(fault.fault for fault in repetition.faults),
        }


def _hold_rows(one: ExerciseSet) -> Iterator[dict[str, CellValue]]:
    for number, hold in enumerate(one.holds, start=1):
        yield {
            "number": number,
            "start_s": number_cell(hold.start_s, 3),
            "end_s": number_cell(hold.end_s, 3),
            "duration_s": number_cell(hold.duration_s, 3),
            "faults": ", ".join(fault.fault for fault in hold.faults),
        }


def _faults_of(one: ExerciseSet) -> tuple[Fault, ...]:
    """With their standard limits."""
    return EXERCISES[one.exercise].faults if one.exercise in EXERCISES else ()


def limits_table(one: ExerciseSet, t: Translate) -> tuple[list[str], list[list[str]]]:
    """Head and rows, to read: the limits that a set was judged by, each with its standard, uncertainty and source."""
    names = ("fault", "what", "limit", "tolerance", "standard", "source")
    rows = [
        [
            t(f"fault.{one.exercise}_{fault.name}"),
            t(f"limit.{one.exercise}_{fault.name}"),
            limit_text(fault, one.limits.get(fault.name, fault.limit)),
            f"± {limit_text(fault, fault.tolerance)}",
            limit_text(fault, fault.limit),
            t(f"source.{one.exercise}_{fault.name}"),
        ]
        for fault in _faults_of(one)
    ]
    return [t(f"coach.limits_head_{name}") for name in names], rows


def changed_text(one: ExerciseSet, t: Translate) -> str:
    """Which limits were changed by hand, as a sentence; empty if none was."""
    changed = [
        f"{t(f'fault.{one.exercise}_{fault.name}')} {limit_text(fault, one.limits[fault.name])}"
        for fault in _faults_of(one)
        if fault.name in one.limits
    ]
    return t("coach.limits_changed", limits=", ".join(changed)) if changed else ""


def _facts(one: ExerciseSet) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "exercise_set",
        "posedeck": VERSION,
        "exercise": one.exercise,
        "source": one.source,
        "started_at": one.started_at.isoformat(timespec="seconds"),
        "arming": one.arming,
        "counted": one.counted,
        "partial": one.partial,
        "corrected": one.corrected,
        "corrections": [
            {"kind": correction.kind, "repetition": correction.number} for correction in one.corrections
        ],
        "held_s": number_cell(one.held_s, 3),
    }


def set_to_json(one: ExerciseSet) -> bytes:
    """JSON file, UTF-8: what was counted, each correction, the corrected count, and each repetition with its faults."""
    repetitions = [
        {
            **row,
            "faults": [
                {
                    "fault": fault.fault,
                    "value": number_cell(fault.value, 3),
                    "limit": fault.limit,
                    "certain": fault.certain,
                }
                for fault in repetition.faults
            ],
            "measured": {fault: number_cell(value, 3) for fault, value in repetition.measured},
            "unseen": list(repetition.unseen),
        }
        for row, repetition in zip(_rows(one), one.repetitions, strict=True)
    ]
    limits = [
        {
            "fault": fault.name,
            "unit": fault.unit,
            "limit": one.limits.get(fault.name, fault.limit),
            "standard": fault.limit,
            "tolerance": fault.tolerance,
            "source": fault.source,
        }
        for fault in _faults_of(one)
    ]
    whole = {**_facts(one), "repetitions": repetitions, "holds": list(_hold_rows(one)), "limits": limits}
    return json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False).encode()


def set_to_csv(one: ExerciseSet) -> bytes:
    """CSV file, UTF-8 with a byte order mark for Excel: one row each of repetitions, corrections, changed limits."""
    text = io.StringIO(newline="")
    columns, rows = (_HOLD_COLUMNS, _hold_rows(one)) if one.holds else (COLUMNS, _rows(one))
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    if "kind" in columns:
        writer.writerows(
            {"number": correction.number, "kind": f"correction_{correction.kind}"}
            for correction in one.corrections
        )
    kind = {"kind": "limit"} if "kind" in columns else {}
    writer.writerows({**kind, "faults": f"{fault}={limit:g}"} for fault, limit in one.limits.items())
    return text.getvalue().encode("utf-8-sig")


def set_to_xlsx(one: ExerciseSet, t: Translate = untranslated) -> bytes:
    """XLSX workbook: repetitions, holds, limits of form, and about the set, its corrections included.

    Parameters
    ----------
    one : ExerciseSet
    t : callable
        From ``coach.column_NAME`` and ``coach.sheet_NAME`` to the text to show.
    """
    book = Workbook()
    sheets = [("repetitions", COLUMNS, _rows(one)), ("holds", _HOLD_COLUMNS, _hold_rows(one))]
    for name, columns, rows in sheets:
        heads = [t(f"coach.column_{column}") for column in columns]
        book.add(
            t(f"coach.sheet_{name}"),
            heads,
            ([row[column] for column in columns] for row in rows),
        )
    facts = _facts(one)
    facts["corrections"] = [
        correction.kind if correction.number is None else f"{correction.kind} {correction.number}"
        for correction in one.corrections
    ]
    book.add(t("coach.limits"), *limits_table(one, t))
    book.add(
        t("coach.sheet_about"),
        [t("coach.column_field"), t("coach.column_value")],
        flat_rows("", facts),
    )
    return book.finish()


def set_bars(one: ExerciseSet) -> list[StripBar]:
    """The bars of the set's strip chart: a repetition's range, or a hold's seconds."""
    if one.holds:
        return [
            StripBar(hold.start_s, hold.end_s, hold.duration_s, f"{hold.duration_s:.1f}", "full")
            for hold in one.holds
        ]
    return [
        StripBar(
            repetition.start_s,
            repetition.end_s,
            repetition.range_deg,
            str(repetition.number) if repetition.full else "",
            _kind(one, repetition),
        )
        for repetition in one.repetitions
    ]


def set_report(
    one: ExerciseSet,
    table: tuple[list[str], list[list[str]]],
    stills: Mapping[str, tuple[bytes, str]],
    lead: str,
    t: Translate,
    *,
    language: str,
) -> bytes:
    """The report of a set.

    Parameters
    ----------
    one : ExerciseSet
    table : (list of str, list of list of str)
        Head and rows, to read.
    stills : mapping of str to (bytes, str)
        JPEG files with their captions, by ``"best"`` and ``"worst"``; may be empty.
    lead : str
        The result in one sentence.
    t : callable
        Translator.
    language : str
        Tag of its language, such as ``"en"``.

    Returns
    -------
    bytes
        UTF-8; 4.8 MB for the chart's script, and its stills.
    """

    def parts() -> Iterator[Part]:
        yield Text(lead, "lead")
        if one.corrections:
            yield Text(
                t("coach.corrected_note", counted=one.counted, corrected=one.corrected),
                "note",
            )
        yield Chart(
            strip_figure(set_bars(one), t("coach.axis_held" if one.holds else "coach.axis_range"), t),
            t("coach.strip_alt"),
        )
        if stills:
            yield Beside([Picture(data, caption, caption) for data, caption in stills.values()])
        yield Heading(t("coach.sheet_holds" if one.holds else "coach.sheet_repetitions"))
        yield Table(*table)
        if _faults_of(one):
            yield Heading(t("coach.limits"))
            yield Text(" ".join(filter(None, (t("coach.limits_intro"), changed_text(one, t)))))
            yield Table(*limits_table(one, t))
        yield Heading(t("report.limits_heading"))
        yield Text(t("coach.report_limits"))
        yield Facts([(t("report.versions"), f"PoseDeck {VERSION}")])

    made = t("coach.report_made", time=f"{one.started_at:%Y-%m-%d %H:%M}")
    return html_report(t(f"exercise.{one.exercise}"), parts(), language=language, made=made)

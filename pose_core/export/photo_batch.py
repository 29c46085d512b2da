"""Many photo results in one file: a CSV with a row for each person, and a workbook. Columns: docs/conventions.md."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pose_core.export.photos import COLUMNS, facts, landmark_rows, reason_cell
from pose_core.export.tables import CellValue, flat_rows, number_cell, plain_text
from pose_core.export.workbook import Workbook
from pose_core.geometry.angles import ANGLE_NAMES, pose_angle_reasons, pose_angles_deg
from pose_core.pipeline.photo import PhotoResult
from pose_core.translate import Translate, untranslated

__all__ = ["Outcome", "batch_xlsx", "summary_csv"]

#: Name of the picture's file, how names of its own files begin, and the result, or why there is none.
Outcome = tuple[str, str, PhotoResult | str]

#: Columns before those of the angles.
_SUMMARY_COLUMNS: Final = ("file", "files_named", "people", "person", "doubtful", "error")
_PERSON_AT: Final = COLUMNS.index("person")
_NAME_AT: Final = COLUMNS.index("landmark")


def _summary_rows(
    outcomes: Sequence[Outcome], reason: Callable[[CellValue], CellValue]
) -> Iterator[list[CellValue]]:
    """A row for each person, and one for each picture without people or that cannot be read."""
    nothing: list[CellValue] = [None] * (2 * len(ANGLE_NAMES))
    for name, stem, result in outcomes:
        start: list[CellValue] = [plain_text(name), stem]
        if isinstance(result, str):
            yield [*start, None, None, None, result, *nothing]
            continue
        if not result.poses:
            yield [*start, 0, None, None, None, *nothing]
        limit = result.settings.visibility_limit
        for number, (pose, doubtful) in enumerate(zip(result.poses, result.doubtful, strict=True), start=1):
            degrees = pose_angles_deg(pose, "image", limit)
            reasons = pose_angle_reasons(pose, "image", limit)
            yield [
                *(*start, len(result.poses), number, int(doubtful), None),
                *(number_cell(degrees[angle], 1) for angle in ANGLE_NAMES),
                *(reason(reasons[angle]) for angle in ANGLE_NAMES),
            ]


def summary_csv(outcomes: Sequence[Outcome]) -> bytes:
    """Summary of a batch: one row for each person, and one for each picture without people or that cannot be read.

    Parameters
    ----------
    outcomes : sequence of Outcome

    Returns
    -------
    bytes
        CSV, UTF-8 with a byte order mark, without which Excel shows Chinese names as rubbish: ``file``,
        ``files_named``, ``people``, ``person``, ``doubtful``, ``error``, then for each angle its degrees in the
        picture, and for each angle the reason why it is missing or uncertain (``NAME_reason``).
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_SUMMARY_COLUMNS, *ANGLE_NAMES, *(f"{name}_reason" for name in ANGLE_NAMES)])
    writer.writerows(_summary_rows(outcomes, lambda reason: reason))
    return text.getvalue().encode("utf-8-sig", errors="replace")


def batch_xlsx(outcomes: Sequence[Outcome], translate: Translate = untranslated) -> bytes:
    """One workbook for a batch: the summary, the landmarks of everybody, and how the first result was made.

    Parameters
    ----------
    outcomes : sequence of Outcome
    translate : callable
        From a key such as ``column.file`` or ``angle.left_knee`` to the heading to show.

    Returns
    -------
    bytes
    """
    angles = [translate(f"angle.{name}") for name in ANGLE_NAMES]
    notes = [f"{angle}: {translate('column.note')}" for angle in angles]
    book = Workbook()
    book.add(
        translate("sheet.angles"),
        [*(translate(f"column.{column}") for column in _SUMMARY_COLUMNS), *angles, *notes],
        _summary_rows(outcomes, lambda reason: reason_cell(reason, translate)),
    )
    book.add(
        translate("sheet.landmarks"),
        [translate("column.file"), *(translate(f"column.{column}") for column in COLUMNS[_PERSON_AT:])],
        _landmark_rows(outcomes, translate),
    )
    results = [result for _, _, result in outcomes if isinstance(result, PhotoResult)]
    made = {key: value for key, value in facts(results[0]).items() if key not in _OF_ONE} if results else {}
    book.add(
        translate("sheet.about"),
        [translate("column.field"), translate("column.value")],
        flat_rows("", made),
    )
    return book.finish()


#: What differs from picture to picture.
_OF_ONE: Final = ("file", "times_ms")


def _landmark_rows(outcomes: Sequence[Outcome], translate: Translate) -> Iterator[list[CellValue]]:
    for file, _, result in outcomes:
        if isinstance(result, PhotoResult):
            for row in landmark_rows(result.poses, visibility_limit=result.settings.visibility_limit):
                name, numbers, reason = row[_NAME_AT], row[_NAME_AT + 1 : -1], row[-1]
                yield [
                    *(file, row[_PERSON_AT], translate(f"landmark.{name}")),
                    *(*numbers, reason_cell(reason, translate)),
                ]

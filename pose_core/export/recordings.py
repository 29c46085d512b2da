"""Recordings as files to download: CSV, JSON and XLSX. Columns and fields: docs/conventions.md.

Five minutes are 300 000 rows. Arrow (for CSV) and orjson format these about ten times as fast as Python. Arrow lets
other threads work meanwhile, and orjson works in small parts, so that no live picture freezes while someone saves a
file.
"""

from __future__ import annotations

import io
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, get_args

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import csv

from pose_core.arrays import FloatArray
from pose_core.export.json_files import write_json
from pose_core.export.sequences import (
    ANGLE_DIGITS,
    KEYS,
    RECORDING_COLUMNS,
    angle_rows,
    landmark_blocks,
    person_columns,
    rounded_times_s,
)
from pose_core.export.tables import DIGITS, CellValue, flat_rows, number_cell
from pose_core.export.workbook import Workbook
from pose_core.geometry.angles import ANGLE_NAMES, Space
from pose_core.geometry.reasons import REASONS
from pose_core.models.bundles import bundle
from pose_core.models.landmarker import runtime_version
from pose_core.pose import PeopleOverTime
from pose_core.settings import PoseSettings
from pose_core.skeleton import LANDMARK_NAMES, N_LANDMARKS
from pose_core.tracking.recording import Recording
from pose_core.tracking.recording_summary import PersonSummary, RecordingSummary
from pose_core.translate import Translate, untranslated
from pose_core.version import VERSION

__all__ = [
    "MAX_XLSX_LANDMARK_ROWS",
    "RECORDING_COLUMNS",
    "RECORDING_SCHEMA_VERSION",
    "SUMMARY_FIELDS",
    "model_facts",
    "people_to_xlsx",
    "recording_to_csv",
    "recording_to_json",
    "recording_to_xlsx",
    "summary_fields",
]

#: Goes up whenever a field changes its name or meaning.
RECORDING_SCHEMA_VERSION: Final = "1.0"

#: One person in 1800 frames: a minute at 30 frames a second. A row takes about 21 µs: 1.3 s for this many, and twice
#: that beside live streams.
MAX_XLSX_LANDMARK_ROWS: Final = 60_000

#: Rows of the summary sheet; the heading of each is the text of ``summary.NAME``.
SUMMARY_FIELDS: Final[tuple[str, ...]] = (
    "started_at",
    "duration_s",
    "frames",
    "rate_hz",
    "found_share",
    "longest_gap_s",
    "jitter_raw_px",
    "jitter_smoothed_px",
)
_FOUR: Final = (None,) * 4  # the cells of a row without angles
_SUMMARY_DIGITS: Final = {
    "duration_s": 2,
    "rate_hz": 1,
    "found_share": 3,
    "longest_gap_s": 2,
    "jitter_raw_px": 2,
    "jitter_smoothed_px": 2,
}


def _arrow(values: FloatArray) -> pa.Array:
    """A flat array; null where a number is not finite."""
    flat = values.ravel()
    return pa.array(flat, mask=~np.isfinite(flat))


def recording_to_csv(recording: PeopleOverTime) -> bytes:
    """CSV file: commas, decimal points, UTF-8 without BOM, `RECORDING_COLUMNS` as its first line.

    Parameters
    ----------
    recording : PeopleOverTime

    Returns
    -------
    bytes
        One row for each landmark of each person in each frame, by time. A frame with nobody in it has no row, so its
        number is skipped; JSON and XLSX have its time.
    """
    times_s = rounded_times_s(recording)
    file = io.BytesIO()
    file.write(",".join(RECORDING_COLUMNS).encode() + b"\n")  # Arrow would put each heading in quotes
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    for rows in landmark_blocks(recording):
        landmark = np.tile(np.arange(N_LANDMARKS), rows.frame.size)
        columns = {
            "frame": pa.array(np.repeat(rows.frame, N_LANDMARKS)),
            "time_s": _arrow(np.repeat(times_s[rows.frame], N_LANDMARKS)),
            "person": pa.array(np.repeat(rows.person, N_LANDMARKS)),
            "landmark": pa.array(LANDMARK_NAMES).take(pa.array(landmark)),
            **{name: _arrow(values) for name, values in rows.numbers.items()},
            "reason": pa.array(REASONS).take(pa.array(rows.reasons["reason"].ravel())),
        }
        csv.write_csv(pa.table(columns), file, options)
    return file.getvalue()


def _facts(recording: Recording) -> dict[str, Any]:
    """Where the numbers come from, as plain values."""
    width, height = recording.size_wh or (None, None)
    return {
        "schema_version": RECORDING_SCHEMA_VERSION,
        "recording": {
            "started_at": recording.started_at.isoformat(timespec="milliseconds"),
            "width_px": width,
            "height_px": height,
            "sizes": [
                {"time_s": number_cell(time_s, DIGITS["time_s"]), "width_px": size[0], "height_px": size[1]}
                for time_s, size in recording.sizes
            ],
            "ended_by": recording.ended_by,
        },
        **model_facts(recording.settings),
    }


def model_facts(settings: PoseSettings) -> dict[str, Any]:
    """Model, versions and settings, as every JSON file has them."""
    model = bundle(settings.detection.model)
    return {
        "model": {"variant": model.variant, "sha256": model.sha256},
        "versions": {
            "posedeck": VERSION,
            "mediapipe": runtime_version(),
            "python": platform.python_version(),
        },
        "settings": asdict(settings),
    }


def summary_fields(summary: RecordingSummary) -> dict[str, Any]:
    """A summary as JSON has it."""
    return {
        "frames": summary.frames,
        **{name: number_cell(getattr(summary, name), digits) for name, digits in _SUMMARY_DIGITS.items()},
        "people": [
            {
                "person": person.person,
                "frames": person.frames,
                "jitter_raw_px": number_cell(person.jitter_raw_px, 2),
                "jitter_smoothed_px": number_cell(person.jitter_smoothed_px, 2),
                "angle_ranges_deg": {
                    name: [number_cell(limit, ANGLE_DIGITS) for limit in limits]
                    for name, limits in person.angle_ranges_deg.items()
                },
                "angle_reasons": {name: reason or None for name, reason in person.angle_reasons.items()},
                "angle_uncertain_shares": {
                    name: number_cell(share, 3) for name, share in person.angle_uncertain_shares.items()
                },
            }
            for person in summary.people
        ],
    }


def recording_to_json(recording: Recording) -> bytes:
    """JSON file, UTF-8: facts, the time of every frame, and columns of numbers for each person.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    bytes
        Fields as documented in docs/conventions.md, `RECORDING_SCHEMA_VERSION`. Unknown numbers are null.
    """
    file = io.BytesIO()
    write_json(
        file,
        {
            **_facts(recording),
            "summary": summary_fields(recording.summary),
            "landmarks": LANDMARK_NAMES,
            "angles": ANGLE_NAMES,
            "reasons": REASONS,
            "time_s": rounded_times_s(recording),
            "people": (person_columns(recording, person) for person in recording.people),
        },
    )
    return file.getvalue()


def recording_to_xlsx(recording: Recording, translate: Translate = untranslated) -> bytes:
    """XLSX workbook: summary, angles over time, landmarks of a short recording, and where they come from.

    Parameters
    ----------
    recording : Recording
    translate : callable
        From a key such as ``summary.frames``, ``column.x_px``, ``angle.left_knee`` or ``landmark.nose`` to the text
        to show.

    Returns
    -------
    bytes
        Above `MAX_XLSX_LANDMARK_ROWS` the landmarks are left out, and the summary says so.
    """
    started_at = recording.started_at.isoformat(sep=" ", timespec="seconds")
    notes = [translate(f"summary.ended_by_{recording.ended_by}")] if recording.truncated else []
    return people_to_xlsx(
        recording, recording.summary, {"started_at": started_at}, notes, _facts(recording), translate
    )


def people_to_xlsx(
    people: PeopleOverTime,
    summary: RecordingSummary,
    first: Mapping[str, CellValue],
    notes: Sequence[str],
    facts: Mapping[str, Any],
    translate: Translate,
) -> bytes:
    """XLSX workbook of any people over time; see `recording_to_xlsx`.

    Parameters
    ----------
    people : PeopleOverTime
    summary : RecordingSummary
    first : mapping of str to cell value
        The first rows of the summary, by the keys of their texts behind ``summary.``.
    notes : sequence of str
        What to know before reading the numbers.
    facts : mapping
        Where the numbers come from.
    translate : callable
    """
    rows = sum(person.frames for person in summary.people) * N_LANDMARKS
    with_landmarks = rows <= MAX_XLSX_LANDMARK_ROWS
    book = Workbook()
    book.add(
        translate("sheet.summary"),
        [
            translate(f"column.{column}")
            for column in ("field", "value", "least", "greatest", "uncertain", "reason")
        ],
        _summary_rows(summary, first, notes, translate, with_landmarks),
    )
    angle_columns = [
        f"{translate(f'angle.{name}')} {translate(f'column.{space}_{kind}')}"
        for kind in ("deg", "reason")
        for space in get_args(Space)
        for name in ANGLE_NAMES
        if (kind, space) != ("reason", "world")  # the same, without those that are uncertain
    ]
    book.add(
        translate("sheet.angles"),
        [*(translate(f"column.{column}") for column in KEYS[:3]), *angle_columns],
        _angle_rows(people, translate),
    )
    if with_landmarks:
        book.add(
            translate("sheet.landmarks"),
            [translate(f"column.{column}") for column in RECORDING_COLUMNS],
            _landmark_rows(people, translate),
        )
    book.add(
        translate("sheet.about"),
        [translate("column.field"), translate("column.value")],
        flat_rows("", facts),
    )
    return book.finish()


def _summary_rows(
    summary: RecordingSummary,
    first: Mapping[str, CellValue],
    notes: Sequence[str],
    translate: Translate,
    with_landmarks: bool,
) -> Iterator[list[CellValue]]:
    values: dict[str, CellValue] = {
        **first,
        "frames": summary.frames,
        **{name: number_cell(getattr(summary, name), digits) for name, digits in _SUMMARY_DIGITS.items()},
    }
    for name in sorted(values, key=lambda name: (*first, *SUMMARY_FIELDS).index(name)):
        yield [translate(f"summary.{name}"), values[name], *_FOUR]
    for note in notes:
        yield [note, None, *_FOUR]
    if not with_landmarks:
        yield [translate("summary.landmarks_in_csv"), None, *_FOUR]
    for person in summary.people:
        yield from _person_rows(person, translate)


def _person_rows(person: PersonSummary, translate: Translate) -> Iterator[list[CellValue]]:
    yield [translate("column.person"), person.person, *_FOUR]
    yield [translate("summary.frames"), person.frames, *_FOUR]
    for name, limits in person.angle_ranges_deg.items():
        least, greatest = (number_cell(limit, ANGLE_DIGITS) for limit in limits)
        reason = person.angle_reasons[name]
        share = number_cell(person.angle_uncertain_shares[name], 3)
        label = f"{translate(f'angle.{name}')} {translate('column.image_deg')}"
        yield [label, None, least, greatest, share, translate(f"reason.{reason}") if reason else None]


def _cells(values: FloatArray) -> list[Any]:
    """For a workbook, nested as `values` is; None where a number is not finite."""
    cells = values.astype(object)
    cells[~np.isfinite(values)] = None
    nested: list[Any] = cells.tolist()
    return nested


def _angle_rows(recording: PeopleOverTime, translate: Translate) -> Iterator[list[CellValue]]:
    """One row for each person in each frame, and one without a person for each frame with nobody in it."""
    times_s = rounded_times_s(recording).tolist()
    rows = angle_rows(recording)
    angles = np.hstack(list(rows.numbers.values()))
    texts = [translate(f"reason.{reason}") if reason else None for reason in REASONS]
    people = rows.person.tolist()
    nobody: list[CellValue] = [None] * (angles.shape[1] + len(ANGLE_NAMES))
    starts = np.searchsorted(rows.frame, np.arange(len(times_s) + 1)).tolist()
    for frame, time_s in enumerate(times_s):
        here = range(starts[frame], starts[frame + 1])
        if not here:
            yield [frame, time_s, None, *nobody]
        for row in here:
            reasons = (texts[code] for code in rows.reasons["image"][row].tolist())
            yield [frame, time_s, people[row], *_cells(angles[row]), *reasons]


def _landmark_rows(recording: PeopleOverTime, translate: Translate) -> Iterator[list[CellValue]]:
    names = [translate(f"landmark.{name}") for name in LANDMARK_NAMES]
    texts = [translate(f"reason.{reason}") if reason else None for reason in REASONS]
    times_s = rounded_times_s(recording).tolist()
    for rows in landmark_blocks(recording):
        numbers = np.stack(list(rows.numbers.values()), axis=-1)
        for row, (frame, person) in enumerate(zip(rows.frame.tolist(), rows.person.tolist(), strict=True)):
            reasons = rows.reasons["reason"][row].tolist()
            for name, cells, reason in zip(names, _cells(numbers[row]), reasons, strict=True):
                yield [frame, times_s[frame], person, name, *cells, texts[reason]]

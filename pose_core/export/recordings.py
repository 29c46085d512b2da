"""Recordings as files to take away: CSV, JSON and XLSX. Columns and fields: docs/conventions.md.

Five minutes are 300 000 rows. Arrow formats such numbers some ten times faster than Python, and lets other threads
work meanwhile, so that nobody's live picture stands still while somebody saves.
"""

from __future__ import annotations

import io
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, get_args

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow import csv

from pose_core.arrays import FloatArray
from pose_core.export.photos import COLUMNS
from pose_core.export.tables import (
    DEFAULT_DIGITS,
    DIGITS,
    CellValue,
    fill_sheet,
    flat_rows,
    number_cell,
)
from pose_core.geometry.angles import ANGLE_NAMES, Space
from pose_core.models.bundles import bundle
from pose_core.models.landmarker import runtime_version
from pose_core.skeleton import LANDMARK_NAMES, N_LANDMARKS
from pose_core.tracking.recording import Recording
from pose_core.tracking.recording_summary import PersonSummary, RecordingSummary, summarise
from pose_core.translate import Translate, untranslated
from pose_core.version import VERSION

__all__ = [
    "MAX_XLSX_LANDMARK_ROWS",
    "RECORDING_COLUMNS",
    "RECORDING_SCHEMA_VERSION",
    "SUMMARY_FIELDS",
    "recording_to_csv",
    "recording_to_json",
    "recording_to_xlsx",
]

#: Raised whenever a field changes its name or meaning.
RECORDING_SCHEMA_VERSION: Final = "1.0"

#: Those of a photo, whose places are smoothed here, and the places as the model gave them.
RECORDING_COLUMNS: Final[tuple[str, ...]] = (*COLUMNS, "x_raw_px", "y_raw_px")
_KEYS: Final = ("frame", "time_s", "person", "landmark")
#: Shares follow from pixels, width and height; JSON leaves them out for size.
_NOT_IN_JSON: Final = ("x_norm", "y_norm")

#: 600 times one person: 20 s at 30 frames a second. openpyxl takes some 9 µs a cell: 3 s for so many rows, as for the
#: angles of the longest recording, and twice that beside live streams.
MAX_XLSX_LANDMARK_ROWS: Final = 20_000
_ANGLE_DIGITS: Final = 1

#: Rows of the summary sheet: its heading is the text of ``summary.NAME``.
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
_SUMMARY_DIGITS: Final = {
    "duration_s": 2,
    "rate_hz": 1,
    "found_share": 3,
    "longest_gap_s": 2,
    "jitter_raw_px": 2,
    "jitter_smoothed_px": 2,
}


def _numbers(recording: Recording) -> Iterator[tuple[str, FloatArray]]:
    """Name and rounded values (N, 33) of each column of numbers, in the order of `RECORDING_COLUMNS`."""
    xy_px = recording.xy_px("smoothed")
    raw_px = recording.xy_px("raw")
    world_m = recording.world_m("smoothed")
    width, height = recording.size_wh or (1, 1)
    columns = {
        "x_px": (xy_px[..., 0], 1),
        "y_px": (xy_px[..., 1], 1),
        "x_norm": (xy_px[..., 0], width),
        "y_norm": (xy_px[..., 1], height),
        "z": (recording.z_px("smoothed"), width),
        "world_x_m": (world_m[..., 0], 1),
        "world_y_m": (world_m[..., 1], 1),
        "world_z_m": (world_m[..., 2], 1),
        "visibility": (recording.visibility("smoothed"), 1),
        "presence": (recording.presence("smoothed"), 1),
        "x_raw_px": (raw_px[..., 0], 1),
        "y_raw_px": (raw_px[..., 1], 1),
    }
    for name in RECORDING_COLUMNS[len(_KEYS) :]:
        values, unit = columns[name]
        yield name, np.round(values.astype(np.float64) / unit, DIGITS.get(name, DEFAULT_DIGITS))


def _arrow(values: FloatArray) -> pa.Array:
    """Flat; null where a number is not finite."""
    flat = values.ravel()
    return pa.array(flat, mask=~np.isfinite(flat))


def recording_to_csv(recording: Recording) -> bytes:
    """CSV file: comma, point, UTF-8 without BOM, `RECORDING_COLUMNS` as its first line.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    bytes
        One row for each landmark of each person in each frame, by time. A frame without anybody has no row: the numbers
        of the frames leave it out, and JSON and XLSX have its time.
    """
    landmark = np.tile(np.arange(N_LANDMARKS), recording.row_frame.size)
    columns = {
        "frame": pa.array(np.repeat(recording.row_frame, N_LANDMARKS)),
        "time_s": _arrow(np.repeat(_times(recording)[recording.row_frame], N_LANDMARKS)),
        "person": pa.array(np.repeat(recording.row_person, N_LANDMARKS)),
        "landmark": pa.array(LANDMARK_NAMES).take(pa.array(landmark)),
        **{name: _arrow(values) for name, values in _numbers(recording)},
    }
    file = io.BytesIO()
    file.write(",".join(RECORDING_COLUMNS).encode() + b"\n")  # Arrow would put each heading in quotes
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    csv.write_csv(pa.table(columns), file, options)
    return file.getvalue()


def _times(recording: Recording) -> FloatArray:
    return np.round(recording.time_s, DIGITS["time_s"])


def _rounded_angles(recording: Recording, space: Space) -> FloatArray:
    return np.round(recording.angles_deg(space), _ANGLE_DIGITS)


def _facts(recording: Recording, summary: RecordingSummary) -> dict[str, Any]:
    """How the numbers came about, as plain values."""
    model = bundle(recording.settings.detection.model)
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
        "model": {"variant": model.variant, "sha256": model.sha256},
        "versions": {
            "posedeck": VERSION,
            "mediapipe": runtime_version(),
            "python": platform.python_version(),
        },
        "settings": asdict(recording.settings),
        "summary": _summary_dict(summary),
    }


def _summary_dict(summary: RecordingSummary) -> dict[str, Any]:
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
                    name: [number_cell(limit, _ANGLE_DIGITS) for limit in limits]
                    for name, limits in person.angle_ranges_deg.items()
                },
            }
            for person in summary.people
        ],
    }


# ---------------------------------------------------------------------- JSON
def recording_to_json(recording: Recording) -> bytes:
    """JSON file, UTF-8: facts, the time of every frame, and for each person columns of numbers.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    bytes
        Fields as documented in docs/conventions.md, `RECORDING_SCHEMA_VERSION`. Unknown numbers are null.
    """
    facts = json.dumps(
        {
            **_facts(recording, summarise(recording)),
            "landmarks": list(LANDMARK_NAMES),
            "angles": list(ANGLE_NAMES),
        },
        ensure_ascii=False,
        allow_nan=False,
        indent=1,
    )
    times = _json_rows(_times(recording)[None, :])[0] if recording.time_s.size else "[]"
    columns = {name: _json_rows(values) for name, values in _numbers(recording) if name not in _NOT_IN_JSON}
    angles = {space: _rounded_angles(recording, space) for space in get_args(Space)}
    people = ",\n".join(_json_person(recording, person, columns, angles) for person in recording.people)
    facts = facts[: facts.rindex("}")].rstrip()  # open again for what Arrow wrote
    return f'{facts},\n "time_s": {times},\n "people": [\n{people}]\n}}\n'.encode()


def _json_rows(values: FloatArray) -> Sequence[str]:
    """Each row of a (N, M) array as the text of a JSON list."""
    rows, columns = values.shape
    texts = pc.fill_null(_arrow(values).cast(pa.string()), "null")
    lists = pa.FixedSizeListArray.from_arrays(texts, columns).cast(pa.list_(pa.string()))
    joined: list[str] = pc.binary_join(lists, ",").to_pylist()
    assert len(joined) == rows
    return [f"[{row}]" for row in joined]


def _json_person(
    recording: Recording, person: int, columns: Mapping[str, Sequence[str]], angles: Mapping[str, FloatArray]
) -> str:
    rows: list[int] = np.flatnonzero(recording.row_person == person).tolist()
    frames = json.dumps(recording.row_frame[rows].tolist(), separators=(",", ":"))
    fields = [f'  "person": {person}', f'  "frame": {frames}']
    fields += [f'  "{name}": [{",".join([texts[row] for row in rows])}]' for name, texts in columns.items()]
    spaces = []
    for space, values in angles.items():
        series = zip(ANGLE_NAMES, _json_rows(values[rows].T), strict=True)
        spaces.append(f'   "{space}": {{' + ", ".join(f'"{name}": {texts}' for name, texts in series) + "}")
    fields.append('  "angles_deg": {\n' + ",\n".join(spaces) + "\n  }")
    return " {\n" + ",\n".join(fields) + "\n }"


# ---------------------------------------------------------------------- XLSX
def recording_to_xlsx(recording: Recording, translate: Translate = untranslated) -> bytes:
    """XLSX workbook: summary, angles over time, landmarks of a short recording, and how they came about.

    Parameters
    ----------
    recording : Recording
    translate : callable
        From a key such as ``summary.frames``, ``column.x_px``, ``angle.left_knee`` or ``landmark.nose`` to the text
        that a person reads.

    Returns
    -------
    bytes
        Above `MAX_XLSX_LANDMARK_ROWS` the landmarks are left out, and the summary says so.
    """
    from openpyxl import Workbook  # takes 0.2 s: only who asks for a workbook waits

    summary = summarise(recording)
    with_landmarks = recording.row_frame.size * N_LANDMARKS <= MAX_XLSX_LANDMARK_ROWS
    book = Workbook(write_only=True)
    fill_sheet(
        book.create_sheet(translate("sheet.summary")),
        [translate(f"column.{column}") for column in ("field", "value", "least", "greatest")],
        _summary_rows(recording, summary, translate, with_landmarks),
    )
    angle_columns = [
        f"{translate(f'angle.{name}')} {translate(f'column.{space}_deg')}"
        for space in get_args(Space)
        for name in ANGLE_NAMES
    ]
    fill_sheet(
        book.create_sheet(translate("sheet.angles")),
        [*(translate(f"column.{column}") for column in _KEYS[:3]), *angle_columns],
        _angle_rows(recording),
    )
    if with_landmarks:
        fill_sheet(
            book.create_sheet(translate("sheet.landmarks")),
            [translate(f"column.{column}") for column in RECORDING_COLUMNS],
            _landmark_rows(recording, translate),
        )
    facts = {key: value for key, value in _facts(recording, summary).items() if key != "summary"}
    fill_sheet(
        book.create_sheet(translate("sheet.about")),
        [translate("column.field"), translate("column.value")],
        flat_rows("", facts),
    )
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _summary_rows(
    recording: Recording, summary: RecordingSummary, translate: Translate, with_landmarks: bool
) -> Iterator[list[CellValue]]:
    values: dict[str, CellValue] = {
        "started_at": recording.started_at.isoformat(sep=" ", timespec="seconds"),
        "frames": summary.frames,
        **{name: number_cell(getattr(summary, name), digits) for name, digits in _SUMMARY_DIGITS.items()},
    }
    for name in SUMMARY_FIELDS:
        yield [translate(f"summary.{name}"), values[name], None, None]
    if recording.truncated:
        yield [translate(f"summary.ended_by_{recording.ended_by}"), None, None, None]
    if not with_landmarks:
        yield [translate("summary.landmarks_in_csv"), None, None, None]
    for person in summary.people:
        yield from _person_rows(person, translate)


def _person_rows(person: PersonSummary, translate: Translate) -> Iterator[list[CellValue]]:
    yield [translate("column.person"), person.person, None, None]
    yield [translate("summary.frames"), person.frames, None, None]
    for name, limits in person.angle_ranges_deg.items():
        least, greatest = (number_cell(limit, _ANGLE_DIGITS) for limit in limits)
        yield [f"{translate(f'angle.{name}')} {translate('column.image_deg')}", None, least, greatest]


def _cells(values: FloatArray) -> list[list[CellValue]]:
    """Rows of a workbook; None where a number is not finite."""
    cells = values.astype(object)
    cells[~np.isfinite(values)] = None
    rows: list[list[CellValue]] = cells.tolist()
    return rows


def _angle_rows(recording: Recording) -> Iterator[list[CellValue]]:
    """One row for each person in each frame, and one without a person for each frame without anybody."""
    times_s = _times(recording).tolist()
    angles = np.hstack([_rounded_angles(recording, space) for space in get_args(Space)])
    people = recording.row_person.tolist()
    nobody: list[CellValue] = [None] * angles.shape[1]
    starts = np.searchsorted(recording.row_frame, np.arange(len(times_s) + 1)).tolist()
    for frame, time_s in enumerate(times_s):
        rows = range(starts[frame], starts[frame + 1])
        if not rows:
            yield [frame, time_s, None, *nobody]
        for row, cells in zip(rows, _cells(angles[rows.start : rows.stop]), strict=True):
            yield [frame, time_s, people[row], *cells]


def _landmark_rows(recording: Recording, translate: Translate) -> Iterator[list[CellValue]]:
    names = [translate(f"landmark.{name}") for name in LANDMARK_NAMES]
    times_s = _times(recording).tolist()
    numbers = np.stack([values for _, values in _numbers(recording)], axis=-1)
    for row, (frame, person) in enumerate(
        zip(recording.row_frame.tolist(), recording.row_person.tolist(), strict=True)
    ):
        for name, cells in zip(names, _cells(numbers[row]), strict=True):
            yield [frame, times_s[frame], person, name, *cells]

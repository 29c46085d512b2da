"""Photo results as files to download: JSON, CSV, XLSX, and a ZIP for a batch. Columns: docs/conventions.md."""

from __future__ import annotations

import csv
import io
import json
import platform
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final, get_args

import numpy as np

from pose_core.export.tables import (
    DEFAULT_DIGITS,
    DIGITS,
    CellValue,
    flat_rows,
    number_cell,
)
from pose_core.export.workbook import Workbook
from pose_core.geometry.angles import (
    ANGLE_NAMES,
    Space,
    pose_angle_reasons,
    pose_angles_deg,
    pose_landmark_reasons,
)
from pose_core.models.bundles import bundle
from pose_core.models.landmarker import runtime_version
from pose_core.pipeline.photo import PhotoResult
from pose_core.pose import Pose
from pose_core.skeleton import LANDMARK_NAMES
from pose_core.translate import Translate, untranslated
from pose_core.version import VERSION

__all__ = [
    "COLUMNS",
    "SCHEMA_VERSION",
    "facts",
    "landmark_rows",
    "reason_cell",
    "to_csv",
    "to_json",
    "to_json_dict",
    "to_xlsx",
    "to_zip",
]

#: Goes up whenever a field changes its name or meaning.
SCHEMA_VERSION: Final = "1.0"

#: Columns of CSV and XLSX, which have one row for each landmark.
COLUMNS: Final[tuple[str, ...]] = (
    "frame",
    "time_s",
    "person",
    "landmark",
    "x_px",
    "y_px",
    "x_norm",
    "y_norm",
    "z",
    "world_x_m",
    "world_y_m",
    "world_z_m",
    "visibility",
    "presence",
    "reason",
)
_NAME_AT: Final = COLUMNS.index("landmark")
_NUMBERS: Final = COLUMNS[_NAME_AT + 1 : -1]
#: A workbook has one picture: the number and the time of its only frame would say nothing.
_XLSX_FROM: Final = COLUMNS.index("person")
_SPACES: Final[tuple[Space, ...]] = get_args(Space)
_NUMBER_DIGITS: Final = [DIGITS.get(column, DEFAULT_DIGITS) for column in _NUMBERS]


def landmark_rows(
    poses: Iterable[Pose], *, frame: int = 0, time_s: float = 0.0, visibility_limit: float = 0.5
) -> Iterator[list[CellValue]]:
    """One row for each landmark, with the cells of `COLUMNS`.

    Parameters
    ----------
    poses : iterable of Pose
        The people of one frame; numbered from 1.
    frame : int
        Number of the frame, from 0.
    time_s : float
        Its time since the start; 0 for a photo.
    visibility_limit : float
        Landmarks with a visibility below this are not visible.

    Yields
    ------
    list
        NaN becomes None: an empty cell. The last cell is why the landmark has no angles, one of
        `pose_core.geometry.reasons.MISSING`; empty if it has.
    """
    time_cell = number_cell(time_s, DIGITS["time_s"])
    for person, pose in enumerate(poses, start=1):
        numbers = np.column_stack(
            [
                pose.image_xy_px,
                pose.image_xy_norm,
                pose.image_z_norm,
                pose.world_xyz_m,
                pose.visibility,
                pose.presence,
            ]
        )
        reasons = pose_landmark_reasons(pose, visibility_limit)
        for name, values, reason in zip(LANDMARK_NAMES, numbers.tolist(), reasons, strict=True):
            cells = map(number_cell, values, _NUMBER_DIGITS)
            yield [frame, time_cell, person, name, *cells, reason or None]


def to_csv(*results: PhotoResult) -> bytes:
    """CSV file: commas, decimal points, UTF-8 without BOM, `COLUMNS` as its first line; no other if nobody was found.

    With several pictures, the column ``frame`` numbers them from 0.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for frame, result in enumerate(results):
        limit = result.settings.visibility_limit
        writer.writerows(landmark_rows(result.poses, frame=frame, visibility_limit=limit))
    return text.getvalue().encode()


def _person_dict(pose: Pose, number: int, visibility_limit: float, doubtful: bool) -> dict[str, Any]:
    return {
        "person": number,
        "doubtful": doubtful,
        "landmarks": [
            dict(zip(("name", *COLUMNS[_NAME_AT + 1 :]), row[_NAME_AT:], strict=True))
            for row in landmark_rows([pose], visibility_limit=visibility_limit)
        ],
        "angles_deg": {
            space: {
                name: number_cell(value, 1)
                for name, value in pose_angles_deg(pose, space, visibility_limit).items()
            }
            for space in _SPACES
        },
        "angle_reasons": {
            space: {
                name: reason or None
                for name, reason in pose_angle_reasons(pose, space, visibility_limit).items()
            }
            for space in _SPACES
        },
    }


def facts(result: PhotoResult) -> dict[str, Any]:
    """Where the numbers come from, as plain values."""
    model = bundle(result.settings.detection.model)
    return {
        "schema_version": SCHEMA_VERSION,
        "file": {
            "name": result.name,
            "sha256": result.sha256,
            "format": result.format,
            "width_px": result.size_wh[0],
            "height_px": result.size_wh[1],
            "analysed_width_px": result.analysed_wh[0],
            "analysed_height_px": result.analysed_wh[1],
            "notes": list(result.notes),
        },
        "model": {"variant": model.variant, "sha256": model.sha256},
        "versions": {
            "posedeck": VERSION,
            "mediapipe": runtime_version(),
            "python": platform.python_version(),
        },
        "settings": asdict(result.settings),
        "times_ms": {step: number_cell(value, 2) for step, value in result.times_ms.items()},
    }


def to_json_dict(result: PhotoResult) -> dict[str, Any]:
    """The whole result as plain values; NaN is None.

    Parameters
    ----------
    result : PhotoResult

    Returns
    -------
    dict
        Fields as documented in docs/conventions.md, `SCHEMA_VERSION`.
    """
    return {
        **facts(result),
        "others": result.others,
        "people": [
            _person_dict(pose, number, result.settings.visibility_limit, doubtful)
            for number, (pose, doubtful) in enumerate(
                zip(result.poses, result.doubtful, strict=True), start=1
            )
        ],
    }


def to_json(result: PhotoResult, *, indent: int | None = 1) -> bytes:
    """JSON file of `to_json_dict`, UTF-8; on one line without `indent`, in 0.6 times the time."""
    text = json.dumps(to_json_dict(result), ensure_ascii=False, indent=indent, allow_nan=False)
    return text.encode(errors="replace")  # a file name may hold half a character


def to_xlsx(result: PhotoResult, translate: Translate = untranslated) -> bytes:
    """XLSX workbook: angles, landmarks, and where they come from.

    Parameters
    ----------
    result : PhotoResult
    translate : callable
        From a key such as ``column.x_px``, ``angle.left_knee`` or ``landmark.nose`` to the heading to show.

    Returns
    -------
    bytes
    """
    book = Workbook()
    book.add(
        translate("sheet.angles"),
        [translate(f"column.{column}") for column in _ANGLE_COLUMNS],
        _angle_rows(result, translate),
    )
    book.add(
        translate("sheet.landmarks"),
        [translate(f"column.{column}") for column in COLUMNS[_XLSX_FROM:]],
        _xlsx_landmark_rows(result, translate),
    )
    book.add(
        translate("sheet.about"),
        [translate("column.field"), translate("column.value")],
        flat_rows("", facts(result)),
    )
    return book.finish()


_ANGLE_COLUMNS: Final = ("person", "angle", "image_deg", "image_reason", "world_deg", "world_reason")


def reason_cell(reason: CellValue, translate: Translate) -> CellValue:
    """The reason in words; an empty cell without one."""
    return translate(f"reason.{reason}") if reason else None


def _angle_rows(result: PhotoResult, translate: Translate) -> Iterator[list[CellValue]]:
    limit = result.settings.visibility_limit
    for number, pose in enumerate(result.poses, start=1):
        both = [
            (pose_angles_deg(pose, space, limit), pose_angle_reasons(pose, space, limit)) for space in _SPACES
        ]
        for name in ANGLE_NAMES:
            row: list[CellValue] = [number, translate(f"angle.{name}")]
            for degrees, reasons in both:
                row += [number_cell(degrees[name], 1), reason_cell(reasons[name], translate)]
            yield row


def _xlsx_landmark_rows(result: PhotoResult, translate: Translate) -> Iterator[list[CellValue]]:
    for row in landmark_rows(result.poses, visibility_limit=result.settings.visibility_limit):
        name, numbers, reason = row[_NAME_AT], row[_NAME_AT + 1 : -1], row[-1]
        person = row[_XLSX_FROM]
        yield [person, translate(f"landmark.{name}"), *numbers, reason_cell(reason, translate)]


def to_zip(files: Iterable[tuple[str, bytes]]) -> bytes:
    """ZIP of named files; pictures, films and XLSX are compressed already, so they are only stored."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            packed = (
                zipfile.ZIP_STORED
                if name.endswith((".png", ".jpg", ".xlsx", ".mp4"))
                else zipfile.ZIP_DEFLATED
            )
            archive.writestr(name, data, packed)
    return buffer.getvalue()

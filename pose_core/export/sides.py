"""Comparisons of two settings as files: JSON, CSV, XLSX. Fields: docs/side_by_side.md."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import platform
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from pose_core.evaluation.bootstrap import Figure
from pose_core.evaluation.side_by_side.comparing import BLOCK_S, Comparison
from pose_core.evaluation.side_by_side.settings import Setting
from pose_core.export.tables import CellValue, flat_rows, number_cell
from pose_core.export.workbook import Workbook
from pose_core.models.bundles import bundle
from pose_core.models.landmarker import runtime_version
from pose_core.skeleton import LANDMARK_NAMES
from pose_core.translate import Translate, untranslated
from pose_core.version import VERSION

__all__ = ["DEFINITIONS", "SCHEMA_VERSION", "to_csv", "to_json", "to_json_dict", "to_xlsx"]

#: Goes up whenever a field changes its name or meaning.
SCHEMA_VERSION: Final = "1.0"
_DIGITS: Final = 6
DEFINITIONS: Final[dict[str, str]] = {
    "apart_px": "mean distance between A's and B's joint, in pixels of the picture, over people found by both; a joint "
    "counts where A or B gives it the visibility limit",
    "apart_torso": "the same as a share of the torso: mean of A's and B's distance from left shoulder to right hip",
    "right, down": "mean of B's position less A's, as a share of the torso; to the right and downwards in the picture",
    "found": "share of frames or pictures in which somebody was found",
    "took_ms": "median time of a frame or picture, in turns on the same pixels; the difference is the median of B's "
    "less A's of the same moment, and 0 by definition where both settings are the same",
    "jitter_torso": "root mean square of each joint's distance from the line between the frames before and after it "
    "(Gasser, Sroka, Jennen-Steinmetz 1986), as a share of the torso; films only",
    "interval": f"95 %, bootstrap over pictures, or over blocks of {BLOCK_S:g} s of a film",
    "real": "whether the interval of a difference excludes 0",
}


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "value": number_cell(figure.value, _DIGITS),
        "interval": [number_cell(figure.low, _DIGITS), number_cell(figure.high, _DIGITS)],
    }


def _difference(figure: Figure) -> dict[str, Any]:
    return {**_figure(figure), "real": figure.excludes_zero}


def _setting(setting: Setting) -> dict[str, Any]:
    model = setting.model
    return {
        "model": model.name,
        "own": model.bundle is not None,
        "sha256": hashlib.sha256(model.bundle).hexdigest()
        if model.bundle is not None
        else bundle(model.variant).sha256,
        "detection_confidence": setting.detection_confidence,
        "presence_confidence": setting.presence_confidence,
        "smoothed": setting.smoothing is not None,
        "height_px": setting.height_px,
    }


def _facts(comparison: Comparison, name: str) -> dict[str, Any]:
    looked, settings = comparison.looked, comparison.settings
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "side_by_side",
        "of": looked.kind,
        "name": name,
        "seen": len(looked.seen),
        "ended_by": looked.ended_by,
        "fps": number_cell(looked.fps, 3),
        "unreadable": [{"picture": file, "reason": str(reason)} for file, reason in looked.unreadable],
        "settings": {
            "a": _setting(settings.a),
            "b": _setting(settings.b),
            "people": settings.people,
            "visibility_limit": settings.visibility_limit,
            "start_s": settings.start_s,
            "frames": settings.frames,
            "resamples": settings.resamples,
            "seed": settings.seed,
            "block": comparison.block,
        },
        "versions": {
            "posedeck": VERSION,
            "mediapipe": runtime_version(),
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "definitions": dict(DEFINITIONS),
    }


def to_json_dict(comparison: Comparison, name: str = "") -> dict[str, Any]:
    """The whole comparison as plain values; NaN is None.

    Parameters
    ----------
    comparison : Comparison
    name : str
        Of the film; empty for pictures.
    """
    triples = (
        ("found", comparison.found),
        ("took_ms", comparison.took_ms),
        ("jitter_torso", comparison.jitter_torso),
    )
    return {
        **_facts(comparison, name),
        "pairs": comparison.pairs,
        "apart_px": _figure(comparison.all_px),
        "apart_torso": _figure(comparison.all_torso),
        **{
            key: {"a": _figure(a), "b": _figure(b), "b_less_a": _difference(more)}
            for key, (a, b, more) in triples
        },
        "joints": {
            joint: {
                "counted": one.counted,
                "apart_px": _figure(one.px),
                "apart_torso": _figure(one.torso),
                "right": _difference(one.right),
                "down": _difference(one.down),
            }
            for joint, one in comparison.joints.items()
        },
        "frames": [dict(zip(_FRAME_COLUMNS, row, strict=True)) for row in _frame_rows(comparison)],
    }


def to_json(comparison: Comparison, name: str = "") -> bytes:
    """JSON file of `to_json_dict`, UTF-8."""
    text = json.dumps(to_json_dict(comparison, name), ensure_ascii=False, indent=1, allow_nan=False)
    return text.encode(errors="replace")


_COLUMNS: Final = ("part", "name", "figure", "value", "low", "high", "count")
_FRAME_COLUMNS: Final = ("frame", "picture", "time_s", "apart_torso", "only_a", "only_b", "a_ms", "b_ms")
_JOINT_COLUMNS: Final = ("frame", "picture", "time_s", *LANDMARK_NAMES)


def _rows(comparison: Comparison) -> Iterator[list[CellValue]]:
    """Every figure in a row of `_COLUMNS`."""

    def row(part: str, name: str, figure: str, one: Figure, count: int | None = None) -> list[CellValue]:
        return [
            part,
            name,
            figure,
            *(number_cell(end, _DIGITS) for end in (one.value, one.low, one.high)),
            count,
        ]

    for name, one in (("apart_px", comparison.all_px), ("apart_torso", comparison.all_torso)):
        yield row("all", "", name, one, comparison.pairs)
    for name, triple in (
        ("found", comparison.found),
        ("took_ms", comparison.took_ms),
        ("jitter_torso", comparison.jitter_torso),
    ):
        for part, one in zip(("a", "b", "b_less_a"), triple, strict=True):
            yield row(part, "", name, one, len(comparison.looked.seen))
    for joint, apart in comparison.joints.items():
        for name in ("px", "torso", "right", "down"):
            figure = f"apart_{name}" if name in ("px", "torso") else name
            yield row("joint", joint, figure, getattr(apart, name), apart.counted)


def _frame_rows(comparison: Comparison) -> Iterator[list[CellValue]]:
    """A row of `_FRAME_COLUMNS` for each frame or picture."""
    for number, (seen, apart, alone) in enumerate(
        zip(comparison.looked.seen, comparison.apart_torso.tolist(), comparison.alone.tolist(), strict=True)
    ):
        took = [number_cell(float(np.median(one)), 3) if one else None for one in seen.took_ms]
        yield [number, seen.name, number_cell(seen.time_s, 4), number_cell(apart, _DIGITS), *alone, *took]


def _joint_rows(comparison: Comparison) -> Iterator[list[CellValue]]:
    for number, (seen, apart) in enumerate(
        zip(comparison.looked.seen, comparison.joint_torso.tolist(), strict=True)
    ):
        yield [number, seen.name, number_cell(seen.time_s, 4), *(number_cell(one, _DIGITS) for one in apart)]


def to_csv(comparison: Comparison) -> bytes:
    """CSV file, UTF-8 with a byte order mark for Excel: a row for each figure with its interval."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_rows(comparison))
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(comparison: Comparison, translate: Translate = untranslated) -> bytes:
    """XLSX workbook: figures, each frame, each joint in each frame, and how they were made.

    Parameters
    ----------
    comparison : Comparison
    translate : callable
        From ``sheet.NAME`` and ``column.NAME`` to the text to show.
    """
    book = Workbook()
    joints = [*(translate(f"column.{name}") for name in _JOINT_COLUMNS[:3])]
    joints += [translate(f"landmark.{name}") for name in LANDMARK_NAMES]
    for sheet, headings, rows in (
        ("figures", [translate(f"column.{name}") for name in _COLUMNS], _rows(comparison)),
        ("frames", [translate(f"column.{name}") for name in _FRAME_COLUMNS], _frame_rows(comparison)),
        ("apart", joints, _joint_rows(comparison)),
        (
            "about",
            [translate("column.field"), translate("column.value")],
            flat_rows("", _facts(comparison, "")),
        ),
    ):
        book.add(translate(f"sheet.{sheet}"), headings, rows)
    return book.finish()

"""Results of films as files: JSON, CSV, XLSX and an HTML report. Fields and columns: docs/conventions.md."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final, get_args

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import csv

from pose_core.export.json_files import write_json
from pose_core.export.motion import Scale
from pose_core.export.recordings import model_facts, people_to_xlsx, summary_fields
from pose_core.export.report import (
    Chart,
    Heading,
    Part,
    Picture,
    Table,
    Text,
    html_report,
    limits_parts,
)
from pose_core.export.sequences import ANGLE_DIGITS, angle_rows, person_columns, rounded_times_s
from pose_core.export.tables import DIGITS, number_cell
from pose_core.figures.curves import angle_curves_figure
from pose_core.geometry.angles import ANGLE_NAMES, Space, sequence_angles
from pose_core.geometry.reasons import REASONS
from pose_core.movement.moments import Mark, Moment
from pose_core.pipeline.video import VideoResult
from pose_core.skeleton import LANDMARK_NAMES
from pose_core.tracking.recording_summary import RecordingSummary, summarise
from pose_core.translate import Translate, untranslated

__all__ = ["VIDEO_SCHEMA_VERSION", "angles_csv", "clock", "video_report", "video_to_json", "video_to_xlsx"]

#: Goes up whenever a field changes its name or meaning; docs/poses.schema.json describes them.
VIDEO_SCHEMA_VERSION: Final = "1.0"
_SCALE_DIGITS: Final = 7


def _time(value: float) -> float | None:
    return number_cell(value, DIGITS["time_s"])


def _film_facts(result: VideoResult, name: str) -> dict[str, Any]:
    settings = result.video_settings
    width, height = result.size_wh
    return {
        "name": name,
        "width_px": width,
        "height_px": height,
        "rate_hz": number_cell(result.fps, 3),
        "duration_s": _time(result.duration_s),
        "read_to_s": _time(result.read_to_s),
        "first_s": _time(result.first_s),
        "ended_by": result.ended_by,
        "start_s": _time(settings.start_s),
        "end_s": _time(settings.end_s),
        "slowed": settings.slowed,
        "mirrored": settings.mirrored,
        "cuts_s": [_time(cut_s) for cut_s in result.cuts_s],
    }


def video_to_json(
    result: VideoResult,
    name: str = "film",
    scales: dict[int, Scale] | None = None,
    marks: Sequence[Mark] = (),
) -> bytes:
    """JSON file, UTF-8: facts, the time of every frame, columns of numbers for each person, events.

    Parameters
    ----------
    result : VideoResult
    name : str
        Of the film's file.
    scales : dict of int to Scale, optional
        By person.
    marks : sequence of Mark
        Moments that somebody marked.

    Returns
    -------
    bytes
        As docs/poses.schema.json describes, `VIDEO_SCHEMA_VERSION`. Unknown numbers are null.
    """
    file = io.BytesIO()
    smoothing = result.video_settings.smoothing
    write_json(
        file,
        {
            "schema_version": VIDEO_SCHEMA_VERSION,
            "film": _film_facts(result, name),
            **model_facts(result.settings),
            "smoothing": asdict(smoothing) if smoothing else None,
            "summary": summary_fields(summarise(result)),
            "scales": [
                {
                    "person": person,
                    "metres_per_px": number_cell(scale.metres_per_px, _SCALE_DIGITS),
                    "floor_deg": number_cell(scale.floor_deg, ANGLE_DIGITS),
                    "floor_within_deg": number_cell(scale.floor_within_deg, ANGLE_DIGITS),
                    "measured": scale.measured,
                }
                for person, scale in (scales or {}).items()
            ],
            "landmarks": LANDMARK_NAMES,
            "angles": ANGLE_NAMES,
            "reasons": REASONS,
            "time_s": rounded_times_s(result),
            "people": (person_columns(result, person) for person in result.people),
            "events": [asdict(event) for event in result.events],
            "marks": [{"time_s": _time(mark.time_s), "text": mark.text} for mark in marks],
        },
    )
    return file.getvalue()


def angles_csv(result: VideoResult) -> bytes:
    """CSV file, a row for each person in each frame: frame, time, person, and all angles; empty where unknown.

    Columns: ``frame``, ``time_s``, ``person``, then for each angle ``NAME_image_deg`` (in the picture),
    ``NAME_world_deg`` (in space) and ``NAME_reason`` (why the one in the picture is missing or uncertain). A frame
    without anybody has no row; JSON and XLSX have its time.
    """
    rows = angle_rows(result)
    columns: dict[str, Any] = {
        "frame": pa.array(rows.frame),
        "time_s": pa.array(rounded_times_s(result)[rows.frame]),
        "person": pa.array(rows.person),
    }
    reasons = pa.array(REASONS)
    for place, name in enumerate(ANGLE_NAMES):
        for space in get_args(Space):
            values = np.ascontiguousarray(rows.numbers[space][:, place])
            columns[f"{name}_{space}_deg"] = pa.array(values, mask=~np.isfinite(values))
        columns[f"{name}_reason"] = reasons.take(
            pa.array(np.ascontiguousarray(rows.reasons["image"][:, place]))
        )
    file = io.BytesIO()
    file.write(",".join(columns).encode() + b"\n")
    csv.write_csv(pa.table(columns), file, csv.WriteOptions(include_header=False, quoting_style="none"))
    return file.getvalue()


def video_to_xlsx(result: VideoResult, translate: Translate = untranslated, name: str = "film") -> bytes:
    """XLSX workbook: summary, angles over time, landmarks of a short film, and how it was made."""
    notes = [] if result.ended_by == "end" else [_end_sentence(result, translate)]
    facts = {
        "schema_version": VIDEO_SCHEMA_VERSION,
        "film": {key: value for key, value in _film_facts(result, name).items() if key != "cuts_s"},
        **model_facts(result.settings),
    }
    return people_to_xlsx(result, summarise(result), {}, notes, facts, translate)


def _end_sentence(result: VideoResult, t: Translate) -> str:
    return t(
        f"video.ended_by_{result.ended_by}",
        read_to=clock(result.read_to_s),
        duration=clock(result.duration_s),
    )


def clock(seconds: float) -> str:
    """Minutes and seconds of a film, such as ``"2:10"``; ``"?"`` if unknown."""
    if not math.isfinite(seconds):
        return "?"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def video_report(
    result: VideoResult,
    t: Translate,
    *,
    name: str,
    language: str,
    moments: Sequence[Moment] = (),
    sheet: bytes = b"",
) -> bytes:
    """HTML report: what was found, angles over time for each person, key moments, how it was made.

    Parameters
    ----------
    result : VideoResult
    t : callable
        Translator.
    name : str
        Of the film's file.
    language : str
        Tag of the language.
    moments : sequence of Moment
        Listed below the sheet.
    sheet : bytes
        PNG or JPEG with the stills of `moments`; none if empty.
    """
    parts = _report_parts(result, summarise(result), t, moments, sheet)
    return html_report(t("video.report_title", name=name), parts, language=language)


def _report_parts(
    result: VideoResult, summary: RecordingSummary, t: Translate, moments: Sequence[Moment], sheet: bytes
) -> Iterator[Part]:
    yield Text(
        t(
            "video.report_lead",
            people=len(result.people),
            frames=summary.frames,
            seconds=f"{summary.duration_s:.1f}",
            share=f"{100 * summary.found_share:.0f}",
        ),
        "lead",
    )
    if result.ended_by != "end":
        yield Text(_end_sentence(result, t), "note")
    for person in summary.people:
        yield Heading(t("video.person", number=person.person))
        angles = sequence_angles(result.sequence(person.person), "image", result.settings.visibility_limit)
        yield Chart(angle_curves_figure(result.time_s, angles.deg, t), t("video.curves_alt"))
        yield Table(
            [t("video.angle"), t("video.least"), t("video.greatest"), t("video.uncertain_share")],
            [
                [
                    t(f"angle.{angle}"),
                    *(f"{limit:.0f}°" if math.isfinite(limit) else "–" for limit in limits),
                    f"{100 * person.angle_uncertain_shares[angle]:.0f} %",
                ]
                for angle, limits in person.angle_ranges_deg.items()
            ],
        )
    if sheet:
        yield Heading(t("video.moments"))
        yield Picture(sheet, t("video.moments"))
    if moments:
        yield Table(
            [t("video.time"), t("video.moment"), t("video.value")],
            [
                [
                    f"{m.time_s:.2f} s",
                    t(f"video.moment_{m.kind}"),
                    m.text or t(f"video.value_{m.kind}", value=f"{m.value:.1f}"),
                ]
                for m in moments
            ],
        )
    facts = [(t(f"video.film_{key}"), str(value)) for key, value in _readable_facts(result)]
    yield from limits_parts(result.settings, t, facts)


def _readable_facts(result: VideoResult) -> Iterator[tuple[str, object]]:
    width, height = result.size_wh
    yield "size", f"{width} × {height}"
    yield "rate", f"{result.fps:.3g}"
    yield "duration", clock(result.duration_s)
    yield "cuts", len(result.cuts_s)

"""Validation results as files: JSON, CSV, XLSX, and predictions in COCO's form. Fields: docs/validate.md."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

import numpy as np

from pose_core.evaluation.bootstrap import Figure
from pose_core.evaluation.cases import Case, cases, worst_first
from pose_core.evaluation.figures import PCK_AT, GroupScores, JointScores, Scores
from pose_core.evaluation.outcomes import PROTOCOLS, Protocol
from pose_core.evaluation.published import PUBLISHED
from pose_core.evaluation.validate import ValidationResult
from pose_core.export.tables import CellValue, flat_rows, number_cell
from pose_core.export.workbook import Workbook
from pose_core.models.bundles import bundle
from pose_core.models.landmarker import runtime_version
from pose_core.translate import Translate, untranslated
from pose_core.version import VERSION

__all__ = ["DEFINITIONS", "SCHEMA_VERSION", "to_coco", "to_csv", "to_json", "to_json_dict", "to_xlsx"]

#: Goes up whenever a field changes its name or meaning.
SCHEMA_VERSION: Final = "1.0"
_DIGITS: Final = 6

#: What stands beside the figures, so that nobody has to guess.
DEFINITIONS: Final[Mapping[str, str]] = {
    "found": "share of annotated people with a prediction of their own: pairs one to one, highest OKS first, "
    "OKS at least 0.01",
    "pck": f"share of annotated joints within {PCK_AT} of the torso (left shoulder to right hip, or the other "
    "diagonal); a person not found counts as all wrong",
    "pck_found": "the same, of people found",
    "oks": "mean object keypoint similarity by COCO's definition; a person not found counts as 0",
    "oks_found": "the same, of people found",
    "errors": "share of each kind among joints of people found, by Ronchi and Perona (ICCV 2017); not_found: share of "
    "annotated joints of people not found",
    "interval": "95 %, bootstrap over pictures; differences are paired",
    "whole": "the model sees the whole picture",
    "crop": "the model sees the annotated person's box, enlarged",
}


def _number(value: float) -> float | None:
    return number_cell(value, _DIGITS)


def _pair(figure: Figure) -> list[float | None]:
    return [_number(figure.low), _number(figure.high)]


def _with_intervals(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {
        **{name: _number(figure.value) for name, figure in figures.items()},
        "intervals": {name: _pair(figure) for name, figure in figures.items()},
    }


def _figures_of(scores: Scores | JointScores | GroupScores) -> dict[str, Figure]:
    values = {field.name: getattr(scores, field.name) for field in fields(scores)}
    return {name: value for name, value in values.items() if isinstance(value, Figure)}


def _joint_dict(joint: JointScores) -> dict[str, Any]:
    return {
        "annotated": joint.annotated,
        "found": joint.found,
        **_with_intervals(_figures_of(joint)),
        "errors": _with_intervals(joint.kinds),
    }


def _group_dict(group: GroupScores) -> dict[str, Any]:
    counts = {"people": group.people, "pictures": group.pictures, "joints": group.joints}
    return {**counts, "enough": group.found is not None, **_with_intervals(_figures_of(group))}


def _scores_dict(scores: Scores) -> dict[str, Any]:
    return {
        "people": scores.people,
        "pictures": scores.pictures,
        "pictures_with_people": scores.pictures_with_people,
        "without_torso": scores.without_torso,
        **_with_intervals(_figures_of(scores)),
        "pck_curve": [
            {
                "threshold": at,
                "pck": _number(everybody.value),
                "pck_interval": _pair(everybody),
                "pck_found": _number(found.value),
                "pck_found_interval": _pair(found),
            }
            for at, everybody, found in scores.curve
        ],
        "ap": None if scores.ap is None else _with_intervals(scores.ap),
        "per_joint": {joint: _joint_dict(one) for joint, one in scores.per_joint.items()},
        "errors": _with_intervals(scores.errors),
        "widths": _with_intervals(scores.widths),
        "groups": {
            kind: {name: _group_dict(group) for name, group in groups.items()}
            for kind, groups in scores.groups.items()
        },
    }


def _case_dict(case: Case) -> dict[str, Any]:
    return {
        "picture": case.name,
        "person": case.person,
        "found": case.found,
        "oks": _number(case.oks),
        "pck": _number(case.pck),
        "error": _number(case.error_torso),
        "errors": case.kinds,
    }


def _model_facts(result: ValidationResult) -> dict[str, Any]:
    return {
        model.name: {
            "own": model.bundle is not None,
            "sha256": hashlib.sha256(model.bundle).hexdigest()
            if model.bundle is not None
            else bundle(model.variant).sha256,
            "declaration": None if model.declaration is None else model.declaration.model_dump(mode="json"),
        }
        for model in result.settings.models
    }


def _facts(result: ValidationResult) -> dict[str, Any]:
    dataset = result.dataset
    settings = {one.name: getattr(result.settings, one.name) for one in fields(result.settings)}
    settings["models"] = _model_facts(result)
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "validation",
        "dataset": {
            "name": dataset.name,
            "format": dataset.format,
            "keypoint_set": dataset.keypoints.name,
            "compared": list(dataset.keypoints.joints),
            "not_comparable": list(dataset.keypoints.not_comparable),
            "pictures": len(result.pictures),
            "annotations": sum(len(truth.people) for truth in result.truths),
            "ignored": {
                reason: sum(person.ignored == reason for truth in result.truths for person in truth.people)
                for reason in ("crowd", "no_keypoints", "not_comparable")
            },
            "missing": list(dataset.missing),
            "unreadable": [{"picture": name, "reason": str(reason)} for name, reason in result.unreadable],
            "notes": list(dataset.notes),
        },
        "settings": settings,
        "versions": {
            "posedeck": VERSION,
            "mediapipe": runtime_version(),
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "took_s": _number(result.took_s),
        "definitions": dict(DEFINITIONS),
        "few_pictures": result.few_pictures,
        "smallest_difference": {
            protocol: _number(value) for protocol, value in result.smallest_difference.items()
        },
        "left_right_exchanged": {
            "suspected": result.exchanged.suspected,
            "judged": result.exchanged.judged,
            "people": [{"picture": name, "person": person} for name, person in result.exchanged.people],
        },
    }


def _paired(result: ValidationResult) -> list[dict[str, Any]]:
    return [
        {
            "a": pair.a,
            "b": pair.b,
            "protocol": pair.protocol,
            **{
                name: {
                    "difference": _number(figure.value),
                    "interval": _pair(figure),
                    "real": figure.excludes_zero,
                }
                for name, figure in pair.differences.items()
            },
        }
        for pair in result.paired
    ]


def to_json_dict(result: ValidationResult) -> dict[str, Any]:
    """The whole result as plain values; NaN is None. Fields as documented in docs/validate.md."""
    models = {
        model.name: {
            protocol: {
                **_scores_dict(result.scores[model.name, protocol]),
                "worst": [_case_dict(case) for case in worst_first(cases(result, model.name, protocol))],
            }
            for protocol in PROTOCOLS
        }
        for model in result.settings.models
    }
    published = [asdict(one) for one in PUBLISHED]
    return {**_facts(result), "models": models, "paired": _paired(result), "published": published}


def to_json(result: ValidationResult) -> bytes:
    """JSON file of `to_json_dict`, UTF-8."""
    text = json.dumps(to_json_dict(result), ensure_ascii=False, indent=1, allow_nan=False)
    return text.encode(errors="replace")


_CSV_COLUMNS: Final = ("model", "protocol", "part", "name", "figure", "value", "low", "high", "count")


def _rows(result: ValidationResult) -> Iterator[list[CellValue]]:
    """Every figure in a row of `_CSV_COLUMNS`."""
    for (model, protocol), scores in result.scores.items():
        start: list[CellValue] = [model, protocol]
        for figure in _figures_of(scores).items():
            yield _row([*start, "all", ""], *figure, scores.people)
        for at, everybody, found in scores.curve:
            yield _row([*start, "pck_curve", f"{at:g}"], "pck", everybody, scores.people)
            yield _row([*start, "pck_curve", f"{at:g}"], "pck_found", found, scores.people)
        parts = (("ap", scores.ap or {}), ("errors", scores.errors), ("widths", scores.widths))
        for part, figures in parts:
            for figure in figures.items():
                yield _row([*start, part, ""], *figure, scores.people)
        for joint, one in scores.per_joint.items():
            for figure in (*_figures_of(one).items(), *one.kinds.items()):
                yield _row([*start, "joint", joint], *figure, one.annotated)
        for kind, groups in scores.groups.items():
            for name, group in groups.items():
                for figure in _figures_of(group).items():
                    yield _row([*start, kind, name], *figure, group.people)
    for pair in result.paired:
        for figure in pair.differences.items():
            yield _row([f"{pair.b} - {pair.a}", pair.protocol, "difference", ""], *figure, None)


def _row(start: list[CellValue], name: str, figure: Figure, count: int | None) -> list[CellValue]:
    return [*start, name, _number(figure.value), _number(figure.low), _number(figure.high), count]


def to_csv(result: ValidationResult) -> bytes:
    """CSV file, UTF-8 with a byte order mark for Excel: a row for each figure with its interval."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_CSV_COLUMNS)
    writer.writerows(_rows(result))
    return text.getvalue().encode("utf-8-sig")


_CASE_COLUMNS: Final = ("model", "protocol", "picture", "person", "found", "oks", "pck", "error", "errors")


def _case_rows(result: ValidationResult) -> Iterator[list[CellValue]]:
    for model, protocol in result.scores:
        for case in worst_first(cases(result, model, protocol)):
            wrong = [f"{joint}: {kind}" for joint, kind in case.kinds.items() if kind != "good"]
            numbers = [_number(value) for value in (case.oks, case.pck, case.error_torso)]
            yield [model, protocol, case.name, case.person, int(case.found), *numbers, ", ".join(wrong)]


def to_xlsx(result: ValidationResult, translate: Translate = untranslated) -> bytes:
    """XLSX workbook: figures, people with the worst first, and how they were measured.

    Parameters
    ----------
    result : ValidationResult
    translate : callable
        From ``sheet.NAME`` and ``column.NAME`` to the text to show.
    """
    book = Workbook()
    for sheet, columns, rows in (
        ("figures", _CSV_COLUMNS, _rows(result)),
        ("people", _CASE_COLUMNS, _case_rows(result)),
        ("about", ("field", "value"), flat_rows("", _facts(result))),
    ):
        headings = [translate(f"column.{column}") for column in columns]
        book.add(translate(f"sheet.{sheet}"), headings, rows)
    return book.finish()


def to_coco(result: ValidationResult, model: str, protocol: Protocol) -> bytes:
    """Predictions as a COCO results file, which pycocotools and others read with the annotations.

    The joints are those of the annotations' category, in its order and coordinates; one that the model does not have is
    0, 0, 0. With ``"crop"``, one prediction for each annotated person: of those in their crop the most similar.
    """
    kit, outcomes = result.dataset.keypoints, result.outcomes[model, protocol]
    rows = []
    for picture, truth, one, everyone in zip(
        result.pictures, result.truths, outcomes.pictures, outcomes.predicted_all_px, strict=True
    ):
        for landmarks_px, score in zip(everyone, one.scores.tolist(), strict=True):
            points = np.zeros((len(kit.names), 3))
            points[kit.columns, :2] = truth.in_file(landmarks_px[kit.landmarks])
            points[kit.columns, 2] = 1
            rows.append(
                {
                    "image_id": picture.id,
                    "category_id": result.dataset.category_id,
                    "keypoints": [round(value, 4) for value in points.ravel().tolist()],
                    "score": score if math.isfinite(score) else 0.0,
                }
            )
    return json.dumps(rows, ensure_ascii=False).encode(errors="replace")

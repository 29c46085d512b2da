from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from pose_core.evaluation.average_precision import SUMMARY, PrecisionTable
from pose_core.evaluation.outcomes import PROTOCOLS, Protocol
from pose_core.evaluation.reading import open_dataset
from pose_core.evaluation.settings import ValidationSettings, shipped
from pose_core.evaluation.validate import ValidationResult, validate
from pose_core.export.validations import to_coco, to_csv, to_json, to_xlsx
from pose_core.models.pool import PosePool
from pose_core.performer import render_frame
from tests.support.annotations import write_performer


@pytest.fixture(scope="module")
def annotated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = {f"{motion}.png": render_frame(motion, 0.3, yaw_deg=-40) for motion in ("squat", "walk", "jack")}
    return write_performer(tmp_path_factory.mktemp("export"), frames)


@pytest.fixture(scope="module")
def result(annotated: Path, lite_pool: PosePool) -> ValidationResult:
    return validate(
        open_dataset(annotated), ValidationSettings(shipped("lite", "full"), resamples=200), lite_pool
    )


@pytest.fixture(scope="module")
def document(result: ValidationResult) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(to_json(result))
    return loaded


def test_json_has_every_figure_with_its_interval(document: dict[str, Any]) -> None:
    for model in ("lite", "full"):
        for protocol in PROTOCOLS:
            figures = document["models"][model][protocol]
            assert (figures["people"], figures["pictures"]) == (3, 3)
            for name in ("found", "pck", "pck_found", "oks", "oks_found"):
                low, high = figures["intervals"][name]
                assert 0 <= low <= figures[name] <= high <= 1
            assert len(figures["per_joint"]) == 17
            assert sum(
                figures["errors"][kind] for kind in ("good", "jitter", "inversion", "swap", "miss")
            ) == (pytest.approx(1, abs=1e-5))
    (pair,) = [p for p in document["paired"] if p["protocol"] == "whole"]
    whole = {model: document["models"][model]["whole"] for model in ("lite", "full")}
    assert pair["pck"]["difference"] == pytest.approx(whole["full"]["pck"] - whole["lite"]["pck"], abs=1e-5)
    assert (pair["a"], pair["b"], document["few_pictures"]) == ("lite", "full", True)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_predictions_in_cocos_form_give_our_figures_with_pycocotools(
    result: ValidationResult, annotated: Path, protocol: Protocol
) -> None:
    reference = COCO(str(annotated))
    evaluation = COCOeval(
        reference, reference.loadRes(json.loads(to_coco(result, "lite", protocol))), "keypoints"
    )
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    ours = PrecisionTable(result.outcomes["lite", protocol].pictures).summary()
    np.testing.assert_allclose(
        np.nan_to_num([ours[name] for name in SUMMARY], nan=-1), evaluation.stats, atol=1e-9
    )
    best = [np.asarray(evaluation.ious[picture, 1]).max() for picture in (1, 2, 3)]
    np.testing.assert_allclose(
        result.outcomes["lite", protocol].oks, best, atol=1e-5
    )  # files have 4 decimals


def test_csv_has_a_row_for_each_figure(result: ValidationResult, document: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(result).decode("utf-8-sig"))))
    (pck,) = [
        row for row in rows
        if (row["model"], row["protocol"], row["part"], row["figure"]) == ("lite", "crop", "all", "pck")
    ]  # fmt: skip
    figures = document["models"]["lite"]["crop"]
    assert [float(pck["value"]), float(pck["low"]), float(pck["high"])] == [
        figures["pck"],
        *figures["intervals"]["pck"],
    ]
    assert any(row["model"] == "full - lite" for row in rows)


def test_xlsx_opens_on_the_figures_and_lists_everybody(result: ValidationResult) -> None:
    book = load_workbook(io.BytesIO(to_xlsx(result)), read_only=True)
    assert book.sheetnames == ["sheet.figures", "sheet.people", "sheet.about"]
    assert len(list(book["sheet.people"].iter_rows())) == 1 + 2 * 2 * 3

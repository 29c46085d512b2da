"""A benchmark's files: JSON written and read, CSV, what is refused; and what the tables say."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import pytest

from pose_core.benchmark.plan import Cell
from pose_core.benchmark.result import BenchmarkResult, SourceFacts, json_schema, read_result, shipped_result
from pose_core.benchmark.texts import (
    finding_text,
    loss_table,
    machine_table,
    notes,
    published_table,
    speed_table,
)
from pose_core.errors import PoseCoreError
from pose_ui.texts import Translator
from tests.support.benchmark_results import measured, points, result_of
from tests.support.paths import ROOT

t = Translator("en")
SMALL, LARGE = Cell((320, 240)), Cell((1280, 720))


def whole() -> BenchmarkResult:
    return result_of(
        measured(SMALL, 80, 4.5), measured(LARGE, 40, math.nan), scaling=points((1, 60.0), (2, 100.0))
    )


def test_json_reads_back_the_same_and_unknown_numbers_are_null() -> None:
    data = whole().to_json()
    assert b"NaN" not in data
    assert json.loads(data)["cells"][1]["loss"]["distance_percent"] is None
    back = read_result(data)
    assert back.to_json() == data
    assert back.cells[0] == whole().cells[0]
    assert math.isnan(back.cells[1].loss.distance_percent)


def test_fields_that_a_later_version_adds_are_ignored() -> None:
    tree = json.loads(whole().to_json()) | {"new": 1}
    assert read_result(json.dumps(tree).encode()).seconds == 20.0


def _without(name: str) -> bytes:
    tree = json.loads(whole().to_json())
    del tree[name]
    return json.dumps(tree).encode()


def _changed(**values: Any) -> bytes:
    return json.dumps(json.loads(whole().to_json()) | values).encode()


def _with_mean(mean: str) -> bytes:
    tree = json.loads(whole().to_json())
    tree["cells"][0]["frame_ms"]["mean"] = float(mean)
    return json.dumps(tree).encode()


BAD = {
    "empty": b"",
    "no JSON": b"\x89PNG\r\n",
    "a list": b"[]",
    "another schema": _changed(schema_version="posedeck.benchmark.9"),
    "no cells": _without("cells"),
    "cells of the wrong kind": _changed(cells=[{"cell": 3}]),
    **{f"a mean of {mean}": _with_mean(mean) for mean in ("0", "-1", "Infinity")},
    "cut off": whole().to_json()[:-200],
    "deep": b"[" * 100_000,
    "large": b" " * (6 * 1024 * 1024),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_benchmark_is_refused_with_a_sentence(kind: str) -> None:
    with pytest.raises(PoseCoreError, match=r"^The file must be a benchmark's JSON file") as caught:
        read_result(BAD[kind])
    assert caught.value.code == "benchmark_file"


def test_csv_has_a_row_for_each_cell_and_empty_fields_for_what_is_unknown() -> None:
    rows = list(csv.DictReader(io.StringIO(whole().to_csv().decode())))
    assert [row["width_px"] for row in rows] == ["320", "1280"]
    assert rows[0]["fps"] == "80.00"
    assert rows[0]["inference_fps"] == "100.00"
    assert rows[1]["distance_percent"] == ""
    steps = sum(float(rows[0][f"{step}_mean_ms"]) for step in ("decode", "convert", "inference", "smooth"))
    assert steps == pytest.approx(12.5 * (0.8 + 3 * 0.04), abs=0.01)


def test_rates_are_those_of_the_mean() -> None:
    one = measured(SMALL, 80, inference_share=0.7)
    assert one.fps == pytest.approx(80)
    assert one.inference_fps == pytest.approx(80 / 0.7)


def test_the_finding_names_both_ends_of_the_sizes() -> None:
    text = finding_text(
        result_of(measured(SMALL, 80, inference_share=0.8), measured(LARGE, 40, inference_share=0.4)), t
    )
    assert text is not None
    assert "from 320×240 to 1280×720 inference went from 10.0 to 10.0 ms" in text
    assert "from 2.5 to 15.0 ms" in text
    assert finding_text(result_of(measured(SMALL, 80)), t) is None


def test_what_spoils_the_figures_is_reported() -> None:
    assert notes(whole(), t) == []
    cut = result_of(source=SourceFacts("clip", (640, 480), 40, 25.0, False))
    assert notes(cut, t) == ["The source is longer: its first 40 frames were used."]
    spoiled = result_of(complete=False, noise_percent=15.1, viewers=2)
    said = " ".join(notes(spoiled, t))
    assert spoiled.noisy
    assert spoiled.under_load
    for part in ("not finished", "15 % apart", "live viewers during the run: 2"):
        assert part in said
    busy = result_of(machine={"cores": 2, "load_1min": 1.2})
    assert "load 1.2" in " ".join(notes(busy, t))
    assert not result_of(machine={"cores": 2, "load_1min": 1.0}).under_load


def test_tables_show_units_and_every_loss_with_its_uncertainty() -> None:
    head, rows = loss_table(whole(), t)
    assert "Distance to the truth" in head
    assert rows[0][1:3] == ["100 %", "4.5 ± 0.25 %"]
    assert rows[0][-1] == "equal"
    assert rows[1][-1] == "–"
    assert speed_table(whole(), t)[1][0][:3] == ["full 320×240", "80", "100"]


def test_published_figures_are_shown_beside_ours_and_labelled_as_such() -> None:
    head, rows = published_table(whole(), t)
    assert head[2:] == ["Published", "Measured here"]
    assert ["The older Flask demo, Intel i5", "1280×720", "~40 frames/s", "40 frames/s"] in rows
    assert any(row[1] == "heavy" and row[2] == "53 ms" and row[3] == "–" for row in rows)


def test_an_incomplete_description_of_the_machine_is_still_shown() -> None:
    assert dict(machine_table({"cores": None, "packages": None}, t))["Memory"] == "– GB"


def test_every_field_of_the_file_is_documented() -> None:
    page = (ROOT / "docs" / "benchmark.md").read_text("utf-8")
    schema = json_schema()
    kinds = [schema, *schema["$defs"].values()]
    names = {name for kind in kinds for name in kind.get("properties", {})}
    assert names
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_the_shipped_result_is_a_whole_one() -> None:
    shipped = shipped_result()
    assert shipped.complete
    assert len(shipped.cells) >= 18

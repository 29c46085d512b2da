"""Files of a comparison: they hold the figures, mark what is real, and open in other programs."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import openpyxl
import pytest

from pose_core.evaluation.side_by_side.comparing import Comparison, compare
from pose_core.evaluation.side_by_side.settings import SideBySideSettings
from pose_core.export import sides
from pose_core.export.sides_report import sides_report
from pose_core.performer.samples import sample_bytes, sample_clip
from pose_core.skeleton import INDEX, LANDMARK_NAMES
from pose_ui.texts import Translator
from tests.support.poses import make_pose
from tests.support.sides import looked

EN, ZH = Translator("en"), Translator("zh")
ZERO = np.zeros_like(make_pose().image_xy_px)


@pytest.fixture(scope="module")
def found() -> Comparison:
    shift = ZERO.copy()
    shift[INDEX["left_knee"]] = 6, 0
    seen = looked(60, lambda _: ZERO, lambda n: shift if n > 9 else None)
    return compare(seen, SideBySideSettings(resamples=200))


@pytest.fixture(scope="module")
def pictures() -> Comparison:
    seen = looked(3, lambda _: ZERO, lambda n: ZERO + n, kind="pictures")
    return compare(seen, SideBySideSettings(resamples=200))


def test_json_holds_every_figure_with_its_interval_and_says_what_is_real(found: Comparison) -> None:
    document = json.loads(sides.to_json(found, "squat.mp4"))
    assert (document["kind"], document["of"], document["seen"]) == ("side_by_side", "film", 60)
    knee = document["joints"]["left_knee"]
    assert knee["apart_px"] == {"value": 6.0, "interval": [6.0, 6.0]}
    assert (knee["right"]["real"], knee["down"]["real"]) == (True, False)
    assert document["took_ms"]["b_less_a"] == {"value": 5.0, "interval": [5.0, 5.0], "real": True}
    assert document["found"]["b_less_a"]["value"] == pytest.approx(-10 / 60, abs=1e-5)
    assert document["frames"][0] == {
        "frame": 0,
        "picture": "",
        "time_s": 0.0,
        "apart_torso": None,
        "only_a": 1,
        "only_b": 0,
        "a_ms": 10.0,
        "b_ms": 15.0,
    }
    assert set(document["joints"]) == set(LANDMARK_NAMES)
    assert len(document["settings"]["a"]["sha256"]) == 64


def test_csv_and_workbook_hold_the_same_figures(found: Comparison) -> None:
    rows = list(csv.DictReader(io.StringIO(sides.to_csv(found).decode("utf-8-sig"))))
    wanted = next(row for row in rows if (row["name"], row["figure"]) == ("left_knee", "apart_px"))
    assert [wanted[name] for name in ("value", "low", "high", "count")] == ["6.0", "6.0", "6.0", "50"]
    book = openpyxl.load_workbook(io.BytesIO(sides.to_xlsx(found, ZH)))
    assert book.sheetnames == [ZH(f"sheet.{name}") for name in ("figures", "frames", "apart", "about")]
    assert book[ZH("sheet.figures")].max_row == len(rows) + 1
    assert book[ZH("sheet.frames")].max_row == book[ZH("sheet.apart")].max_row == 61


@pytest.mark.parametrize("t", [EN, ZH], ids=["en", "zh"])
def test_the_report_shows_both_on_the_pictures_where_they_differ_most(
    pictures: Comparison, t: Translator
) -> None:
    files = {f"{number}.png": sample_bytes("stand") for number in range(3)}
    report = sides_report(pictures, files, t, language=t.language).decode()
    assert report.count("<img ") == 6
    for key in ("report_title", "tab_joints", "largest_pictures", "limits"):
        assert t(f"sides.{key}").split("\n")[0] in report
    assert "1.png" in report


def test_the_report_of_a_film_shows_its_frames(found: Comparison) -> None:
    report = sides_report(found, sample_clip(), EN, language="en").decode()
    assert "left knee" in report
    assert report.count("<img ") >= 2

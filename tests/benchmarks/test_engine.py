"""The engine benchmark: its arithmetic, and that a small run gives every figure. No figure is judged."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import engine, report
from pose_core.models.bundles import verified_path

MEASURED = ("ours", "bare_1_thread", "bare_2_threads", "detector_1_thread")
FRAMES, ROUNDS = 6, 2


def medians(**values: float) -> dict[str, dict[str, float]]:
    return {name: {"median": value, "p95": 99.0, "n": 3} for name, value in values.items()}


def test_ratios_are_those_of_the_medians() -> None:
    times_ms = medians(original=21.0, ours=10.5, bare_1_thread=8.4, bare_2_threads=4.2)
    assert engine.ratios(times_ms, medians(graph=9.9)) == {
        "ours_to_bare": 1.25,
        "ours_to_bare_2_threads": 2.5,
        "original_to_ours": 2.0,
        "graph_beyond_bare_ms": 1.5,
    }


def test_without_the_original_there_is_no_ratio_to_it() -> None:
    times_ms = {**medians(ours=3.0, bare_1_thread=2.0, bare_2_threads=1.0), "original": None}
    found = engine.ratios(times_ms, medians(graph=2.5))
    assert found["original_to_ours"] is None
    assert found["ours_to_bare"] == 1.5


def test_the_bare_network_sees_the_middle_square_from_0_to_1() -> None:
    frame_rgb = np.zeros((2, 6, 3), dtype=np.uint8)
    frame_rgb[:, 2:4] = [[(255, 0, 51), (0, 255, 0)], [(0, 0, 255), (102, 0, 0)]]
    seen = engine._network_input(frame_rgb, 4)
    assert seen.shape == (1, 4, 4, 3)
    assert seen.dtype == np.float32
    np.testing.assert_allclose(seen[0, 0], [(1, 0, 0.2), (1, 0, 0.2), (0, 1, 0), (0, 1, 0)])
    np.testing.assert_allclose(seen[0, 3], [(0, 0, 1), (0, 0, 1), (0.4, 0, 0), (0.4, 0, 0)])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A small run of lite without its original bundle, as read back from JSON."""
    folder = tmp_path_factory.mktemp("engine")
    result = engine.measure(ROUNDS, ["lite"], FRAMES, originals=folder)
    report.save(result, folder / "engine.json")
    kept: dict[str, Any] = json.loads((folder / "engine.json").read_text(encoding="utf-8"))
    assert kept == result
    return kept


def test_a_small_run_gives_every_figure(small: dict[str, Any]) -> None:
    assert small["machine"]["processor"]
    assert {"mediapipe", "ai-edge-litert"} <= set(small["machine"]["packages"])
    assert (small["frames"], small["rounds"], small["size_wh"]) == (FRAMES, ROUNDS, [640, 480])
    (lite,) = small["variants"].values()
    for figures in (*(lite["times_ms"][name] for name in MEASURED), *lite["ours_parts_ms"].values()):
        assert figures["n"] == FRAMES * ROUNDS
        assert 0 < figures["median"] <= figures["p95"]
    assert lite["found_share"] == 1
    assert lite["ours_to_bare"] == pytest.approx(
        lite["times_ms"]["ours"]["median"] / lite["times_ms"]["bare_1_thread"]["median"], abs=1e-3
    )
    assert lite["times_ms"]["ours"]["median"] > lite["ours_parts_ms"]["graph"]["median"]


def test_missing_originals_are_named_with_the_command_that_makes_them(small: dict[str, Any]) -> None:
    (lite,) = small["variants"].values()
    assert lite["times_ms"]["original"] is None
    assert lite["original_to_ours"] is None
    text = engine.report(small)
    assert text.splitlines()[-1] == engine.missing_note(small)
    assert "the original bundle of lite," in text
    assert text.endswith("scripts/build_bundles.py --keep-original")


def test_an_original_bundle_is_measured_if_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "lite.task").write_bytes(verified_path("lite").read_bytes())  # any bundle will do for this
    result = engine.measure(1, ["lite"], 3, originals=tmp_path)
    lite = result["variants"]["lite"]
    assert lite["times_ms"]["original"]["n"] == 3
    assert lite["times_ms"]["original"]["median"] > 0
    assert lite["original_to_ours"] > 0
    assert engine.missing_note(result) is None
    assert "--keep-original" not in engine.report(result)


def test_without_litert_one_line_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["engine", "--out", str(tmp_path / "engine.json")])
    engine.main()
    printed = capsys.readouterr().out
    assert "make setup-dev" in printed
    assert printed.count("\n") == 1
    assert not list(tmp_path.iterdir())

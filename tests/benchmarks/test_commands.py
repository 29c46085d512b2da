"""The benchmarks: their arithmetic, and that a small run gives every figure. No figure is judged."""

from __future__ import annotations

import doctest
import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import first_minute, page, photo, report, server, video
from pose_core.media.images import decode_picture


@pytest.mark.parametrize("module", [first_minute, report, server])
def test_docstring_examples_pass(module: ModuleType) -> None:
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0


def test_summary_gives_median_and_95th_percentile_whatever_the_order() -> None:
    values = [float(value) for value in range(1, 102)]
    assert report.summary(values[::-1]) == {"median": 51.0, "p95": 96.0, "n": 101}


def test_summary_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs at least one value"):
        report.summary([])


@pytest.mark.parametrize("rounds", [1, 2, 7])
def test_interleaving_takes_each_once_a_round(rounds: int) -> None:
    order = list(report.interleaved("abc", rounds))
    for start in range(0, len(order), 3):
        assert sorted(order[start : start + 3]) == ["a", "b", "c"]
    assert len(order) == 3 * rounds


def test_interleaving_puts_each_in_every_place_equally_often() -> None:
    order = list(report.interleaved("abc", 6))
    for place in range(3):
        assert Counter(order[place::3]) == Counter("aabbcc")


def test_a_table_has_aligned_columns() -> None:
    text = report.table([["model", "a", "long head"], ["lite", "1.0 / 2.0", "3"]])
    head, row = text.splitlines()
    assert row.startswith("lite ")
    assert head.endswith("  long head")
    assert len(head) == len(row)
    assert head.index("a  long") + 1 == row.index("2.0") + 3


def test_results_that_json_cannot_store_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        report.save({"ratio": float("nan")}, tmp_path / "result.json")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_includes_child_processes() -> None:
    alone = server.memory_mb(os.getpid())
    hog = "held = bytes([1]) * 150_000_000; print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hog], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        together = server.memory_mb(os.getpid())
        child.communicate("\n")
    assert alone is not None
    assert together is not None
    for kind in ("rss", "private"):
        assert together[kind] - alone[kind] > 120
        assert together["rss"] > together["private"]


def test_own_pictures_are_all_different_and_large() -> None:
    pictures = list(itertools.islice(page.own_pictures(), 12))
    assert len({name for name, _ in pictures}) == len({data for _, data in pictures}) == 12
    assert decode_picture(pictures[0][1]).size_wh == page.PICTURE_WH


@pytest.mark.parametrize(("rounds", "processes"), [(1, 1), pytest.param(20, 5, marks=pytest.mark.nightly)])
def test_a_run_gives_every_figure(rounds: int, processes: int, tmp_path: Path) -> None:
    result = photo.measure(rounds, processes)
    report.save(result, tmp_path / "new" / "photo.json")
    kept = json.loads((tmp_path / "new" / "photo.json").read_text(encoding="utf-8"))
    assert kept == result
    assert kept["machine"]["processor"]
    assert {"mediapipe", "numpy", "posedeck"} <= set(kept["machine"]["packages"])
    assert set(kept["steps_ms"]) == {"lite", "full", "heavy"}
    for steps in kept["steps_ms"].values():
        assert set(steps) == set(photo.STEPS)
        assert all(
            step["n"] == rounds * len(kept["pictures"]) and 0 < step["median"] <= step["p95"]
            for step in steps.values()
        )
        assert steps["total"]["median"] > steps["inference"]["median"]
    first = kept["first_request"]
    assert first["first_to_tenth"] == pytest.approx(
        first["first_ms"]["median"] / first["tenth_ms"]["median"], abs=1e-3
    )
    assert kept["two_at_once"]["throughput_ratio"] > 0
    text = photo.report(kept)
    assert all(name in text for name in ("lite", "full", "heavy", "First request", "two at once"))


@pytest.mark.nightly
def test_a_film_gives_every_figure() -> None:
    found = video.measure(2.0, "lite", 1)
    (run,) = found["runs"]
    assert (run["frames"], run["people"]) == (60, 1)
    assert 0 < run["analysed_per_length"] < run["with_film_per_length"]
    assert run["written_mb"] > 0
    assert "with_film_per_length" in video.report(found)


def test_without_playwright_the_page_benchmark_says_in_one_line_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(page, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["page", "--out", str(tmp_path / "page.json")])
    page.main()
    printed = capsys.readouterr().out
    assert "make setup-dev" in printed
    assert printed.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_browser_that_cannot_start_gives_no_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    assert not page.browser_starts()

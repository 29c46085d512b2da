"""The benchmark of counting: both counters on the same landmarks, from a folder with its own table."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.counting import main, read_counts
from tests.support.performing import squat_film


def test_a_folder_with_films_and_a_table_gives_both_counts_and_the_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = squat_film()
    for name in ("one", "none"):
        (tmp_path / f"{name}.mp4").write_bytes(film)
    (tmp_path / "counts.csv").write_text("clip,exercise,count\none,squat,1\nnone,,\n", encoding="utf-8")
    assert read_counts(tmp_path / "counts.csv") == [("one", "squat", 1), ("none", "", 0)]
    main([str(tmp_path), "--model", "lite"])
    said = capsys.readouterr().out
    assert "coach: 1 of 1 clips exact, 0 of 1 repetitions wrong (0.0 %)" in said
    assert "fixed limits: 1 of 1 clips exact" in said
    assert "recognised: 1 of 1" in said
    assert "ms of processor time for a frame" in said

"""The README states the speed that was measured."""

from __future__ import annotations

import pytest

from pose_core.benchmark.plan import Cell
from pose_core.benchmark.result import shipped_result
from scripts.readme_speed import README, speed_table, with_table
from tests.support.benchmark_results import measured, result_of


def test_the_speed_table_is_that_of_the_committed_benchmark() -> None:
    readme = README.read_text("utf-8")
    assert with_table(readme, speed_table(shipped_result())) == readme


def test_the_way_without_make_needs_no_program_that_debian_lacks() -> None:
    readme = README.read_text("utf-8")
    _, _, way = readme.partition("or without make:")
    commands = [line.split()[0] for line in way.split("```")[1].strip().splitlines()]
    assert commands == ["python3", ".venv/bin/pip", ".venv/bin/streamlit"]  # Debian has no "python"


def test_a_row_names_both_rates_and_what_was_not_measured() -> None:
    table = speed_table(result_of(measured(Cell((640, 480)), 60, inference_share=0.75)))
    assert "| 640x480 | - | 60 (80) | - |" in table
    assert "| 320x240 | - | - | - |" in table


def test_a_readme_without_its_markers_is_refused() -> None:
    with pytest.raises(AssertionError, match="must contain"):
        with_table("nothing", "table")

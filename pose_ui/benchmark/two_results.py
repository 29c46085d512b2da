"""Two benchmarks side by side: of two machines, or of one before and after a change."""

from __future__ import annotations

import math

import streamlit as st

from pose_core.benchmark import BenchmarkResult, read_result
from pose_core.benchmark.charts import cell_name, compare_figure
from pose_core.errors import PoseCoreError
from pose_ui.shell.layout import number, plain
from pose_ui.shell.problems import show_problem
from pose_ui.texts import Translator
from pose_ui.widgets.tables import show_chart, show_table

__all__ = ["compare_results"]

Named = tuple[str, BenchmarkResult]


def _loaded(t: Translator) -> list[Named]:
    files = st.file_uploader(
        t("benchmark.compare_upload"), type="json", accept_multiple_files=True, key="benchmark_compare"
    )
    loaded: list[Named] = []
    for file in files:
        try:
            loaded.append((file.name, read_result(file.getvalue())))
        except PoseCoreError as error:
            st.markdown(f"**{plain(file.name)}**")
            show_problem(error, t)
    if len(loaded) > 2:
        st.caption(t("benchmark.compare_more"))
    return loaded[:2]


def _machine_and_time(result: BenchmarkResult) -> str:
    machine = result.machine
    return f"{machine.get('processor', '')}, {machine.get('cores', '')} · {result.started[:16].replace('T', ' ')}"


def compare_results(result: BenchmarkResult, t: Translator) -> None:
    """Load one or two files, and compare them with `result` or with each other."""
    st.caption(t("benchmark.compare_text"))
    loaded = _loaded(t)
    if not loaded:
        return
    (name_a, before), (name_b, after) = (
        loaded
        if len(loaded) == 2
        else (
            loaded[0],
            (t("benchmark.compare_this"), result),
        )
    )
    names = (f"A: {name_a}", f"B: {name_b}")
    for name, shown in zip(names, (before, after), strict=True):
        st.markdown(f"**{plain(name)}** &nbsp; {plain(_machine_and_time(shown))}")
    both = [(old, new) for new in after.cells if (old := before.cell(new.cell)) is not None]
    if not both:
        st.info(t("benchmark.compare_nothing"))
        return
    show_chart(compare_figure(before, after, names, t), "benchmark_compare_chart", t("benchmark.alt_compare"))
    rows = [
        [cell_name(new.cell, t), number(old.fps), number(new.fps), f"{number(new.fps / old.fps, 2)}×"]
        for old, new in both
    ]
    show_table(
        ([t("benchmark.cell"), "A", "B", t("benchmark.compare_times")], rows), t("benchmark.alt_compare")
    )
    noises = (before.noise_percent, after.noise_percent)
    noise = max(filter(math.isfinite, noises), default=0)
    st.caption(t("benchmark.compare_noise", percent=number(noise)))

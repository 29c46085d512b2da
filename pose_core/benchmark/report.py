"""A benchmark as one HTML file."""

from __future__ import annotations

from collections.abc import Iterator

from pose_core.benchmark.charts import (
    fps_figure,
    latency_figure,
    loss_figure,
    scaling_figure,
    small_figure,
    split_figure,
)
from pose_core.benchmark.recommend import GOAL_FPS, Goal, recommend
from pose_core.benchmark.result import BenchmarkResult
from pose_core.benchmark.texts import (
    advice_text,
    finding_text,
    loss_table,
    machine_table,
    notes,
    published_table,
    scaling_text,
    speed_table,
)
from pose_core.export.report import Chart, Heading, Part, Table, Text, html_report
from pose_core.translate import Translate

__all__ = ["report_html"]


def report_html(result: BenchmarkResult, goal: Goal, t: Translate, language: str) -> bytes:
    """The report: advice, charts, tables, machine, method.

    Parameters
    ----------
    result : BenchmarkResult
    goal : {"smooth", "coaching", "exact"}
        What the recommendation is for.
    t : callable
        Translator.
    language : str
        Tag of its language, such as ``"en"``.

    Returns
    -------
    bytes
        UTF-8, about 5 MB, most of it Plotly.
    """
    return html_report(
        t("benchmark.report_title"),
        _parts(result, goal, t),
        language=language,
        made=t(
            "benchmark.report_when", started=result.started.replace("T", " "), seconds=f"{result.seconds:.0f}"
        ),
    )


def _parts(result: BenchmarkResult, goal: Goal, t: Translate) -> Iterator[Part]:
    cells = result.cells
    advice = recommend(result, goal)
    if advice is not None:
        yield Text(advice_text(advice, t), "lead")
    yield from (Text(note, "note") for note in notes(result, t))
    yield Heading(t("benchmark.tab_speed"))
    yield Chart(fps_figure(cells, t, GOAL_FPS[goal]), t("benchmark.alt_fps"))
    yield Table(*speed_table(result, t))
    yield Chart(latency_figure(cells, t), t("benchmark.alt_latency"))
    yield Heading(t("benchmark.tab_split"))
    finding = finding_text(result, t)
    if finding:
        yield Text(finding)
    yield Chart(split_figure(cells, t), t("benchmark.alt_split"))
    yield Heading(t("benchmark.tab_loss"))
    yield Text(t(f"benchmark.loss_{result.reference}"))
    yield Chart(loss_figure(cells, t), t("benchmark.alt_loss"))
    yield Table(*loss_table(result, t))
    if result.small:
        yield Chart(small_figure(result.small, t), t("benchmark.alt_small"))
        yield Text(t("benchmark.small_text"))
    if result.scaling:
        yield Heading(t("benchmark.tab_scaling"))
        yield Text(scaling_text(result, t))
        yield Chart(scaling_figure(result.scaling, t), t("benchmark.alt_scaling"))
    yield Heading(t("benchmark.machine"))
    yield Table((), machine_table(result.machine, t))
    yield Heading(t("benchmark.tab_method"))
    yield Text(t("benchmark.method"))
    yield Heading(t("benchmark.published"))
    yield Text(t("benchmark.published_text"))
    yield Table(*published_table(result, t))

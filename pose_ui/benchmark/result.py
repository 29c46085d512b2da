"""The result of a benchmark: a sentence and three charts; the details folded away."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pose_core.benchmark import BenchmarkResult
from pose_core.benchmark.charts import (
    fps_figure,
    latency_figure,
    loss_figure,
    scaling_figure,
    small_figure,
    split_figure,
)
from pose_core.benchmark.plain import (
    distance_chart,
    people_chart,
    speed_chart,
    sure_text,
    verdict_text,
    wanted_chart,
)
from pose_core.benchmark.recommend import GOAL_FPS, Advice, Goal, recommend
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
from pose_ui.benchmark.downloads import benchmark_downloads
from pose_ui.benchmark.two_results import compare_results
from pose_ui.shell.layout import open_tab, plain
from pose_ui.shell.mailbox import ask_for_live
from pose_ui.shell.settings_panel import choose
from pose_ui.shell.state import BENCHMARK_TAB, benchmark_key, live_key
from pose_ui.texts import Translator
from pose_ui.widgets.tables import show_chart, show_table

__all__ = ["details", "quiet_notes", "verdict"]

_DETAILS: Final = "benchmark_details"
#: Beside its button in a wide window; in a narrow one, where both have no room, the button goes below it.
_VERDICT_PX: Final = 1000


def _use_on_live(result: BenchmarkResult, t: Translator) -> None:
    """Apply what is recommended for the goal that is chosen by now, even if the page does not show it yet."""
    goal: Goal = st.session_state[benchmark_key("goal")]
    advice = recommend(result, goal)
    if advice is None:
        return
    cell = advice.chosen.cell
    choose(model=cell.model, people=cell.people)
    st.session_state[live_key("height")] = cell.size_wh[1]
    st.session_state[live_key("target")] = round(GOAL_FPS[goal])
    ask_for_live(
        t(
            "benchmark.used",
            model=cell.model,
            people=t.people(cell.people),
            height=cell.size_wh[1],
            target=round(GOAL_FPS[goal]),
        )
    )


def verdict(
    result: BenchmarkResult, goal: Goal, t: Translator, *, into: DeltaGenerator, shipped: bool
) -> None:
    """Show the sentence and the bar in `into`, and the three charts here.

    Parameters
    ----------
    result : BenchmarkResult
    goal : {"smooth", "coaching", "exact"}
    t : Translator
    into : DeltaGenerator
        A container above the choices.
    shipped : bool
        Whether the result is the one of the developers' machine.
    """
    advice = recommend(result, goal)
    with into:
        if advice is None:
            st.header(t("benchmark.no_verdict"), anchor=False)
            st.write(t("benchmark.no_advice"))
        else:
            _sentence(result, advice, t, shipped=shipped)
    charts = [
        (speed_chart(result, GOAL_FPS[goal], t), "speed"),
        (distance_chart(result, t), "distance"),
    ]
    if result.scaling and advice is not None:
        charts.insert(1, (people_chart(result.scaling, advice, t), "people"))
    for column, (figure, name) in zip(st.columns(len(charts), gap="medium"), charts, strict=True):
        with column:
            show_chart(figure, f"benchmark_chart_{name}", t(f"benchmark.alt_{name}"))


def _sentence(result: BenchmarkResult, advice: Advice, t: Translator, *, shipped: bool) -> None:
    whose = t("benchmark.whose_shipped" if shipped else "benchmark.whose_this")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(width=_VERDICT_PX, gap=None):
            st.header(verdict_text(advice, whose, t), anchor=False)
            st.caption(sure_text(result, advice, t))
        if st.button(
            t("benchmark.use"),
            icon=":material/videocam:",
            help=t("benchmark.use_help"),
            on_click=_use_on_live,
            args=(result, t),
        ):
            st.switch_page("pages/live.py")
    show_chart(wanted_chart(advice, result.scaling, t), "benchmark_wanted", t("benchmark.alt_wanted"))


def quiet_notes(result: BenchmarkResult, t: Translator, *, shipped: bool) -> None:
    """Say whose figures these are, and what to know before trusting them."""
    lines = [f":material/info: {note}" for note in notes(result, t)]
    if shipped:
        machine = result.machine
        lines.insert(0, t("benchmark.shipped", processor=machine["processor"], cores=machine["cores"]))
    if lines:
        st.caption("  \n".join(lines))


def details(result: BenchmarkResult, goal: Goal, t: Translator) -> None:
    """Everything else, folded away: a tab for each question, and the files."""
    area = st.expander(t("benchmark.details"), key=_DETAILS, on_change="rerun")
    with area:
        if area.open:
            advice = recommend(result, goal)
            if advice is not None:
                st.write(advice_text(advice, t))
            tab, inside = open_tab({tab: t(f"benchmark.tab_{tab}") for tab in _SHOW}, BENCHMARK_TAB, t)
            with inside:
                _SHOW[tab](result, goal, t)
    benchmark_downloads(result, goal, t)


def _speed(result: BenchmarkResult, goal: Goal, t: Translator) -> None:
    show_chart(fps_figure(result.cells, t, GOAL_FPS[goal]), "benchmark_fps", t("benchmark.alt_fps"))
    show_table(speed_table(result, t), t("benchmark.alt_table"))
    show_chart(latency_figure(result.cells, t), "benchmark_latency", t("benchmark.alt_latency"))


def _split(result: BenchmarkResult, _: Goal, t: Translator) -> None:
    finding = finding_text(result, t)
    if finding:
        st.write(finding)
    show_chart(split_figure(result.cells, t), "benchmark_split", t("benchmark.alt_split"))


def _loss(result: BenchmarkResult, _: Goal, t: Translator) -> None:
    show_chart(loss_figure(result.cells, t), "benchmark_loss", t("benchmark.alt_loss"))
    st.caption(t(f"benchmark.loss_{result.reference}"))
    show_table(loss_table(result, t), t("benchmark.alt_table"))
    if result.small:
        st.header(t("benchmark.small"), anchor=False)
        show_chart(small_figure(result.small, t), "benchmark_small", t("benchmark.alt_small"))
        st.caption(t("benchmark.small_text"))


def _scaling(result: BenchmarkResult, _: Goal, t: Translator) -> None:
    if not result.scaling:
        st.write(t("benchmark.no_scaling"))
        return
    st.write(scaling_text(result, t))
    show_chart(scaling_figure(result.scaling, t), "benchmark_scaling", t("benchmark.alt_scaling"))


def _compare(result: BenchmarkResult, _: Goal, t: Translator) -> None:
    compare_results(result, t)


def _method(result: BenchmarkResult, _: Goal, t: Translator) -> None:
    for line in t("benchmark.method").split("\n"):
        st.write(line)
    st.header(t("benchmark.machine"), anchor=False)
    st.markdown(
        "  \n".join(f"**{name}** &nbsp; {plain(value)}" for name, value in machine_table(result.machine, t))
    )
    st.header(t("benchmark.published"), anchor=False)
    st.caption(t("benchmark.published_text"))
    show_table(published_table(result, t), t("benchmark.published"))


_SHOW: Final[dict[str, Any]] = {
    "speed": _speed,
    "split": _split,
    "loss": _loss,
    "scaling": _scaling,
    "compare": _compare,
    "method": _method,
}

"""A run under way: progress with time left, and the chart and table as they fill."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pose_core.benchmark import BenchmarkResult, BenchmarkRun, BenchmarkRunner
from pose_core.benchmark.plain import speed_chart
from pose_core.benchmark.recommend import GOAL_FPS, Goal
from pose_ui.benchmark.choices import duration
from pose_ui.benchmark.session import BenchmarkSession
from pose_ui.shell.problems import show_problem
from pose_ui.texts import Translator
from pose_ui.widgets.live_chart import live_chart

__all__ = ["other_run", "running_panel", "tell_end"]

_EVERY_S: Final = 1.0


def _progress(run: BenchmarkRun, t: Translator) -> None:
    status = run.status()
    stage, percent = t(f"benchmark.stage_{status.stage}"), round(status.share * 100)
    text = t("benchmark.progress", stage=stage, percent=percent)
    if status.left_s is not None:
        text = t("benchmark.progress_left", stage=stage, percent=percent, left=duration(status.left_s, t))
    st.progress(status.share, text)


def running_panel(session: BenchmarkSession, goal: Goal, t: Translator) -> None:
    """Show the visitor's own run; rerun the page when it is over."""

    @st.fragment(run_every=_EVERY_S)
    def panel() -> None:
        run = session.run
        if run is None or not run.running:
            st.rerun()
        _progress(run, t)
        result: BenchmarkResult | None = run.result()
        if result is not None:
            live_chart(
                speed_chart(result, GOAL_FPS[goal], t),
                key="benchmark_filling",
                alt=t("benchmark.alt_speed"),
            )

    panel()
    st.caption(t("benchmark.goes_on"))


def tell_end(session: BenchmarkSession, t: Translator) -> None:
    """Say so if the visitor's last run was stopped or failed."""
    status = session.run.status() if session.run is not None else None
    if status is None:
        return
    if status.error is not None:
        show_problem(status.error, t)
    elif status.phase == "stopped":
        st.info(t("benchmark.stopped_empty" if session.result() is None else "benchmark.stopped"))


def other_run(runner: BenchmarkRunner, t: Translator) -> None:
    """Say that another visitor's run is under way; rerun the page when it is over."""

    @st.fragment(run_every=_EVERY_S)
    def panel() -> None:
        run = runner.current
        if run is None:
            st.rerun()
        st.info(t("benchmark.somebody"), icon=":material/hourglass_top:")
        _progress(run, t)

    panel()

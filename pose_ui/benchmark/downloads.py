"""A benchmark's files: report, JSON, CSV."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pose_core.benchmark import BenchmarkResult
from pose_core.benchmark.recommend import Goal
from pose_core.benchmark.report import report_html
from pose_ui.texts import Translator

__all__ = ["benchmark_downloads"]


def benchmark_downloads(result: BenchmarkResult, goal: Goal, t: Translator) -> None:
    """Download buttons; each file is made when its button is pressed."""
    stem = f"posedeck_benchmark_{result.started[:16].replace('T', '_').replace(':', '')}"
    files = (
        (
            "html",
            t("benchmark.download_report"),
            "text/html",
            partial(report_html, result, goal, t, t.language),
        ),
        ("json", "JSON", "application/json", result.to_json),
        ("csv", "CSV", "text/csv", result.to_csv),
    )
    with st.container(horizontal=True):
        for kind, label, mime, make in files:
            st.download_button(
                label,
                data=make,
                file_name=f"{stem}.{kind}",
                mime=mime,
                key=f"benchmark_download_{kind}",
                help=t(f"benchmark.download_{'report' if kind == 'html' else kind}_help"),
                on_click="ignore",
                icon=":material/download:",
            )

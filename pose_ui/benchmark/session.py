"""One visitor's benchmark: the run, and the files to measure on. Lives in ``st.session_state``."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import Final

import streamlit as st

from pose_core.benchmark import (
    BenchmarkResult,
    BenchmarkRun,
    BenchmarkRunner,
    BenchmarkSource,
    Plan,
    SourceKind,
)
from pose_core.errors import PoseCoreError
from pose_core.media.clips import read_clip
from pose_core.media.images import decode_picture
from pose_core.models.pool import PosePool
from pose_ui.shell.state import BENCHMARK
from pose_ui.shell.streamlit_bindings import session_is_here

__all__ = ["BenchmarkSession", "benchmark_session"]

_LOOK_S: Final = 1.0  # how often a run looks whether its visitor is still there


@dataclass
class BenchmarkSession:
    """State of the Benchmark page.

    Attributes
    ----------
    run : BenchmarkRun or None
        The visitor's last run.
    problem : PoseCoreError or None
        Why the last run did not start, or why a file was refused.
    files : dict of SourceKind to bytes
        The visitor's own clip and picture.
    """

    run: BenchmarkRun | None = None
    problem: PoseCoreError | None = None
    files: dict[SourceKind, bytes] = field(default_factory=dict)

    def start(self, plan: Plan, kind: SourceKind, runner: BenchmarkRunner, pool: PosePool) -> None:
        """Start a run; a problem is kept for the page to show."""
        self.problem = None
        source = BenchmarkSource(kind, self.files.get(kind, b""))
        try:
            self.run = runner.start(plan, source, lambda: pool.status().streams)
        except PoseCoreError as error:
            self.problem = error
        else:
            _stop_with_the_session(self.run)

    def take_file(self, kind: SourceKind, data: bytes | None) -> None:
        """Keep a file to measure on if it can be read; None drops the current one."""
        self.problem = None
        self.files.pop(kind, None)
        if data is None:
            return
        try:
            if kind == "clip":
                read_clip(data, longest_s=math.inf)  # its first frames are enough
            else:
                decode_picture(data)
        except PoseCoreError as error:
            self.problem = error
        else:
            self.files[kind] = data

    def result(self) -> BenchmarkResult | None:
        """The result so far of the visitor's last run."""
        return self.run.result() if self.run is not None else None


def _stop_with_the_session(run: BenchmarkRun) -> None:
    """Stop the run soon after the visitor's session ends."""
    here = session_is_here()

    def watch() -> None:
        while not run.wait(_LOOK_S):
            if not here():
                run.stop()

    threading.Thread(target=watch, name="posedeck-benchmark-visitor", daemon=True).start()


def benchmark_session() -> BenchmarkSession:
    """The visitor's `BenchmarkSession`."""
    session: BenchmarkSession = st.session_state.setdefault(BENCHMARK, BenchmarkSession())
    return session

"""Benchmarks in the background, one at a time; each can be watched, stopped and read while it runs.

Threads
-------
`BenchmarkRun` works on a thread of its own (on more while several streams are measured). `status` and `result` can be
called from any thread; what threads share is guarded by a lock or replaced as a whole.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np

from pose_core.arrays import FloatArray
from pose_core.benchmark.footage import BenchmarkSource, Footage, SourceKind, nearest_px, prepare
from pose_core.benchmark.loss import SMALL_HEIGHTS_PX, Loss, SmallPicture, loss, small_pictures
from pose_core.benchmark.pipelines import BENCHMARK_STEPS, open_pipeline
from pose_core.benchmark.plan import WARM_UP_FRAMES, Cell, Plan
from pose_core.benchmark.result import BenchmarkResult, CellResult, SourceFacts
from pose_core.benchmark.scaling import ScalingPoint, measure_streams
from pose_core.benchmark.statistics import Spread, interleaved, noise_percent
from pose_core.errors import BusyError, PoseCoreError
from pose_core.machine import describe_machine

__all__ = ["BenchmarkRun", "BenchmarkRunner", "Phase", "RunStatus", "Stage", "expected_s"]

_log = logging.getLogger("posedeck")

Phase = Literal["running", "done", "stopped", "failed"]
Stage = Literal["prepare", "cells", "small", "scaling"]

# How many seconds a step should take on an average machine: only used to estimate progress.
_PREPARE_S: Final = 0.012  # for each frame and size
_REFERENCE_S: Final = 0.06  # for each frame, with the heavy model
_OPEN_S: Final = 0.3
_SMALL_S: Final = 0.025  # for each picture and height, twice
_END_S: Final = 5.0  # for the current frame, or a model that is being loaded
_SHARE_KNOWN: Final = 0.04  # below this, the time left cannot be estimated


class _Stopped(Exception):
    """The run was asked to stop."""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """Status of a run.

    Attributes
    ----------
    phase : {"running", "done", "stopped", "failed"}
    stage : {"prepare", "cells", "small", "scaling"}
    share : float
        Share of the run that is done, 0 to 1.
    left_s : float or None
        About how long the rest takes; None while unknown.
    error : PoseCoreError or None
        Why it failed.
    """

    phase: Phase
    stage: Stage
    share: float
    left_s: float | None
    error: PoseCoreError | None


@dataclass(slots=True)
class _Tally:
    """What has been measured of a cell so far."""

    steps_ms: list[list[float]] = field(default_factory=list)
    seconds: float = 0.0
    round_medians_ms: list[float] = field(default_factory=list)
    loss: Loss | None = None  # of the first visit: the others see the same frames


class BenchmarkRun:
    """One run of a plan.

    Parameters
    ----------
    plan : Plan
    source : BenchmarkSource
    viewers : callable
        Returns how many live viewers there are now.
    """

    def __init__(self, plan: Plan, source: BenchmarkSource, viewers: Callable[[], int] = lambda: 0) -> None:
        self.plan = plan
        self._source = source
        self._viewers = viewers
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        # Below: written by the run's thread, under the lock.
        self._phase: Phase = "running"
        self._stage: Stage = "prepare"
        self._error: PoseCoreError | None = None
        self._facts: SourceFacts | None = None
        self._cells: dict[Cell, CellResult] = {}
        self._scaling: list[ScalingPoint] = []
        self._small: tuple[SmallPicture, ...] = ()
        self._most_viewers = 0
        self._machine: dict[str, Any] = {}
        self._started = datetime.now().astimezone()
        self._start_s = time.perf_counter()
        self._end_s: float | None = None
        self._expected_s = expected_s(plan, source.kind)
        self._done_s = 0.0

    # ------------------------------------------------------------------ from any thread
    def start(self) -> None:
        """Start, on a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="posedeck-benchmark", daemon=True)
        self._thread.start()

    def stop(self, wait_s: float = 0.0) -> None:
        """Ask the run to end at the next frame, and wait up to `wait_s` seconds for that."""
        self._stop.set()
        self.wait(wait_s)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, at most `seconds`; return whether the run is over."""
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(seconds)
        return self._phase != "running"

    @property
    def running(self) -> bool:
        """Whether the run is still under way."""
        return self._phase == "running"

    def status(self) -> RunStatus:
        """The status now."""
        with self._lock:
            share = min(1.0, self._done_s / self._expected_s)
            elapsed_s = time.perf_counter() - self._start_s
            known = share > _SHARE_KNOWN
            left_s = elapsed_s * (1 - share) / share if known else None
            return RunStatus(self._phase, self._stage, share, left_s, self._error)

    def result(self) -> BenchmarkResult | None:
        """The result so far; None before the first figure."""
        with self._lock:
            cells = tuple(self._cells[cell] for cell in self.plan.cells if cell in self._cells)
            if self._facts is None or not cells:
                return None
            return BenchmarkResult(
                schema_version="posedeck.benchmark.1",
                started=self._started.isoformat(timespec="seconds"),
                seconds=(self._end_s or time.perf_counter()) - self._start_s,
                preset=self.plan.preset,
                rounds=self.plan.rounds,
                complete=self._phase == "done",
                machine=self._machine,
                viewers=self._most_viewers,
                source=self._facts,
                cells=cells,
                scaling_cell=self.plan.scaling_cell,
                scaling=tuple(self._scaling),
                small=self._small,
                noise_percent=noise_percent(entry.round_medians_ms for entry in cells),
            )

    # ------------------------------------------------------------------ the run's thread
    def _run(self) -> None:
        phase: Phase = "failed"
        try:
            self._machine = describe_machine()
            self._measure()
            phase = "done"
        except _Stopped:
            phase = "stopped"
        except PoseCoreError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 - whatever it is, the page must learn that the run is over
            _log.error("a benchmark failed with %s", type(error).__name__)
            self._error = PoseCoreError(
                "benchmark_failed",
                "The benchmark ended with an internal error ({kind}). What was measured before is kept. Please run it "
                "again.",
                kind=type(error).__name__,
            )
        finally:
            with self._lock:
                self._end_s = time.perf_counter()
                self._phase = phase

    def _check(self) -> None:
        self._most_viewers = max(self._most_viewers, self._viewers())
        if self._stop.is_set():
            raise _Stopped

    def _measure(self) -> None:
        footage = self._prepare()
        self._stage = "cells"
        visit_s = self.plan.visit_s + _OPEN_S
        tallies = {cell: _Tally() for cell in self.plan.cells}
        for cell in interleaved(self.plan.cells, self.plan.rounds):
            self._visit(cell, footage, tallies[cell])
            self._tick(visit_s)
        self._stage = "small"
        self._small = small_pictures(footage, lambda: self._tick(_SMALL_S))
        self._stage = "scaling"
        for streams in self.plan.scaling:
            point = measure_streams(
                self.plan.scaling_cell, footage, streams, self.plan.scaling_s, self._check
            )
            with self._lock:
                self._scaling.append(point)
            self._tick(self.plan.scaling_s + _OPEN_S * streams)

    def _prepare(self) -> Footage:
        each_s = _prepare_s(self.plan, self._source.kind)
        footage = prepare(self._source, self.plan, lambda: self._tick(each_s))
        with self._lock:
            # A source with fewer frames than the plan allows takes less time.
            self._done_s += (self.plan.source_frames - len(footage)) * each_s
            self._facts = SourceFacts(
                footage.kind, footage.native_wh, len(footage), footage.fps, footage.whole
            )
        return footage

    def _visit(self, cell: Cell, footage: Footage, tally: _Tally) -> None:
        """Warm up, then measure until both the frames and the time of a visit are reached."""
        steps_ms: list[list[float]] = []
        found_px: list[FloatArray] = []
        with closing(open_pipeline(cell, footage)) as pipeline:
            number, start_s = 0, 0.0
            while True:
                self._check()
                frame_ms, poses = pipeline.frame(number)
                if tally.loss is None and number < len(footage):
                    found_px.append(
                        nearest_px(poses, footage.fits[cell.size_wh], footage.reference_px[number])
                    )
                number += 1
                if number == WARM_UP_FRAMES:
                    start_s = time.perf_counter()
                elif number > WARM_UP_FRAMES:
                    steps_ms.append(frame_ms)
                    elapsed_s = time.perf_counter() - start_s
                    if len(steps_ms) >= self.plan.visit_frames and elapsed_s >= self.plan.visit_s:
                        break
        if tally.loss is None:
            count = len(found_px)
            tally.loss = loss(np.array(found_px), footage.time_s[:count], footage.reference_px[:count])
        tally.steps_ms += steps_ms
        tally.seconds += elapsed_s
        tally.round_medians_ms.append(float(np.median(np.sum(steps_ms, axis=1))))
        result = _cell_result(cell, tally, tally.loss)
        with self._lock:
            self._cells[cell] = result

    # ------------------------------------------------------------------ progress
    def _tick(self, seconds: float) -> None:
        with self._lock:
            self._done_s += seconds
        self._check()


def _cell_result(cell: Cell, tally: _Tally, cell_loss: Loss) -> CellResult:
    """The result of a cell, from all its visits so far."""
    steps_ms = np.array(tally.steps_ms)
    return CellResult(
        cell=cell,
        seconds=tally.seconds,
        frame_ms=Spread.of(steps_ms.sum(axis=1)),
        inference_ms=Spread.of(steps_ms[:, BENCHMARK_STEPS.index("inference")]),
        steps_ms={step: float(steps_ms[:, i].mean()) for i, step in enumerate(BENCHMARK_STEPS)},
        round_medians_ms=tuple(tally.round_medians_ms),
        loss=cell_loss,
    )


def _prepare_s(plan: Plan, kind: SourceKind) -> float:
    reference_s = 0.0 if kind == "performer" else _REFERENCE_S
    return len(plan.sizes_wh) * _PREPARE_S + reference_s


def expected_s(plan: Plan, kind: SourceKind = "performer") -> float:
    """About how long a run takes, in seconds, on an average machine."""
    return (
        plan.source_frames * _prepare_s(plan, kind)
        + len(plan.cells) * plan.rounds * (plan.visit_s + _OPEN_S)
        + plan.small_frames * 2 * len(SMALL_HEIGHTS_PX) * _SMALL_S
        + sum(plan.scaling_s + _OPEN_S * streams for streams in plan.scaling)
    )


class BenchmarkRunner:
    """Allows one run at a time: two would slow each other down. Any thread may call any method."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: BenchmarkRun | None = None

    @property
    def current(self) -> BenchmarkRun | None:
        """The run that is under way, or None."""
        current = self._current
        return current if current is not None and current.running else None

    def start(
        self, plan: Plan, source: BenchmarkSource, viewers: Callable[[], int] = lambda: 0
    ) -> BenchmarkRun:
        """Start a run; parameters as `BenchmarkRun`.

        Raises
        ------
        BusyError
            If one is under way.
        """
        with self._lock:
            if self.current is not None:
                raise BusyError(
                    "benchmark_running",
                    "Only one benchmark can run at a time, and another one is under way. Please start yours when it "
                    "is over.",
                )
            run = BenchmarkRun(plan, source, viewers)
            self._current = run
            run.start()
            return run

    def close(self) -> None:
        """Stop the run that is under way, and wait for its end."""
        current = self.current
        if current is not None:
            current.stop(_END_S)

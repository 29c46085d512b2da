"""Several streams at once: each on a thread of its own, with its own model, as fast as it can run."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from pose_core.benchmark.footage import Footage
from pose_core.benchmark.pipelines import Pipeline, open_pipeline
from pose_core.benchmark.plan import WARM_UP_FRAMES, Cell
from pose_core.benchmark.statistics import FloatOrNaN
from pose_core.machine import memory_mb

__all__ = ["ScalingPoint", "measure_streams", "viewers_at"]


@dataclass(frozen=True, slots=True)
class ScalingPoint:
    """The measurement for one number of simultaneous streams.

    Attributes
    ----------
    streams : int
    total_fps : float
        Frames a second of all streams together.
    slowest_fps : float
        Frames a second of the slowest stream.
    cores : float
        Processor time per second: how many cores were busy.
    memory_mb : float
        Memory used by each stream; NaN where the system does not report it.
    """

    streams: int
    total_fps: FloatOrNaN
    slowest_fps: FloatOrNaN
    cores: FloatOrNaN
    memory_mb: FloatOrNaN


def measure_streams(
    cell: Cell, footage: Footage, streams: int, seconds: float, check: Callable[[], None]
) -> ScalingPoint:
    """Run several streams side by side.

    Parameters
    ----------
    cell : Cell
    footage : Footage
    streams : int
    seconds : float
        How long to measure, after a warm-up.
    check : callable
        Called several times a second; may raise to stop.
    """
    before_mb = memory_mb()
    counts = [0] * streams
    warm = threading.Barrier(streams + 1)
    over = threading.Event()
    with ExitStack() as stack:
        pipelines = [stack.enter_context(closing(open_pipeline(cell, footage))) for _ in range(streams)]
        threads = [
            threading.Thread(
                target=_run, args=(pipeline, index, counts, warm, over), name="posedeck-bench", daemon=True
            )
            for index, pipeline in enumerate(pipelines)
        ]
        for thread in threads:
            thread.start()
        try:
            warm.wait()
            used_mb = memory_mb()
            start_s, cpu_s, done = time.perf_counter(), time.process_time(), list(counts)
            while time.perf_counter() - start_s < seconds:
                over.wait(min(0.1, seconds))
                check()
            elapsed_s = time.perf_counter() - start_s
            cpu_s = time.process_time() - cpu_s
            fps = (np.array(counts) - done) / elapsed_s
        finally:
            over.set()
            warm.abort()
            for thread in threads:
                thread.join()
    each_mb = math.nan if before_mb is None or used_mb is None else max(0.0, used_mb - before_mb) / streams
    return ScalingPoint(streams, float(fps.sum()), float(fps.min()), cpu_s / elapsed_s, each_mb)


def _run(
    pipeline: Pipeline, index: int, counts: list[int], warm: threading.Barrier, over: threading.Event
) -> None:
    number = 0
    try:
        while not over.is_set():
            pipeline.frame(number)
            number += 1
            counts[index] = number
            if number == WARM_UP_FRAMES:
                warm.wait()
    except threading.BrokenBarrierError:  # stopped before every stream had warmed up
        return


def viewers_at(points: Sequence[ScalingPoint], fps: float, cost: float = 1.0) -> tuple[int, bool]:
    """The most streams measured at once of which the slowest, too, reaches a rate.

    Parameters
    ----------
    points : sequence of ScalingPoint
        At least one, by growing number of streams.
    fps : float
        The rate each should reach.
    cost : float
        How many times as long a frame takes as the measured ones; unless it is 1, the answer is an estimate.

    Returns
    -------
    int
        A number that was measured, never one between: what is said is what the chart shows. Numbers count only up to
        the first that is too slow; 0 if that is the smallest.
    bool
        Whether more may be possible: nothing beyond was measured.
    """
    carried = [point.streams for point in takewhile(lambda one: one.slowest_fps / cost >= fps, points)]
    return (carried[-1] if carried else 0), len(carried) == len(points)

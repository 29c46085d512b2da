"""Hand-made benchmark results."""

from __future__ import annotations

from typing import Any

from pose_core.benchmark.loss import Loss
from pose_core.benchmark.pipelines import BENCHMARK_STEPS
from pose_core.benchmark.plan import Cell
from pose_core.benchmark.result import BenchmarkResult, CellResult, SourceFacts
from pose_core.benchmark.scaling import ScalingPoint
from pose_core.benchmark.statistics import Spread

FULL_480, FULL_720, HEAVY_480, LITE_480 = (
    Cell((640, 480)),
    Cell((1280, 720)),
    Cell((640, 480), "heavy"),
    Cell((640, 480), "lite"),
)


def measured(
    cell: Cell, fps: float, distance: float = 4.0, found: float = 1.0, inference_share: float = 0.8
) -> CellResult:
    frame_ms = 1000 / fps
    steps = dict.fromkeys(BENCHMARK_STEPS, frame_ms * (1 - inference_share) / (len(BENCHMARK_STEPS) - 1))
    return CellResult(
        cell=cell,
        seconds=1.0,
        frame_ms=Spread.of([frame_ms] * 10),
        inference_ms=Spread.of([frame_ms * inference_share] * 10),
        steps_ms=steps | {"inference": frame_ms * inference_share},
        round_medians_ms=(frame_ms, frame_ms),
        loss=Loss(found, distance, 0.5),
    )


def result_of(*cells: CellResult, scaling: tuple[ScalingPoint, ...] = (), **more: Any) -> BenchmarkResult:
    values: dict[str, Any] = {
        "schema_version": "posedeck.benchmark.1",
        "started": "2026-11-24T12:00:00+00:00",
        "seconds": 20.0,
        "preset": "quick",
        "rounds": 2,
        "complete": True,
        "machine": {"processor": "made up", "cores": 2, "load_1min": 0.1},
        "viewers": 0,
        "source": SourceFacts("performer", (640, 480), 40, 25.0, False),
        "cells": cells,
        "scaling_cell": Cell((640, 480)),
        "scaling": scaling,
        "small": (),
        "noise_percent": 3.0,
    }
    return BenchmarkResult(**(values | more))


def points(*totals: tuple[int, float]) -> tuple[ScalingPoint, ...]:
    return tuple(ScalingPoint(streams, total, total / streams, 1.0, 30.0) for streams, total in totals)

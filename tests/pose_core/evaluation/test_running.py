"""Runs in the background: bounded, stopped at the next picture, and whatever goes wrong is told."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from pose_core.arrays import FrameRGB
from pose_core.errors import BusyError
from pose_core.evaluation.dataset import Dataset
from pose_core.evaluation.running import MAX_RUNS, ValidationRun, ValidationRunner, ending_in_time
from pose_core.evaluation.settings import ValidationSettings, shipped
from pose_core.models.pool import PosePool
from tests.support.validations import made_up

LITE = ValidationSettings(shipped("lite"), resamples=100)
LONG_S = 60.0


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    opened = threading.Event()
    yield opened
    opened.set()


@pytest.fixture
def runner() -> Iterator[ValidationRunner]:
    runner = ValidationRunner()
    yield runner
    runner.close()


def dataset(load: Callable[[], bytes | FrameRGB], pictures: int = 4) -> Dataset:
    whole = made_up({"lite": 0.0}, pictures=pictures).dataset
    return dataclasses.replace(
        whole, pictures=tuple(dataclasses.replace(picture, load=load) for picture in whole.pictures)
    )


def waiting(gate: threading.Event) -> Callable[[], FrameRGB]:
    def load() -> FrameRGB:
        gate.wait(LONG_S)
        return np.zeros((480, 640, 3), dtype=np.uint8)

    return load


def test_only_a_few_run_at_a_time(
    lite_pool: PosePool, gate: threading.Event, runner: ValidationRunner
) -> None:
    runs: list[ValidationRun] = [
        runner.start(dataset(waiting(gate)), LITE, lite_pool) for _ in range(MAX_RUNS)
    ]
    assert not runner.free
    with pytest.raises(BusyError) as caught:
        runner.start(dataset(waiting(gate)), LITE, lite_pool)
    assert caught.value.code == "validation_busy"
    runs[0].stop()
    gate.set()
    assert all(run.wait(LONG_S) for run in runs)
    assert runs[0].status().phase == "stopped"
    assert runs[0].result() is None
    assert runner.free


def test_a_run_ends_with_a_result_and_all_of_its_share(lite_pool: PosePool, runner: ValidationRunner) -> None:
    run = runner.start(dataset(lambda: np.zeros((480, 640, 3), dtype=np.uint8)), LITE, lite_pool)
    assert run.wait(LONG_S)
    assert (run.status().phase, run.status().share) == ("done", 1.0)
    result = run.result()
    assert result is not None
    assert result.scores["lite", "whole"].found.value == 0


def test_an_unexpected_fault_ends_the_run_with_a_sentence(
    lite_pool: PosePool, runner: ValidationRunner
) -> None:
    def broken() -> bytes:
        raise ZeroDivisionError("private")

    run = runner.start(dataset(broken), LITE, lite_pool)
    assert run.wait(LONG_S)
    status = run.status()
    assert status.phase == "failed"
    assert status.error is not None
    assert status.error.code == "validation_failed"
    assert "private" not in str(status.error)


def test_closing_ends_what_is_under_way(lite_pool: PosePool, gate: threading.Event) -> None:
    runner = ValidationRunner()
    run = runner.start(dataset(waiting(gate)), LITE, lite_pool)
    threading.Timer(0.2, gate.set).start()
    runner.close()
    assert not run.running


def test_a_run_that_takes_too_long_ends_with_a_sentence() -> None:
    assert ending_in_time(lambda: True)()
    ask = ending_in_time(lambda: False, limit_s=-1.0)
    with pytest.raises(BusyError) as caught:
        ask()
    assert caught.value.code == "validation_too_long"

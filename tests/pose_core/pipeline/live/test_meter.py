"""A stream's figures, from timelines made by hand."""

from __future__ import annotations

import math

from pose_core.pipeline.live.meter import WINDOW_S, Meter


def test_rates_are_counted_over_the_window_only() -> None:
    meter = Meter(0.0)
    for i in range(100):  # 10 a second for 10 s; every second one is processed
        at_s = i / 10
        meter.arrived(at_s, replaced=i % 2 == 1)
        if i % 2 == 0:
            meter.processed(at_s, {"inference": 20.0}, delay_ms=30.0, busy_ms=25.0)
    figures = meter.figures(10.0)
    assert math.isclose(figures.received_fps, 10.0)
    assert math.isclose(figures.processed_fps, 5.0)
    assert figures.skipped == 50, "since the start"
    assert math.isclose(figures.busy_share, 5 * 0.025)
    assert figures.delay_ms == (30.0, 30.0)


def test_step_times_are_median_and_95th_percentile_of_what_was_measured() -> None:
    meter = Meter(0.0)
    for i in range(101):
        steps_ms = {"inference": float(i)} | ({"decode": 2.0} if i == 0 else {})
        meter.processed(i / 100, steps_ms, delay_ms=float(i), busy_ms=1.0)
    steps = meter.figures(1.0).steps_ms
    assert steps["inference"] == (50.0, 95.0)
    assert steps["decode"] == (2.0, 2.0)
    assert "draw" not in steps


def test_figures_are_unknown_until_measured() -> None:
    figures = Meter(100.0).figures(100.1)
    assert math.isnan(figures.received_fps)
    assert math.isnan(figures.processed_fps)
    assert math.isnan(figures.busy_share)
    assert figures.delay_ms is None
    assert figures.steps_ms == {}


def test_the_rate_of_a_silent_source_falls_to_zero() -> None:
    meter = Meter(0.0)
    meter.arrived(0.1, replaced=False)
    meter.processed(0.1, {}, 1.0, 1.0)
    figures = meter.figures(0.1 + WINDOW_S + 1)
    assert figures.received_fps == figures.processed_fps == 0.0


def test_after_a_restart_only_later_frames_count() -> None:
    meter = Meter(0.0)
    for i in range(50):
        meter.arrived(i / 10, replaced=True)
        meter.processed(i / 10, {"draw": 9.0}, 9.0, 9.0)
    meter.restart(5.0)
    for i in range(10):
        meter.arrived(5.0 + i / 10, replaced=False)
        meter.processed(5.0 + i / 10, {"draw": 1.0}, 1.0, 1.0)
    figures = meter.figures(6.0)
    assert math.isclose(figures.received_fps, 10.0)
    assert figures.steps_ms["draw"] == (1.0, 1.0)
    assert figures.skipped == 50

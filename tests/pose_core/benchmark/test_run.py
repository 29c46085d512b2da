"""Real runs, small: every figure is there, one at a time, and stopping frees everything."""

from __future__ import annotations

import gc
import io
import math
import threading
import time
import weakref
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import pytest

import pose_core.benchmark.footage as footage
import pose_core.benchmark.loss as loss
import pose_core.benchmark.pipelines as pipelines
import pose_core.benchmark.run as run_module
from pose_core.benchmark import BenchmarkRun, BenchmarkRunner, BenchmarkSource, Cell, Plan
from pose_core.benchmark.footage import prepare
from pose_core.benchmark.pipelines import BENCHMARK_STEPS
from pose_core.errors import BusyError, ClipError, PictureError
from pose_core.performer.samples import clip_frame, clip_landmarks_px, sample_bytes
from tests.support.clips import BAD_FILES, TURNS, assert_colours, encode, plain, quarters, sound_only
from tests.support.waiting import until

VIDEO, PHOTO = Cell((320, 240), "lite"), Cell((480, 270), "lite", "photo")


def small_plan(**changes: Any) -> Plan:
    values: dict[str, Any] = {
        "preset": "quick",
        "cells": (VIDEO, PHOTO),
        "rounds": 2,
        "visit_frames": 4,
        "visit_s": 0.0,
        "source_frames": 8,
        "scaling": (1, 2),
        "scaling_s": 0.2,
        "small_frames": 1,
    }
    return Plan(**(values | changes))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Every landmarker that a run opens."""
    seen: list[Any] = []
    for module, names in (
        (pipelines, ("StreamLandmarker", "ImageLandmarker")),
        (loss, ("ImageLandmarker",)),
        (footage, ("ImageLandmarker",)),
    ):
        for name in names:
            kind = getattr(module, name)

            def make(*values: Any, kind: Any = kind) -> Any:
                landmarker = kind(*values)
                seen.append(landmarker)
                return landmarker

            monkeypatch.setattr(module, name, make)
    yield seen
    assert all(one.closed for one in seen)


def finished(plan: Plan, source: BenchmarkSource | None = None) -> BenchmarkRun:
    run = BenchmarkRun(plan, source or BenchmarkSource())
    run.start()
    assert run.wait(120)
    return run


def benchmark_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("posedeck-bench")]


def test_a_run_gives_every_figure_and_frees_every_model(opened: list[Any]) -> None:
    run = finished(small_plan())
    status = run.status()
    assert (status.phase, status.error) == ("done", None)
    result = run.result()
    assert result is not None
    assert result.complete
    assert [one.cell for one in result.cells] == [VIDEO, PHOTO]
    for one in result.cells:
        assert one.frame_ms.n == 8  # four in each of two rounds
        assert len(one.round_medians_ms) == 2
        assert set(one.steps_ms) == set(BENCHMARK_STEPS)
        assert sum(one.steps_ms.values()) == pytest.approx(one.frame_ms.mean)
        assert 0 < one.inference_ms.median < one.frame_ms.median
        assert one.loss.found_share == 1
        assert 0 < one.loss.distance_percent < 15  # regression figure on the performer
    assert result.cells[1].steps_ms["smooth"] == 0
    assert [point.streams for point in result.scaling] == [1, 2]
    assert all(point.total_fps >= point.slowest_fps * point.streams > 0 for point in result.scaling)
    assert {(one.height_px, one.enlarged) for one in result.small} == {
        (height, enlarged) for height in (120, 160, 240, 320) for enlarged in (False, True)
    }
    assert not result.source.whole
    assert len(opened) == 4 + 1 + 3  # a visit each, small pictures, and streams
    assert benchmark_threads() == []


def test_the_visits_are_interleaved(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[Cell] = []
    real = run_module.open_pipeline

    def noted(cell: Cell, *rest: Any) -> Any:
        order.append(cell)
        return real(cell, *rest)

    monkeypatch.setattr(run_module, "open_pipeline", noted)
    finished(small_plan(scaling=(), small_frames=0))
    assert order == [VIDEO, PHOTO, PHOTO, VIDEO]


def test_warm_up_is_not_counted_and_the_same_frames_give_the_same_loss() -> None:
    plan = small_plan(cells=(VIDEO,), rounds=1, scaling=(), small_frames=0)
    first, second = (finished(plan).result() for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.cells[0].frame_ms.n == 4
    assert first.cells[0].loss == second.cells[0].loss


@pytest.mark.parametrize("stage", ["prepare", "cells", "small", "scaling"])
def test_stopping_in_each_stage_frees_everything(
    stage: str, opened: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[weakref.ref[Any]] = []

    def noted(*values: Any) -> Any:
        made = prepare(*values)
        kept.append(weakref.ref(made))
        return made

    monkeypatch.setattr(run_module, "prepare", noted)
    frames = 200 if stage == "prepare" else 8
    run = BenchmarkRun(small_plan(source_frames=frames, small_frames=8, scaling_s=30.0), BenchmarkSource())
    run.start()

    def reached() -> bool:
        assert run.running
        return run.status().stage == stage and (stage == "prepare" or bool(opened))

    until(reached)
    run.stop(30)
    assert run.status().phase == "stopped"
    assert benchmark_threads() == []
    gc.collect()
    assert all(reference() is None for reference in kept)
    result = run.result()
    if stage in ("small", "scaling"):
        assert result is not None
        assert not result.complete
        assert len(result.cells) == 2


def test_only_one_run_at_a_time_and_the_next_when_it_is_over() -> None:
    runner = BenchmarkRunner()
    first = runner.start(small_plan(scaling_s=30.0), BenchmarkSource())
    assert runner.current is first
    with pytest.raises(BusyError, match="Only one benchmark"):
        runner.start(small_plan(), BenchmarkSource())
    runner.close()
    assert not first.running
    assert runner.current is None
    second = runner.start(small_plan(cells=(VIDEO,), rounds=1, scaling=(), small_frames=0), BenchmarkSource())
    assert second.wait(60)
    assert second.status().phase == "done"


def test_viewers_during_the_run_are_noted() -> None:
    counts = iter([0, 3, *[1] * 10_000])
    run = BenchmarkRun(small_plan(scaling=(), small_frames=0), BenchmarkSource(), lambda: next(counts))
    run.start()
    run.wait(60)
    result = run.result()
    assert result is not None
    assert result.viewers == 3
    assert result.under_load


def test_an_internal_error_ends_the_run_with_a_sentence_and_keeps_what_was_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> Any:
        raise MemoryError("a path that must not be shown")

    monkeypatch.setattr(run_module, "small_pictures", broken)
    run = finished(small_plan(scaling=()))
    status = run.status()
    assert status.phase == "failed"
    assert status.error is not None
    assert status.error.code == "benchmark_failed"
    assert "path" not in str(status.error)
    assert run.result() is not None


def test_progress_grows_to_the_end_and_names_the_time_left() -> None:
    run = BenchmarkRun(small_plan(), BenchmarkSource())
    run.start()
    shares, left = [], []

    def over() -> bool:
        status = run.status()
        shares.append(status.share)
        left.append(status.left_s)
        return not run.running

    until(over)
    assert shares == sorted(shares)
    assert any(seconds is not None and seconds > 0 for seconds in left)
    assert run.status().share == pytest.approx(1.0)


# ---------------------------------------------------------------------- sources
def person_clip(count: int = 6, **options: Any) -> bytes:
    frames = [clip_frame(number) for number in range(count)]
    return encode([frame.rgb for frame in frames if frame is not None], **options)


ONE_CELL = {"cells": (VIDEO,), "rounds": 1, "scaling": (), "small_frames": 0}


def test_the_truth_is_where_the_drawn_clip_has_it() -> None:
    frame, truth = clip_frame(100), clip_landmarks_px(100)
    assert frame is not None
    assert truth is not None
    assert truth == pytest.approx(frame.landmarks_px[0])
    assert clip_landmarks_px(10_000) is None


def test_an_own_clip_is_compared_with_the_heavy_model(opened: list[Any]) -> None:
    run = finished(small_plan(**ONE_CELL), BenchmarkSource("clip", person_clip()))
    result = run.result()
    assert result is not None
    assert result.reference == "heavy"
    assert result.source.frames == 6
    assert result.source.whole
    assert 0 < result.cells[0].loss.distance_percent < 15
    assert opened[0].settings.model == "heavy"


def test_an_own_picture_is_measured_as_a_still_stream() -> None:
    result = finished(small_plan(**ONE_CELL), BenchmarkSource("picture", sample_bytes("stand"))).result()
    assert result is not None
    assert result.source.size_wh == (960, 720)
    assert result.cells[0].loss.found_share == 1


def test_a_clip_without_anybody_has_no_distance_and_no_small_pictures() -> None:
    plan = small_plan(**ONE_CELL | {"small_frames": 2})
    result = finished(plan, BenchmarkSource("clip", encode([plain((90, 90, 90))] * 6))).result()
    assert result is not None
    assert result.cells[0].loss.found_share == 0
    assert math.isnan(result.cells[0].loss.distance_percent)
    assert result.small == ()


@pytest.mark.parametrize("kind", BAD_FILES)
def test_what_is_no_clip_ends_the_run_with_its_sentence(kind: str) -> None:
    run = finished(small_plan(**ONE_CELL), BenchmarkSource("clip", BAD_FILES[kind][0]))
    assert isinstance(run.status().error, ClipError)
    assert run.result() is None


def test_a_clip_with_sound_only_ends_the_run_with_its_sentence() -> None:
    error = finished(small_plan(**ONE_CELL), BenchmarkSource("clip", sound_only())).status().error
    assert error is not None
    assert error.code == "clip_no_video"


def test_what_is_no_picture_ends_the_run_with_its_sentence() -> None:
    run = finished(small_plan(**ONE_CELL), BenchmarkSource("picture", b"GIF89a"))
    assert isinstance(run.status().error, PictureError)


def test_a_clip_that_breaks_off_is_measured_on_what_is_there() -> None:
    whole = person_clip(8, file_format="matroska", g="1")
    result = finished(small_plan(**ONE_CELL), BenchmarkSource("clip", whole[: len(whole) // 2])).result()
    assert result is not None
    assert 1 <= result.source.frames < 8


def test_a_single_frame_is_enough() -> None:
    result = finished(small_plan(**ONE_CELL), BenchmarkSource("clip", person_clip(1))).result()
    assert result is not None
    assert result.cells[0].frame_ms.n == 4
    assert math.isnan(result.cells[0].loss.jitter_percent)


@pytest.mark.parametrize("turn", TURNS)
def test_a_clip_held_sideways_is_measured_upright(turn: str) -> None:
    matrix, colours = TURNS[turn]
    upright_wh = (240, 320) if matrix[0] == 0 else (320, 240)
    source = BenchmarkSource("clip", encode([quarters()] * 3, display_matrix=matrix))
    plan = small_plan(**ONE_CELL | {"small_frames": 1})
    (frame_rgb,) = prepare(source, plan, lambda: None).pictures
    assert frame_rgb.shape[1::-1] == upright_wh
    assert_colours(frame_rgb, *colours)
    result = finished(plan, source).result()
    assert result is not None
    assert result.source.size_wh == upright_wh


def test_a_very_long_clip_is_measured_on_its_first_frames() -> None:
    data = encode([plain((90, 90, 90), (64, 64))] * 700, fps=1)  # of 700 s; the Live page plays 600
    result = finished(small_plan(**ONE_CELL), BenchmarkSource("clip", data)).result()
    assert result is not None
    assert (result.source.frames, result.source.whole) == (8, False)


def test_a_clip_whose_frames_come_unevenly_keeps_their_times() -> None:
    times_ms = [0, 40, 200, 210, 400, 1000]
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, time_ms in enumerate(times_ms):
            drawn = clip_frame(number)
            assert drawn is not None
            frame = av.VideoFrame.from_ndarray(drawn.rgb, format="rgb24")
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    plan = small_plan(**ONE_CELL)
    made = prepare(BenchmarkSource("clip", file.getvalue()), plan, lambda: None)
    assert made.time_s == pytest.approx([time_ms / 1000 for time_ms in times_ms], abs=0.03)
    result = finished(plan, BenchmarkSource("clip", file.getvalue())).result()
    assert result is not None
    assert result.cells[0].loss.found_share == 1


def test_measured_seconds_hold_all_frames_and_fit_into_the_run() -> None:
    started_s = time.perf_counter()
    result = finished(small_plan(scaling=(), small_frames=0)).result()
    elapsed_s = time.perf_counter() - started_s
    assert result is not None
    for one in result.cells:
        assert one.seconds * 1000 >= one.frame_ms.n * one.frame_ms.mean
    assert sum(one.seconds for one in result.cells) < result.seconds <= elapsed_s

"""Decoding ends when it should, whatever the file, and never takes more memory than stated."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from benchmarks import heavy_pictures
from pose_core.errors import BusyError, PictureError
from pose_core.media.decoders import Decoders
from pose_core.media.picture_file import read_header
from pose_core.performer.samples import sample_bytes
from pose_core.stopping import Stop, StoppedError
from tests.support.waiting import LONG_S, until

PHOTO = sample_bytes("squat")
#: What a process that decodes may hold at its peak; docs/deploy.md counts with it.
PEAK_MB = 550
REST_MB = 150
LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux has these figures")


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    made = Decoders(processes=2)
    yield made
    made.close()


def decode(decoders: Decoders, data: bytes, wait_s: float = 10.0) -> np.ndarray:
    frame_rgb, _, gone = decoders.decode(data, read_header(data), wait_s)
    gone()
    return frame_rgb


# ---------------------------------------------------------------------- time
@pytest.mark.parametrize(("scans", "side"), [(20_000, 2000), (101, 500), (21, 7000)])
def test_a_jpeg_with_too_many_scans_for_its_size_is_refused_without_decoding(
    decoders: Decoders, scans: int, side: int
) -> None:
    data = heavy_pictures.endless_jpeg(scans, side=side)
    decoders.limit_s = 7.0
    with pytest.raises(PictureError) as caught:
        decode(decoders, data)
    assert caught.value.code == "picture_too_slow"
    assert "within 7 s" in str(caught.value)  # its own limit
    assert decode(decoders, PHOTO).ndim == 3


def test_what_takes_too_long_is_ended_and_the_next_picture_is_read(decoders: Decoders) -> None:
    decoders.limit_s = 0.2
    data = heavy_pictures.endless_jpeg(60, side=4000)  # a second of work
    with pytest.raises(PictureError) as caught:
        decode(decoders, data)
    assert caught.value.code == "picture_too_slow"
    assert decoders.process_ids == ()
    decoders.limit_s = 30.0
    assert decode(decoders, PHOTO).ndim == 3


def test_closing_ends_what_is_under_way(decoders: Decoders) -> None:
    data = heavy_pictures.endless_jpeg(20)
    with ThreadPoolExecutor(1) as thread:
        outcome = thread.submit(decode, decoders, data)
        until(lambda: decoders.busy)
        (process,) = decoders.process_ids
        decoders.close()
        with pytest.raises(BusyError):
            outcome.result()
    assert decoders.process_ids == ()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_what_nobody_wants_any_more_is_ended(decoders: Decoders) -> None:
    data, stop = heavy_pictures.endless_jpeg(20), Stop()
    decoders.limit_s = 10 * LONG_S
    with ThreadPoolExecutor(1) as thread, closing(decoders):
        outcome = thread.submit(decoders.decode, data, read_header(data), 10.0, stop)
        until(lambda: decoders.busy)
        os.kill(decoders.process_ids[0], signal.SIGSTOP)  # it does not end by itself
        stop.set()
        with pytest.raises(StoppedError):
            outcome.result(LONG_S)
    assert decoders.process_ids == ()
    with pytest.raises(StoppedError):
        decoders.decode(data, read_header(data), 10.0, stop)
    assert (decoders.room._used, decoders.room._seated) == (0, 0)
    assert decode(decoders, PHOTO).ndim == 3


def test_a_process_that_has_ended_is_replaced(decoders: Decoders) -> None:
    decode(decoders, PHOTO)
    os.kill(decoders.process_ids[0], signal.SIGKILL)
    until(lambda: not decoders.process_ids)
    assert decode(decoders, PHOTO).ndim == 3


@pytest.mark.parametrize(("how", "expected"), [(signal.SIGSEGV, PictureError), (signal.SIGKILL, MemoryError)])
def test_a_process_that_dies_over_a_picture_is_told_from_one_that_the_system_ended(
    decoders: Decoders, how: signal.Signals, expected: type[Exception]
) -> None:
    decode(decoders, PHOTO)
    (process,) = decoders.process_ids
    os.kill(process, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as thread:
        outcome = thread.submit(decode, decoders, PHOTO)
        until(lambda: decoders.busy)
        os.kill(process, how)
        if how != signal.SIGKILL:  # which ends a stopped process too, at once
            os.kill(process, signal.SIGCONT)
        with pytest.raises(expected):
            outcome.result()
    assert decode(decoders, PHOTO).ndim == 3


def test_several_threads_get_their_own_pictures(decoders: Decoders) -> None:
    files = [sample_bytes(name) for name in ("squat", "stand", "lunge")] * 4
    with ThreadPoolExecutor(6) as threads:
        frames = list(threads.map(lambda data: decode(decoders, data), files))
    for i, frame in enumerate(frames):
        np.testing.assert_array_equal(frame, frames[i % 3])
    assert len(decoders.process_ids) <= 2


# ---------------------------------------------------------------------- memory
@LINUX
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(heavy_pictures.webp_of_few_bytes, id="webp", marks=pytest.mark.nightly),
        pytest.param(heavy_pictures.png_16_bit, id="png", marks=pytest.mark.nightly),
        pytest.param(lambda: heavy_pictures.png_16_bit(colour_type=6), id="png with alpha"),
        pytest.param(heavy_pictures.jpeg_turned, id="jpeg", marks=pytest.mark.nightly),
        pytest.param(
            lambda: heavy_pictures.jpeg_turned(progressive=True, subsampling=0), id="progressive jpeg"
        ),
    ],
)
def test_the_largest_pictures_stay_within_the_stated_memory(
    decoders: Decoders, make: Callable[[], bytes]
) -> None:
    data = make()
    decoders.limit_s = 600.0  # on a busy machine
    for _ in range(2):  # the second time shows what the first has left behind
        frame_rgb = decode(decoders, data)
    assert frame_rgb.shape[0] * frame_rgb.shape[1] >= 48_000_000

    def memory_mb(name: str) -> float:
        status = Path(f"/proc/{decoders.process_ids[0]}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(name))

    assert memory_mb("VmHWM") < PEAK_MB
    until(lambda: memory_mb("VmRSS") < REST_MB)


@LINUX
def test_the_process_gets_no_secrets(decoders: Decoders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSEDECK_PASSWORD", "four words nobody combines")
    decode(decoders, PHOTO)
    environment = Path(f"/proc/{decoders.process_ids[0]}/environ").read_bytes()
    assert b"PATH=" in environment
    assert b"POSEDECK" not in environment

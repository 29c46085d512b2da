"""The blocking encoder: every frame is in the file, at the time given."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pose_core.media.clips import read_clip
from pose_core.media.encoder import TICKS_PER_S, ClipEncoder


def grey(level: int, size_wh: tuple[int, int] = (320, 240)) -> Any:
    return np.full((size_wh[1], size_wh[0], 3), level, dtype=np.uint8)


def uneven_times_s(count: int, seed: int = 7) -> list[float]:
    """From 0.02 s on, with steps of 4 ms to 0.4 s: a camera in the dark, a pause, a burst."""
    steps_s = np.random.default_rng(seed).choice([0.004, 1 / 60, 1 / 30, 0.05, 0.4], count)
    return [float(time_s) for time_s in 0.02 + np.cumsum(steps_s)]


def decoded(data: bytes) -> list[Any]:
    with av.open(io.BytesIO(data)) as container:
        return list(container.decode(video=0))


def test_every_frame_is_kept_with_its_exact_time_at_a_rate_that_varies() -> None:
    """More frames, and faster, than the live writer's queue could take."""
    times_s = uneven_times_s(200)
    file = io.BytesIO()
    encoder = ClipEncoder(file)
    for number, time_s in enumerate(times_s):
        encoder.add(time_s, grey(number))
    encoder.finish()
    frames = decoded(file.getvalue())
    assert [frame.pts * frame.time_base for frame in frames] == [
        Fraction(round(time_s * TICKS_PER_S), TICKS_PER_S) for time_s in times_s
    ]
    levels = [float(frame.to_ndarray(format="rgb24").mean()) for frame in frames]
    assert levels == pytest.approx(range(200), abs=4), "each is the one that belongs to the time"
    assert encoder.frames == 200


def test_a_file_on_disk_is_the_same_as_one_in_memory(tmp_path: Path) -> None:
    in_memory = io.BytesIO()
    with (tmp_path / "clip.mp4").open("w+b") as on_disk:
        for file in (in_memory, on_disk):
            encoder = ClipEncoder(file)
            for number, time_s in enumerate(uneven_times_s(30)):
                encoder.add(time_s, grey(8 * number))
            encoder.finish()
        assert not on_disk.closed
    data = (tmp_path / "clip.mp4").read_bytes()
    assert data == in_memory.getvalue()
    assert data.find(b"moov") < data.find(b"mdat"), "a browser plays it at once"


def test_its_output_is_a_readable_clip() -> None:
    file = io.BytesIO()
    encoder = ClipEncoder(file)
    for number in range(10):
        encoder.add(number / 25, grey(100, (642, 362)))
    encoder.finish()
    clip = read_clip(file.getvalue())
    assert clip.size_wh == (642, 362)
    assert [time_s for time_s, _ in clip.frames()] == pytest.approx([n / 25 for n in range(10)], abs=1e-9)


def test_encoded_bytes_are_counted_while_writing() -> None:
    file = io.BytesIO()
    encoder = ClipEncoder(file)
    noise = np.random.default_rng(1).integers(0, 255, (20, 240, 320, 3), dtype=np.uint8)
    so_far = []
    for number, frame_rgb in enumerate(noise):
        encoder.add(number / 30, frame_rgb)
        assert encoder.frames == number + 1
        so_far.append(encoder.encoded_bytes)
    assert all(np.diff(so_far) > 0), "no frame is held back"
    encoder.finish()
    assert encoder.encoded_bytes < len(file.getvalue()) < encoder.encoded_bytes + 5000


@pytest.mark.parametrize(("first_s", "then_s"), [(-0.1, None), (0.5, 0.5), (0.5, 0.4), (0.5, 0.500001)])
def test_a_time_that_does_not_increase_is_refused_and_never_dropped(
    first_s: float, then_s: float | None
) -> None:
    file = io.BytesIO()
    encoder = ClipEncoder(file)
    if then_s is not None:
        encoder.add(first_s, grey(10))
    with pytest.raises(ValueError, match="time_s must be 0 or more and increase from frame to frame; got"):
        encoder.add(first_s if then_s is None else then_s, grey(20))
    encoder.add(1.0, grey(30))
    encoder.finish()
    assert [frame.time for frame in decoded(file.getvalue())][-1] == 1.0


def test_without_frames_the_file_stays_empty_and_finishing_again_does_nothing() -> None:
    file = io.BytesIO()
    encoder = ClipEncoder(file)
    encoder.finish()
    assert file.getvalue() == b""
    whole = io.BytesIO()
    encoder = ClipEncoder(whole)
    encoder.add(0.0, grey(10))
    encoder.finish()
    data = whole.getvalue()
    encoder.finish()
    assert whole.getvalue() == data

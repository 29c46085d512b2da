"""Frames without a camera: their speed, their loop, and their end."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from pose_core.errors import ClipError
from pose_core.performer.samples import CLIP_FPS, clip_frame, sample_clip
from pose_core.pipeline.live import SCENES, ClipSource, PerformerSource, Source
from pose_core.pipeline.live.sources import _Reel
from tests.support.clips import encode
from tests.support.waiting import LONG_S


def _play(source: Source, count: int, cuts: list[int] | None = None) -> list[tuple[Any, float]]:
    """So many frames or some more; the numbers of those that do not continue the one before go into `cuts`."""
    frames: list[tuple[Any, float]] = []
    cuts = [] if cuts is None else cuts
    enough = threading.Event()
    threads: set[threading.Thread] = set()

    def take(frame: Any, decode_ms: float, *, cut: bool = False) -> None:
        frames.append((frame, decode_ms))
        if cut:
            cuts.append(len(frames) - 1)
        threads.add(threading.current_thread())
        if len(frames) >= count:
            enough.set()

    source.start(take)
    assert enough.wait(LONG_S)
    source.stop()
    assert not any(thread.is_alive() for thread in threads), "it has stopped"
    return frames


def test_the_performer_moves_at_the_requested_size() -> None:
    cuts: list[int] = []
    frames = _play(PerformerSource("jack", (320, 180), fps=30), 5, cuts)
    assert not cuts
    pictures = [frame.to_ndarray(format="rgb24").astype(int) for frame, _ in frames]
    assert all(picture.shape == (180, 320, 3) for picture in pictures)
    assert any(np.abs(pictures[0] - picture).max() > 50 for picture in pictures[1:])
    assert all(ms > 0 for _, ms in frames)


@pytest.mark.parametrize("scene", SCENES)
def test_each_scene_can_be_drawn(scene: str) -> None:
    frame_rgb = _Reel(scene, (160, 120)).frame(45)
    assert frame_rgb.shape == (120, 160, 3)


def test_a_frame_of_the_reel_is_drawn_once_and_then_read_back() -> None:
    reel = _Reel("squat", (320, 240))
    first = reel.frame(7)
    again = reel.frame(7 + 90)  # a cycle later
    assert np.abs(first.astype(int) - again.astype(int)).mean() < 3
    assert sum(frame is not None for frame in reel._frames) == 1


def test_a_clip_is_played_again_from_its_beginning(tmp_path: object) -> None:
    length = 0
    while clip_frame(length + 25) is not None:
        length += 25
    cuts: list[int] = []
    frames = _play(ClipSource(_short_clip()), 12, cuts)
    assert cuts[:2] == [4, 8], "each round but the first begins with a cut"
    pictures = [frame.to_ndarray(format="rgb24").astype(int) for frame, _ in frames]
    assert np.abs(pictures[0] - pictures[4]).max() <= 8, "four frames a round"
    assert np.abs(pictures[0] - pictures[1]).max() > 20
    assert length >= 8 * CLIP_FPS, "the shipped clip is longer"


def _short_clip() -> bytes:
    return encode([np.full((48, 64, 3), 60 * number, dtype=np.uint8) for number in range(4)], fps=20)


def test_a_file_that_is_not_a_video_is_refused_before_anything_starts() -> None:
    with pytest.raises(ClipError):
        ClipSource(b"no video at all")


def test_the_sample_clip_shows_what_its_recipe_says() -> None:
    from pose_core.media.clips import read_clip

    frames = iter(read_clip(sample_clip()).frames())
    truth = clip_frame(0)
    assert truth is not None
    _, first = next(frames)
    assert first.shape == truth.rgb.shape
    assert np.abs(first.astype(int) - truth.rgb.astype(int)).mean() < 4

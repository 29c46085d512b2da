"""A film that browsers cannot play gets a copy of the part that was looked at, frame for frame."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pose_core.evaluation.side_by_side.film_part import part_as_mp4
from pose_core.evaluation.side_by_side.looking import Looked, Seen
from pose_core.media.films import plays_in_browsers, read_film
from pose_core.watching import WatchedFrame
from tests.support.clips import encode, plain
from tests.support.watching import watched

FPS, FRAMES = 25, 30
SIZE_WH = (320, 240)


def _grey(number: int) -> int:
    return 20 + 7 * number


@pytest.fixture(scope="module")
def hevc() -> bytes:
    """Each frame is of a grey of its own."""
    frames = [plain((_grey(number),) * 3, SIZE_WH) for number in range(FRAMES)]
    return encode(frames, codec="libx265", fps=FPS, **{"x265-params": "log-level=none"})


def _looked(first: int, last: int) -> Looked:
    def people(time_s: float) -> tuple[WatchedFrame, WatchedFrame]:
        return watched(time_s, size_wh=SIZE_WH), watched(time_s, size_wh=SIZE_WH)

    times_s = [number / FPS for number in range(first, last + 1)]
    return Looked("film", tuple(Seen("", t, SIZE_WH, people(t), ((1.0,), (1.0,))) for t in times_s), FPS)


def _never() -> bool:
    return False


def test_the_copy_begins_at_zero_with_the_first_frame_of_the_part_and_plays_in_browsers(hevc: bytes) -> None:
    assert not plays_in_browsers(hevc)
    told: list[float] = []
    copy = part_as_mp4(hevc, _looked(5, 16), told.append, _never)
    assert plays_in_browsers(copy)
    film = read_film(copy)
    assert film.size_wh == SIZE_WH
    frames = list(film.frames(0, math.inf))
    assert len(frames) == 12
    np.testing.assert_allclose([time_s for time_s, _ in frames], np.arange(12) / FPS, atol=0.002)
    greys = [float(frame_rgb.mean()) for _, frame_rgb in frames]
    np.testing.assert_allclose(greys, [_grey(number) for number in range(5, 17)], atol=3)
    assert told == pytest.approx(np.arange(1, 13) / 12)


def test_a_copy_that_is_cancelled_is_empty(hevc: bytes) -> None:
    asked = iter([False, False, True])
    assert part_as_mp4(hevc, _looked(0, 9), lambda share: None, lambda: next(asked)) == b""

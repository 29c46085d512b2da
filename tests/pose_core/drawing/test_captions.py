"""Captions: how they look on any background, that edges cut them cleanly, and what is cached."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from pose_core.colours import EDGE, rgb
from pose_core.drawing import captions
from pose_core.drawing.captions import stamp, text_sprite

Frame = NDArray[np.uint8]


def ground(level: int, size_wh: tuple[int, int] = (200, 60)) -> Frame:
    return np.full((size_wh[1], size_wh[0], 3), level, dtype=np.uint8)


def written(text: str, size_px: int = 28, level: int = 120) -> Frame:
    frame_rgb = ground(level)
    stamp(frame_rgb, text_sprite(text, size_px), (20, 40))
    return frame_rgb


@pytest.mark.parametrize("level", [0, 120, 255])
def test_text_is_white_with_a_dark_halo_on_any_background(level: int) -> None:
    frame_rgb = written("142°", level=level)
    colours = {tuple(colour) for colour in frame_rgb.reshape(-1, 3).tolist()}
    assert {(255, 255, 255), rgb(EDGE), (level,) * 3} <= colours
    white = (frame_rgb == 255).all(axis=-1) if level < 255 else (text_sprite("142°", 28).ink == 255).all(-1)
    assert white.sum() > 100


def test_the_picture_shows_through_as_much_as_text_and_halo_leave() -> None:
    """By hand: half text over nothing on 100 gives 177.5; half halo gives 50 and half of the halo's colour."""
    keep = np.array([[[128] * 3, [128] * 3, [255] * 3, [0] * 3]], dtype=np.uint8)
    ink = np.array([[[127] * 3, [13, 14, 16], [0] * 3, [255] * 3]], dtype=np.uint8)
    frame_rgb = ground(100, (4, 1))
    stamp(frame_rgb, captions.Sprite(keep, ink, (0, 0), 4), (0, 0))
    np.testing.assert_array_equal(frame_rgb[0], [[177] * 3, [63, 64, 66], [100] * 3, [255] * 3])


@pytest.mark.parametrize("text", ["L shoulder", "142°", "左肩", "Åg", "1"])
@pytest.mark.parametrize("size_px", [11, 28, 90])
def test_no_pixel_overflows_and_nothing_is_cut_off(text: str, size_px: int) -> None:
    sprite = text_sprite(text, size_px)
    assert sprite.keep.shape == sprite.ink.shape
    total = sprite.keep.astype(int) + sprite.ink
    assert total.max() <= 256  # one of rounding
    covered = (sprite.keep < 255).any(axis=-1)
    halo_px = round(size_px / 11)
    inner = (sprite.ink > 200).all(axis=-1)  # text, which lies a halo inside the border
    assert covered[0].any()
    assert covered[-1].any()
    assert covered[:, 0].any()
    assert covered[:, -1].any()
    for border in (inner[:halo_px], inner[-halo_px:], inner[:, :halo_px], inner[:, -halo_px:]):
        assert not border.any()


def test_the_baseline_starts_where_requested() -> None:
    covered = (written("1") != 120).any(axis=-1)
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    halo_px = 3
    assert rows[-1] == pytest.approx(40 + halo_px, abs=1), "a digit stands on the line"
    assert 40 - 28 <= rows[0] <= 40 - 14
    assert 20 - halo_px <= columns[0] <= 20 + 6
    assert columns[-1] <= 20 + text_sprite("1", 28).width_px + halo_px


def test_widths_add_up() -> None:
    """A name and an angle are stamped side by side."""
    parts = text_sprite("L knee", 24).width_px + text_sprite("142°", 24).width_px
    space = round(0.28 * 24)
    assert parts + space == pytest.approx(text_sprite("L knee 142°", 24).width_px, abs=2)


@pytest.mark.parametrize("xy", [(-12, 30), (45, 30), (20, 4), (20, 48), (-30, -30), (0, 0)])
def test_borders_cut_a_text_and_change_nothing_else(xy: tuple[int, int]) -> None:
    sprite = text_sprite("142°", 20)
    small = ground(90, (60, 40))
    stamp(small, sprite, xy)
    margin = 100
    large = ground(90, (60 + 2 * margin, 40 + 2 * margin))
    stamp(large, sprite, (xy[0] + margin, xy[1] + margin))
    np.testing.assert_array_equal(small, large[margin : margin + 40, margin : margin + 60])


@pytest.mark.parametrize("xy", [(-500, 20), (500, 20), (20, -500), (20, 500), (-(10**9), 10**9)])
def test_a_text_outside_leaves_no_mark(xy: tuple[int, int]) -> None:
    frame_rgb = ground(90)
    stamp(frame_rgb, text_sprite("142°", 20), xy)
    assert (frame_rgb == 90).all()


@pytest.mark.parametrize("text", ["", " "])
def test_a_text_without_ink_leaves_no_mark(text: str) -> None:
    assert (written(text) == 120).all()


def test_a_text_is_rendered_once_and_the_cached_sprite_cannot_be_changed() -> None:
    assert text_sprite("kept", 20) is text_sprite("kept", 20)
    assert text_sprite("kept", 20) is not text_sprite("kept", 21)
    with pytest.raises(ValueError, match="read-only"):
        text_sprite("kept", 20).ink[:] = 0


def test_the_cache_is_limited() -> None:
    assert text_sprite("large", 41) is not text_sprite("large", 41)
    limit = captions._cached.cache_info().maxsize
    assert limit is not None
    for number in range(limit + 50):
        text_sprite(str(number), 6)
    assert captions._cached.cache_info().currsize == limit
    captions._cached.cache_clear()


def test_texts_requested_by_many_threads_at_once_are_the_same() -> None:
    captions._cached.cache_clear()
    texts = [f"{angle}°" for angle in range(30)] * 8
    with ThreadPoolExecutor(8) as threads:
        sprites = list(threads.map(lambda text: text_sprite(text, 17), texts))
    for text, sprite in zip(texts, sprites, strict=True):
        np.testing.assert_array_equal(sprite.ink, captions._render(text, 17).ink)

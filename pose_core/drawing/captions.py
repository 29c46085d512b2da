"""Text on pictures: white with a dark halo, rendered once and then stamped, cheap enough for every frame of a video.

Rendering a caption with its halo takes OpenCV about 0.2 ms; stamping a cached one takes a hundredth of that.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.colours import EDGE, rgb

__all__ = ["Sprite", "stamp", "text_sprite"]

_WEIGHT: Final = 600  # of the text, 100 to 900
_TEXT_RGB: Final = (255, 255, 255)
_FONT: Final = cv2.FontFace("sans")  # built into OpenCV, with Chinese
#: OpenCV opens its fonts once per thread, 20 to 50 ms, and every run of a page is a new thread: so one thread renders.
_RENDERER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="posedeck-text")
#: Texts on live pictures are smaller than this. Those on large photos are rare and take up to a megabyte: not cached.
_MAX_CACHED_PX: Final = 40
#: Enough for 13 joints in two languages and the angles 0 to 180 at several sizes; about 10 to 20 kB each.
_MAX_CACHED: Final = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A text ready to be stamped: ``picture = picture * keep / 255 + ink``.

    Attributes
    ----------
    keep : ndarray of uint8, shape (H, W, 3)
        How much of the picture shows through; 255 is all of it.
    ink : ndarray of uint8, shape (H, W, 3)
        Text and halo, already weighted by their opacity.
    offset_xy : tuple of int
        Upper left corner, in pixels from the start of the text's baseline.
    width_px : int
        Advance of the text along its baseline, without the halo.
    """

    keep: FrameRGB
    ink: FrameRGB
    offset_xy: tuple[int, int]
    width_px: int


def _render(text: str, size_px: int) -> Sprite:
    """Render a text; runs on the `_RENDERER` thread."""
    left, top, width, height = cv2.getTextSize((0, 0), text, (0, 0), _FONT, size_px, _WEIGHT)
    halo_px = max(1, round(size_px / 11))
    margin = halo_px + size_px // 2  # more than any accent needs; cropped below
    white = np.zeros((height + 2 * margin, width + 2 * margin), dtype=np.uint8)
    cv2.putText(white, text, (margin - left, margin - top), 255, _FONT, size_px, _WEIGHT)
    dark = cv2.dilate(white, np.ones((2 * halo_px + 1, 2 * halo_px + 1), dtype=np.uint8))
    x, y, w, h = cv2.boundingRect(dark)
    text_share = white[y : y + h, x : x + w, None] / 255.0
    halo_share = dark[y : y + h, x : x + w, None] / 255.0 * (1.0 - text_share)  # the text lies over its halo
    keep = np.rint(np.repeat(255.0 * (1.0 - text_share - halo_share), 3, axis=2)).astype(np.uint8)
    ink = np.rint(text_share * np.array(_TEXT_RGB) + halo_share * np.array(rgb(EDGE))).astype(np.uint8)
    keep.flags.writeable = ink.flags.writeable = False  # every caller gets the same arrays
    return Sprite(
        keep=keep,
        ink=ink,
        offset_xy=(x - margin + left, y - margin + top),
        width_px=int(width),
    )


@lru_cache(maxsize=_MAX_CACHED)
def _cached(text: str, size_px: int) -> Sprite:
    return _RENDERER.submit(_render, text, size_px).result()


def text_sprite(text: str, size_px: int) -> Sprite:
    """A text as a sprite, from the cache if it has been rendered before. Safe to call from any thread.

    Parameters
    ----------
    text : str
        One line; Chinese and the degree sign are fine.
    size_px : int
        Height of a line, at least 1.
    """
    if size_px <= _MAX_CACHED_PX:
        return _cached(text, size_px)
    return _RENDERER.submit(_render, text, size_px).result()


def stamp(frame_rgb: FrameRGB, sprite: Sprite, xy: tuple[int, int]) -> None:
    """Draw a text on a picture, in place, cut off at its edges.

    Parameters
    ----------
    frame_rgb : ndarray of uint8, shape (H, W, 3)
        Writable and C-contiguous.
    sprite : Sprite
    xy : tuple of int
        Start of the baseline, in pixels; may lie outside the picture.
    """
    left, top = xy[0] + sprite.offset_xy[0], xy[1] + sprite.offset_xy[1]
    height, width = sprite.ink.shape[:2]
    x0, x1 = max(0, left), min(frame_rgb.shape[1], left + width)
    y0, y1 = max(0, top), min(frame_rgb.shape[0], top + height)
    if x0 >= x1 or y0 >= y1:
        return
    patch = frame_rgb[y0:y1, x0:x1]
    inside = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    cv2.multiply(patch, sprite.keep[inside], dst=patch, scale=1 / 255)
    cv2.add(patch, sprite.ink[inside], dst=patch)

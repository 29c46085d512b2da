"""A film of the performer whose frames carry their own number, so that a test sees which frame is on show."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.performer import PALETTES, Camera, Person, render_frame, render_scene
from tests.support.clips import encode

__all__ = ["FPS", "NUMBER_JS", "number_in", "numbered_duo", "numbered_film", "numbered_turning"]

FPS = 25
_BITS = 8
_BLOCK_PX = 16
#: The same as `number_in` in a browser: of a video, from a canvas.
NUMBER_JS = f"""(video, context) => {{
  context.drawImage(video, 0, 0);
  const {{ data }} = context.getImageData(0, 0, {_BITS * _BLOCK_PX}, {_BLOCK_PX});
  let number = 0;
  for (let bit = 0; bit < {_BITS}; bit += 1) {{
    const at = 4 * ({_BLOCK_PX // 2} * {_BITS * _BLOCK_PX} + bit * {_BLOCK_PX} + {_BLOCK_PX // 2});
    number |= Number(data[at + 1] > 127) << bit;
  }}
  return number;
}}"""


def numbered_film(frames: int, size_wh: tuple[int, int] = (320, 240)) -> bytes:
    """Half a squat; the number of each frame stands in its upper left corner, black for 0 and white for 1."""
    camera = Camera(*size_wh)
    return _numbered([render_frame("squat", n / (2 * frames), camera=camera).rgb for n in range(frames)])


def numbered_duo(frames: int, size_wh: tuple[int, int] = (480, 270)) -> bytes:
    """As `numbered_film`, of two people side by side: the left one squats, the right one raises the arms."""
    camera = Camera(*size_wh, scene_height_m=2.4)
    pictures = []
    for number in range(frames):
        phase = number / (2 * frames)
        people = [
            Person("squat", phase, x_m=-0.8, palette=PALETTES[0]),
            Person("arm_raise", phase, x_m=0.8, palette=PALETTES[1]),
        ]
        pictures.append(render_scene(people, camera=camera).rgb)
    return _numbered(pictures)


def numbered_turning(frames: int, turned: Collection[int], **options: str) -> bytes:
    """As `numbered_film`, of arms being raised; in the frames `turned`, the person is seen from behind.

    Nobody turns so fast: it is as if left and right were exchanged for these frames. `options` are those of `encode`.
    """
    camera = Camera(480, 360, scene_height_m=2.4)
    scenes = [
        render_scene([Person("arm_raise", n / (2 * frames), 180 if n in turned else 0)], camera=camera)
        for n in range(frames)
    ]
    return _numbered([scene.rgb for scene in scenes], **options)


def _numbered(pictures: list[FrameRGB], **options: Any) -> bytes:
    numbered = []
    for number, rgb in enumerate(pictures):
        picture = rgb.copy()
        for bit in range(_BITS):
            picture[:_BLOCK_PX, bit * _BLOCK_PX : (bit + 1) * _BLOCK_PX] = 255 * (number >> bit & 1)
        numbered.append(picture)
    return encode(numbered, fps=FPS, **options)


def number_in(frame_rgb: FrameRGB) -> int:
    """The number of a frame as it is shown."""
    middle = _BLOCK_PX // 2
    return sum(int(np.mean(frame_rgb[middle, bit * _BLOCK_PX + middle]) > 127) << bit for bit in range(_BITS))

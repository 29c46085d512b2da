"""Where a film is cut: one scene ends, and the next frame belongs to another."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FrameRGB

__all__ = ["CutDetector"]

#: What is compared: so many columns and rows of mean colours.
_GRID_WH: Final = (32, 18)
#: Colours a channel in the histogram.
_BINS: Final = 6
#: Share of the picture's pixels that have another colour than in the frame before.
_COLOURS_CHANGED: Final = 0.35
#: Mean change of the grid's colours, 0 to 255, and how many times as much as lately.
_GRID_CHANGED: Final = 22.0
_TIMES_AS_USUAL: Final = 4.0
#: Weight of the newest frame in what is usual.
_NEWEST_WEIGHT: Final = 0.2


class CutDetector:
    """Tells for each frame whether a new scene starts with it. Not for several threads at once.

    A cut changes the colours of the picture (histogram) and where they are (a coarse grid), both at once and far more
    than the frames before did. Movement changes the grid alone; a flash changes the colours twice.

    Examples
    --------
    >>> cuts = CutDetector()
    >>> red, blue = (np.full((90, 160, 3), colour, np.uint8) for colour in ((200, 30, 30), (30, 30, 200)))
    >>> [cuts.add(frame) for frame in (red, red, blue, blue)]
    [False, False, True, False]
    """

    def __init__(self) -> None:
        self._grid: NDArray[np.int16] | None = None
        self._colours: NDArray[Any] | None = None
        self._usual = 0.0

    def add(self, frame_rgb: FrameRGB) -> bool:
        """Whether the next frame, uint8 (H, W, 3), begins another scene; never for the first one."""
        small = cv2.resize(frame_rgb, _GRID_WH, interpolation=cv2.INTER_AREA)
        step = max(1, frame_rgb.shape[0] // 90)
        sample = np.ascontiguousarray(frame_rgb[::step, ::step])
        colours = cv2.calcHist([sample], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3).ravel()
        colours = colours / colours.sum()
        grid = small.astype(np.int16)
        last_grid, last_colours = self._grid, self._colours
        self._grid, self._colours = grid, colours
        if last_grid is None or last_colours is None:
            return False
        grid_change = float(np.abs(grid - last_grid).mean())
        colour_change = float(np.abs(colours - last_colours).sum()) / 2
        cut = (
            colour_change > _COLOURS_CHANGED
            and grid_change > _GRID_CHANGED
            and grid_change > _TIMES_AS_USUAL * self._usual
        )
        if cut:
            self._usual = 0.0
        else:
            self._usual = _NEWEST_WEIGHT * grid_change + (1 - _NEWEST_WEIGHT) * self._usual
        return cut

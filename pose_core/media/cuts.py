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
#: A cut changes the grid's colours (0 to 255) by this on average, and so many times as much as the frames before. The
#: hardest cuts of the clips tried change it by 18 and 13 times; movement alone by up to 21 and 6 times.
_GRID_CHANGED: Final = 15.0
_TIMES_AS_USUAL: Final = 10.0
#: Or by this, if this share of the pixels has other colours as well, as between scenes in movement.
_GRID_CHANGED_WITH_COLOURS: Final = 22.0
_COLOURS_CHANGED: Final = 0.35
_TIMES_WITH_COLOURS: Final = 4.0
#: A picture at rest changes by about this: noise.
_NOISE: Final = 1.0
#: Weight of the newest frame in what is usual.
_NEWEST_WEIGHT: Final = 0.2


class CutDetector:
    """Tells for each frame whether a new scene starts with it. Not for several threads at once.

    A cut changes where the colours of the picture are (a coarse grid) far more than the frames before did; between
    scenes in movement, it changes which colours there are (a histogram) as well.

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
        times = grid_change / max(self._usual, _NOISE)
        cut = (grid_change > _GRID_CHANGED and times > _TIMES_AS_USUAL) or (
            grid_change > _GRID_CHANGED_WITH_COLOURS
            and colour_change > _COLOURS_CHANGED
            and times > _TIMES_WITH_COLOURS
        )
        if cut:
            self._usual = 0.0
        else:
            self._usual = _NEWEST_WEIGHT * grid_change + (1 - _NEWEST_WEIGHT) * self._usual
        return cut

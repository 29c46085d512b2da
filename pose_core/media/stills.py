"""A few pictures of a stream, spread over all of it, for a report."""

from __future__ import annotations

from typing import Final

from pose_core.arrays import FrameRGB
from pose_core.media.images import encode_jpeg

__all__ = ["MOST_STILLS", "Stills"]

#: Of one stream; JPEG files of 50 to 200 kB.
MOST_STILLS: Final = 12
_EVERY_S: Final = 0.5
_QUALITY: Final = 85


class Stills:
    """A `pose_core.watching.FrameSink` that keeps pictures at even distances in time, however long the stream lasts.

    Whenever there are more than `MOST_STILLS`, every other one goes, and from then on they are taken half as often.

    Attributes
    ----------
    pictures : list of (float, bytes)
        Time on the stream's clock, and a JPEG file. Read it once nothing is added any more.
    """

    def __init__(self) -> None:
        self.pictures: list[tuple[float, bytes]] = []
        self._every_s = _EVERY_S

    def add(self, time_s: float, drawn_rgb: FrameRGB) -> None:
        """Keep this picture if the one before is old enough."""
        if self.pictures and time_s - self.pictures[-1][0] < self._every_s:
            return
        self.pictures.append((time_s, encode_jpeg(drawn_rgb, _QUALITY)))
        if len(self.pictures) > MOST_STILLS:
            self.pictures = self.pictures[::2]
            self._every_s *= 2

    def finish(self) -> None:
        """Nothing is left to do."""

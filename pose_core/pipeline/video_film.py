"""The film of a result: the same pictures at the same times, with skeletons on them."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Final

import av
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.drawing.skeleton import draw_poses
from pose_core.errors import ClipError
from pose_core.media.ahead import ahead
from pose_core.media.film_writer import FILM_BOX_PX, FilmWriter
from pose_core.media.films import read_film
from pose_core.pipeline.video import VideoResult
from pose_core.settings import DrawSettings
from pose_core.tracking.recording import pose_of_row

__all__ = ["FilmCopy", "annotate_video"]

#: Decoded pictures that may wait: 25 MB at 1080p.
_AHEAD: Final = 4


def annotate_video(
    data: bytes,
    result: VideoResult,
    draw: DrawSettings | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> bytes:
    """The analysed part of a film as MP4 (H.264), upright, with everybody's skeleton and the source's sound.

    Parameters
    ----------
    data : bytes
        The film that the result is from.
    result : VideoResult
    draw : DrawSettings, optional
        Those of the analysis unless given.
    labels : mapping of str to str, optional
        Landmark name to the text on the picture.
    on_progress : callable, optional
        Told after each frame which share is done, 0 to 1.
    cancelled : callable, optional
        Asked before each frame; once it is true, the film ends there.

    Returns
    -------
    bytes
        It begins at 0 with the first analysed frame; the frames are as far apart as in the source. A film that was
        played slowed stays so. Empty if the result has no frames.

    Raises
    ------
    ClipError
        If the film cannot be read again, or the encoder fails.
    """
    settings = result.video_settings
    film = read_film(data, mirrored=settings.mirrored, checked=True)
    count = len(result.time_s)
    if not count:
        return b""
    start_s = float(result.time_s[0]) * settings.slowed
    length_s = float(result.time_s[-1]) * settings.slowed - start_s
    starts = np.searchsorted(result.row_frame, np.arange(count + 1)).tolist()
    several = settings.pose.detection.people > 1
    file = io.BytesIO()
    # Sound belongs to pictures at their own speed and order, which a film that is slowed in the file has as well.
    writer = FilmWriter(file, length_s, data, first_s=film.first_s, start_s=start_s)
    try:
        with closing(ahead(film.frames(settings.start_s, math.inf, box_px=FILM_BOX_PX), _AHEAD)) as pictures:
            for number, (played_s, frame_rgb) in enumerate(pictures):
                if number >= count or (cancelled is not None and cancelled()):
                    break
                rows = range(starts[number], starts[number + 1])
                draw_poses(
                    frame_rgb,
                    [pose_of_row(result.values[row], "smoothed", result.size_wh) for row in rows],
                    draw or settings.pose.draw,
                    names=labels,
                    visibility_limit=settings.pose.visibility_limit,
                    numbers=[int(result.row_person[row]) for row in rows] if several else None,
                    into=frame_rgb,
                )
                writer.add(max(0.0, played_s - start_s), frame_rgb)
                if on_progress is not None:
                    on_progress((number + 1) / count)
        writer.finish()
    except av.FFmpegError as error:
        raise ClipError(
            "film_not_written",
            "The video must be encoded as H.264; the encoder failed ({reason}). The other files are complete.",
            reason=type(error).__name__,
        ) from error
    return file.getvalue()


class FilmCopy:
    """The pictures of a film as MP4 (H.264) without drawing, written while it is analysed; for what cannot play it.

    Hand it to `pose_core.pipeline.video.analyse_video` as ``also=copy.wish``.

    Parameters
    ----------
    data : bytes
        The film, which has been checked.
    length_s : float
        About how long the copy will be; NaN if unknown.

    Attributes
    ----------
    wish : tuple of (box_px, callable)
    """

    def __init__(self, data: bytes, length_s: float = math.nan) -> None:
        self.wish = FILM_BOX_PX, self._add
        self._data = data
        self._length_s = length_s
        self._file = io.BytesIO()
        self._writer: FilmWriter | None = None
        self._start_s = 0.0
        self._failed = False

    def _add(self, played_s: float, frame_rgb: FrameRGB) -> None:
        if self._failed:
            return
        try:
            if self._writer is None:
                first_s = read_film(self._data, checked=True).first_s
                self._start_s = played_s
                self._writer = FilmWriter(
                    self._file, self._length_s, self._data, first_s=first_s, start_s=played_s
                )
            self._writer.add(played_s - self._start_s, frame_rgb)
        except MemoryError:
            raise
        except av.FFmpegError:  # a result without a picture is better than none
            self._failed = True

    def finish(self) -> bytes:
        """The file, which begins at 0 with the first frame; empty if there was none, or the encoder failed."""
        try:
            if self._writer is not None:
                self._writer.finish()
        except MemoryError:
            raise
        except av.FFmpegError:
            self._failed = True
        return b"" if self._failed else self._file.getvalue()

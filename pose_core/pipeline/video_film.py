"""The film of a result: the same pictures at the same times, with skeletons on them."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Final

import av
import numpy as np

from pose_core.drawing.skeleton import draw_poses
from pose_core.errors import ClipError
from pose_core.media.ahead import ahead
from pose_core.media.film_writer import FILM_BOX_PX, FilmWriter
from pose_core.media.films import read_film
from pose_core.pipeline.video import VideoResult
from pose_core.settings import DrawSettings
from pose_core.tracking.recording import pose_of_row

__all__ = ["annotate_video", "clean_copy"]

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
            "The film must be encoded as H.264; the encoder failed ({reason}). The other files are complete.",
            reason=type(error).__name__,
        ) from error
    return file.getvalue()


def clean_copy(
    data: bytes,
    result: VideoResult,
    *,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> bytes:
    """The analysed part of a film as MP4 (H.264) without drawing, for what cannot play the film itself.

    Parameters, returned bytes and errors as in `annotate_video`.
    """
    nobody = replace(
        result, row_frame=result.row_frame[:0], row_person=result.row_person[:0], values=result.values[:0]
    )
    return annotate_video(
        data, nobody, DrawSettings(skeleton_only=False), on_progress=on_progress, cancelled=cancelled
    )

"""The part of a film that was looked at, as a film that every browser plays."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from contextlib import closing

import av

from pose_core.errors import ClipError
from pose_core.evaluation.side_by_side.looking import Looked
from pose_core.media.ahead import ahead
from pose_core.media.film_writer import FilmWriter
from pose_core.media.films import read_film

__all__ = ["part_as_mp4"]

_AHEAD = 4


def part_as_mp4(
    data: bytes, looked: Looked, on_progress: Callable[[float], None], cancelled: Callable[[], bool]
) -> bytes:
    """H.264 without sound; it begins at 0 with the first frame that was looked at. Empty if it was cancelled.

    Parameters
    ----------
    data : bytes
        The film.
    looked : Looked
        With at least one frame.
    on_progress : callable
        Told which share is done, 0 to 1.
    cancelled : callable
        Asked before each frame.

    Raises
    ------
    ClipError
        If the encoder fails.
    """
    start_s, end_s = looked.seen[0].time_s, looked.seen[-1].time_s
    film, file = read_film(data, checked=True), io.BytesIO()
    writer = FilmWriter(file, end_s - start_s)
    try:
        with closing(ahead(film.frames(start_s, math.inf), _AHEAD)) as pictures:
            for number, (time_s, frame_rgb) in enumerate(pictures):
                if number >= len(looked.seen):
                    break
                if cancelled():
                    return b""
                writer.add(max(0.0, time_s - start_s), frame_rgb)
                on_progress((number + 1) / len(looked.seen))
        writer.finish()
    except av.FFmpegError as error:
        raise ClipError(
            "film_not_written",
            "The video must be encoded as H.264; the encoder failed ({reason}). The other files are complete.",
            reason=type(error).__name__,
        ) from error
    return file.getvalue()

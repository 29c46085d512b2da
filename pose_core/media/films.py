"""A whole film that somebody recorded: checked first, then read with the times that the file states.

The check is that of clips (`pose_core.media.clips`): in another process, whose time and memory are limited.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict

import av
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.errors import ClipError
from pose_core.media.clips import check_bytes, first_frame
from pose_core.media.decoders import SHARED_DECODERS
from pose_core.media.demux import (
    PixelReader,
    decoded,
    opened,
    stated_fps,
    timed,
    upright_wh,
)
from pose_core.media.fitting import CLIP_BOX_PX

__all__ = [
    "MAX_FILM_MB",
    "MAX_FILM_S",
    "FilmReader",
    "check_range_s",
    "look_at_film",
    "plays_in_browsers",
    "read_film",
]

MAX_FILM_MB: Final = 300
#: 20 minutes: 36 000 frames at 30 a second.
MAX_FILM_S: Final = 1200.0
#: Longest wait for the files of others.
_WAIT_S: Final = 60.0
#: What common browsers play, by the first bytes of the file: FFmpeg's names of the pictures' formats.
_PLAYED: Final = {
    "mp4": frozenset({"h264", "vp9", "libvpx-vp9", "av1", "libdav1d"}),
    "webm": frozenset({"vp8", "libvpx", "vp9", "libvpx-vp9", "av1", "libdav1d"}),
}
#: Before this time a film is read from its beginning: seeking would gain nothing.
_SEEK_FROM_S: Final = 3.0


@dataclass(frozen=True, eq=False)
class FilmReader:
    """A film that can be read, several times and from several threads; made by `read_film`.

    Attributes
    ----------
    size_wh : tuple of int
        Full size in pixels as shown: upright, with square pixels.
    fps : float
        As stated in the file, else 25.
    duration_s : float
        As stated in the file, else NaN.
    first_s : float
        The time that the file states for its first frame; times here count from it.
    codec : str
        FFmpeg's name of the picture's format, such as ``"h264"``.
    mirrored : bool
        Whether left and right are exchanged in every frame that is read.
    """

    size_wh: tuple[int, int]
    fps: float
    duration_s: float
    first_s: float
    codec: str
    mirrored: bool
    data: bytes = field(repr=False)

    def frames(
        self,
        start_s: float = 0.0,
        end_s: float = math.inf,
        *,
        box_px: tuple[int, int] = CLIP_BOX_PX,
        also: tuple[tuple[int, int], Callable[[float, FrameRGB], None]] | None = None,
    ) -> Iterator[tuple[float, FrameRGB]]:
        """The frames from `start_s` to before `end_s`, decoded one at a time.

        Parameters
        ----------
        start_s, end_s : float
            Seconds from the first frame of the film, as it is played.
        box_px : tuple of int
            Longer and shorter side that pictures are scaled down to.
        also : tuple of (box_px, callable), optional
            Who gets each frame first, in another size.

        Yields
        ------
        time_s : float
            Seconds from the first frame of the film, increasing, as the file states them.
        frame_rgb : ndarray of uint8, shape (H, W, 3)
            Turned upright as the file says, with square pixels; the caller may change it.

        Notes
        -----
        Damaged frames are left out. It ends where nothing more can be decoded, `MAX_FILM_S` at the latest.
        """
        end_s = min(end_s, MAX_FILM_S)
        with opened(self.data) as (container, stream):
            pixels = self._reader(stream, box_px)
            others = self._reader(stream, also[0]) if also is not None else None
            if start_s > _SEEK_FROM_S:
                with suppress(av.FFmpegError):  # what has no index is read from its beginning
                    container.seek(round((self.first_s + start_s) / stream.time_base), stream=stream)
            for time_s, frame in timed(decoded(container, stream), self.fps, self.first_s):
                if time_s >= end_s:
                    return
                if time_s >= start_s:
                    if also is not None and others is not None:
                        also[1](time_s, others(frame))
                    yield time_s, pixels(frame)

    def _reader(self, stream: Any, box_px: tuple[int, int]) -> Callable[[Any], FrameRGB]:
        upright = PixelReader(stream, box_px)
        if not self.mirrored:
            return upright
        return lambda frame: np.ascontiguousarray(upright(frame)[:, ::-1])


def read_film(data: bytes, *, mirrored: bool = False, checked: bool = False) -> FilmReader:
    """Open a film in memory and check that it can be read.

    Parameters
    ----------
    data : bytes
        A whole MP4, MOV, WebM, MKV or AVI file.
    mirrored : bool
        Whether the film was recorded as in a mirror, as some phones do with their front camera: left and right of
        its pictures are then exchanged.
    checked : bool
        Whether these bytes have been read before: they are then opened at once, in this process.

    Returns
    -------
    FilmReader

    Raises
    ------
    ClipError
        If the bytes are empty, not such a file, damaged, without video, or outside the limits on file size
        (`MAX_FILM_MB`), picture size and duration (`MAX_FILM_S`), or take far more time or memory than a film.
    BusyError
        If the files of others leave no room for the check in time.
    """
    check_bytes(data, MAX_FILM_MB)
    facts = (
        look_at_film(data, MAX_FILM_S) if checked else SHARED_DECODERS.check_film(data, MAX_FILM_S, _WAIT_S)
    )
    return FilmReader(**{**facts, "size_wh": tuple(facts["size_wh"])}, mirrored=mirrored, data=data)


class _Facts(TypedDict):
    """What is known of a film; `FilmReader` says what each means."""

    size_wh: tuple[int, int]
    fps: float
    duration_s: float
    first_s: float
    codec: str


def look_at_film(data: bytes, longest_s: float) -> _Facts:
    """Open a film and decode its first frame; unless that was done before, in a process of limited time and memory.

    Errors as in `read_film`.
    """
    with first_frame(data, longest_s) as (stream, first, duration_s):
        return {
            "size_wh": upright_wh(first, stream),
            "fps": stated_fps(stream),
            "duration_s": duration_s,
            "first_s": first.time if first.time is not None else 0.0,
            "codec": stream.codec_context.name,
        }


def check_range_s(start_s: float, end_s: float) -> None:
    """Raise a ClipError unless `start_s` is 0 or more and before `end_s`."""
    if not 0 <= start_s < end_s:
        raise ClipError(
            "film_range",
            "The part of a video must begin at 0 s or later and end after its beginning; "
            "got {start_s:g} s to {end_s:g} s. Choose a later end or an earlier beginning.",
            start_s=start_s,
            end_s=end_s,
        )


def plays_in_browsers(data: bytes) -> bool:
    """Whether common browsers play the pictures of a film as they are.

    Raises
    ------
    ClipError
        If it cannot be opened.
    """
    kind = "mp4" if data[4:8] == b"ftyp" else "webm" if data[:4] == b"\x1aE\xdf\xa3" else None
    if kind is None:
        return False
    with opened(data) as (_, stream):
        context = stream.codec_context
        return context.name in _PLAYED[kind] and context.pix_fmt in ("yuv420p", "yuvj420p")

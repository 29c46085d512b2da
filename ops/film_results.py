"""What a film's analysis gives: what there is to see while it works, its result, and the files made of it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ops.jobs import Job, JobControl
from pose_core.arrays import FrameRGB
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.pipeline.video import VideoProgress, VideoResult

__all__ = ["MAX_THUMBNAILS", "FilmOutcome", "FilmSoFar", "Made", "Teller", "Version", "size_made"]

_KNEES: Final = [ANGLE_NAMES.index(name) for name in ("left_knee", "right_knee")]
#: How often a page may look at what there is so far: a thumbnail, and the people of the newest frame.
_PUBLISH_EVERY_S: Final = 0.5
#: Thumbnails have at most so many columns and rows.
_THUMBNAIL_PX: Final = 160
#: Shown while a film is analysed, one for each such part of it.
MAX_THUMBNAILS: Final = 8


@dataclass(frozen=True, eq=False)
class FilmSoFar:
    """What a running analysis has published.

    Attributes
    ----------
    time_s : float
        Of the newest frame.
    frames : int
    people : int
        In the newest frame.
    thumbnail_rgb : ndarray of uint8, shape (H, W, 3)
        Of the newest frame, small.
    thumbnails_rgb : tuple of ndarray
        Such pictures from all over the film, in order of time; at most `MAX_THUMBNAILS`.
    curve : tuple of (float, float, float)
        Time, and degrees of the left and the right knee of the first person, twice a second; NaN where unknown.
    """

    time_s: float
    frames: int
    people: int
    thumbnail_rgb: FrameRGB = field(repr=False)
    thumbnails_rgb: tuple[FrameRGB, ...] = field(default=(), repr=False)
    curve: tuple[tuple[float, float, float], ...] = field(default=(), repr=False)


@dataclass(frozen=True, eq=False)
class FilmOutcome:
    """The result of a job.

    Attributes
    ----------
    name : str
        Of the film's file.
    data : bytes
        The film.
    result : VideoResult
    annotated_mp4 : bytes
        Empty if it was not asked for.
    copy_mp4 : bytes
        The analysed part as H.264 without drawing, for a film that browsers cannot play; else empty. It begins at 0.
    """

    name: str
    data: bytes = field(repr=False)
    result: VideoResult = field(repr=False)
    annotated_mp4: bytes = field(default=b"", repr=False)
    copy_mp4: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, eq=False)
class Version:
    """A result with all that a person corrected in it so far.

    Attributes
    ----------
    number : int
        Another one after every correction and every undo.
    result : VideoResult
    undoable : int
        How many corrections can be undone.
    """

    number: int
    result: VideoResult = field(repr=False)
    undoable: int = 0


@dataclass(frozen=True, eq=False)
class Made:
    """A file that is made of a result, or was.

    Attributes
    ----------
    kind : str
    key : object
        What it is made of.
    job : Job
        Makes it; its result is the file.
    """

    kind: str
    key: object
    job: Job


def size_made(result: object) -> int:
    """Bytes that the result of a job has beside the film."""
    if isinstance(result, FilmOutcome):
        return len(result.annotated_mp4) + len(result.copy_mp4)
    return len(result) if isinstance(result, bytes) else 0


class Teller:
    """Passes on how far an analysis is, and now and then what there is to see."""

    def __init__(self, control: JobControl) -> None:
        self._control = control
        self._begun = False
        self._published_s = 0.0
        self._first_s = 0.0
        self._thumbnails: list[FrameRGB] = []
        self._curve: list[tuple[float, float, float]] = []

    def __call__(self, progress: VideoProgress) -> None:
        """Tell about a frame."""
        if not self._begun:
            self._begun, self._first_s = True, progress.done_s
            self._control.enter("analysing")
        self._control.tell(progress.done_s - self._first_s, progress.total_s - self._first_s)
        now_s = time.monotonic()
        if now_s - self._published_s >= _PUBLISH_EVERY_S:
            self._published_s = now_s
            self._publish(progress)

    def _publish(self, progress: VideoProgress) -> None:
        step = max(1, -(-max(progress.frame_rgb.shape[:2]) // _THUMBNAIL_PX))
        small_rgb = np.ascontiguousarray(progress.frame_rgb[::step, ::step])
        length_s = progress.total_s - self._first_s
        share = (progress.done_s - self._first_s) / length_s if length_s > 0 else 0.0
        if len(self._thumbnails) < MAX_THUMBNAILS and share * MAX_THUMBNAILS >= len(self._thumbnails):
            self._thumbnails.append(small_rgb)
        watched = progress.watched
        knees = watched.angles_deg[0, _KNEES].tolist() if watched.people else [math.nan, math.nan]
        self._curve.append((watched.time_s, knees[0], knees[1]))
        self._control.publish(
            FilmSoFar(
                watched.time_s,
                progress.frames,
                len(watched.people),
                small_rgb,
                tuple(self._thumbnails),
                tuple(self._curve),
            )
        )

"""`Recording`: landmarks of a stream over time, as collected by a `pose_core.tracking.recorder.Recorder`.

Only frames with people take memory: 2112 bytes for each person in each frame, raw and smoothed. Readers request one
`PoseSequence` at a time, which is built on demand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.errors import ClipError
from pose_core.media.fitting import letterbox
from pose_core.pose import Layer, Pose, PoseSequence, TrackedPerson
from pose_core.settings import PoseSettings
from pose_core.skeleton import N_LANDMARKS
from pose_core.tracking.recording_summary import RecordingSummary, summarise

__all__ = ["ROW_SHAPE", "EndedBy", "Recording", "Values", "pose_of_row", "sequence_of_rows", "write_row"]


_CHANNELS: Final = 8  # x, y, z in pixels, world x, y, z in metres, visibility, presence
_XY, _Z, _WORLD, _VISIBILITY, _PRESENCE = slice(0, 2), 2, slice(3, 6), 6, 7
ROW_SHAPE: Final = (2, N_LANDMARKS, _CHANNELS)
_RAW, _SMOOTHED = 0, 1

#: What ended a recording: somebody stopped it, or it reached the longest time or one of the limits on memory.
EndedBy = Literal["stop", "time", "person_frames", "frames"]
Values = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Recording:
    """Landmarks of a stream over time.

    Attributes
    ----------
    started_at : datetime
        Wall-clock time of the first frame, with its time zone.
    time_s : ndarray, shape (T,)
        Time of every frame since the first one, including frames without anybody. Increasing.
    sizes : tuple of (float, (int, int))
        From which time on frames had which width and height; the first is `size_wh`. Empty without frames.
    row_frame, row_person : ndarray of int, shape (N,)
        Number of the frame (from 0) and of the person (from 1) of each person in each frame, in order of time.
    values : ndarray of float32, shape (N, 2, 33, 8)
        Raw and smoothed: x, y, z in pixels of `size_wh`, world x, y, z in metres, visibility, presence.
    settings : PoseSettings
        Those at the start of the recording.
    ended_by : {"stop", "time", "person_frames", "frames"}
    clip_mp4 : bytes or None
        The frames as drawn; None if no clip was wanted, there were no frames, or encoding failed.
    clip_truncated : bool
        Whether the clip ended before the recording, at one of its own limits.
    clip_left_out : int
        Frames missing from the clip because the encoder was behind.
    clip_error : ClipError or None
        Why there is no clip although one was wanted.
    stills : tuple of (float, bytes)
        A few frames as drawn, with their times: JPEG files. Empty if none were wanted.

    Notes
    -----
    Arrays are read-only. Landmarks of frames of another size are converted to `size_wh` without stretching
    (`pose_core.media.fitting.letterbox`), so that angles stay true.
    """

    started_at: datetime
    time_s: FloatArray
    sizes: tuple[tuple[float, tuple[int, int]], ...]
    row_frame: NDArray[np.int32]
    row_person: NDArray[np.int32]
    values: Values = field(repr=False)
    settings: PoseSettings
    ended_by: EndedBy
    clip_mp4: bytes | None = field(default=None, repr=False)
    clip_truncated: bool = False
    clip_left_out: int = 0
    clip_error: ClipError | None = None
    stills: tuple[tuple[float, bytes], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for name in ("time_s", "row_frame", "row_person", "values"):
            getattr(self, name).flags.writeable = False

    @property
    def size_wh(self) -> tuple[int, int] | None:
        """Width and height that all coordinates refer to: those of the first frame; None without frames."""
        return self.sizes[0][1] if self.sizes else None

    @property
    def truncated(self) -> bool:
        """Whether a limit ended the recording, not a person."""
        return self.ended_by != "stop"

    @property
    def duration_s(self) -> float:
        """Time from the first frame to the last."""
        return float(self.time_s[-1]) if self.time_s.size else 0.0

    @property
    def people(self) -> tuple[int, ...]:
        """Numbers of the people seen, ascending."""
        return tuple(np.unique(self.row_person).tolist())

    @cached_property
    def summary(self) -> RecordingSummary:
        """Its figures, with angles in the picture; computed once for the page and all files."""
        return summarise(self)

    def sequence(self, person: int, layer: Layer, frames: slice = slice(None)) -> PoseSequence:
        """One person over time.

        Parameters
        ----------
        person : int
            One of `people`.
        layer : {"raw", "smoothed"}
        frames : slice
            Which frames, without a step; all of them unless given. They take 2112 bytes each.

        Returns
        -------
        PoseSequence
            Built at each call, with a row of NaN for each frame without the person.

        Raises
        ------
        KeyError
            If nobody has that number.
        """
        if self.size_wh is None:
            raise KeyError(person)
        sequence = sequence_of_rows(
            self.time_s, self.row_frame, self.row_person, self.values, self.size_wh, person, layer, frames
        )
        return replace(sequence, picture_px=self._picture_px(sequence.time_s, self.size_wh))

    def _picture_px(self, time_s: FloatArray, size_wh: tuple[int, int]) -> FloatArray:
        """Where the picture of each frame is, shape (T, 4): all of `size_wh`, or its middle after a change of shape."""
        boxes = []
        for _, (width, height) in self.sizes:
            scale, left_px, top_px = letterbox((width, height), size_wh)
            boxes.append((left_px, top_px, left_px + scale * width, top_px + scale * height))
        starts_s = [start_s for start_s, _ in self.sizes]
        picture_px: FloatArray = np.array(boxes)[np.searchsorted(starts_s, time_s, side="right") - 1]
        return picture_px


def sequence_of_rows(
    time_s: FloatArray,
    row_frame: NDArray[np.int32],
    row_person: NDArray[np.int32],
    values: Values,
    size_wh: tuple[int, int],
    person: int,
    layer: Layer,
    frames: slice = slice(None),
) -> PoseSequence:
    """One person over time, from rows written by `write_row`: the attributes of a `Recording`, and its `sequence`.

    Raises
    ------
    KeyError
        If nobody has that number.
    """
    of_person = row_person == person
    if not of_person.any():
        raise KeyError(person)
    first, end, _ = frames.indices(time_s.size)
    rows = np.flatnonzero(of_person & (row_frame >= first) & (row_frame < end))
    shape = (max(0, end - first), N_LANDMARKS, _CHANNELS)
    dense: NDArray[Any] = np.full(shape, np.nan, dtype=np.float32)  # `PoseSequence` makes it float64
    dense[row_frame[rows] - first] = values[rows, _RAW if layer == "raw" else _SMOOTHED]
    return PoseSequence(
        time_s=time_s[first:end],
        image_xy_px=dense[..., _XY],
        image_z_px=dense[..., _Z],
        world_xyz_m=dense[..., _WORLD],
        visibility=dense[..., _VISIBILITY],
        presence=dense[..., _PRESENCE],
        size_wh=size_wh,
    )


def pose_of_row(row: Values, layer: Layer, size_wh: tuple[int, int]) -> Pose:
    """The pose of a row written by `write_row`."""
    values = row[_RAW if layer == "raw" else _SMOOTHED]
    return Pose(
        image_xy_px=values[:, _XY],
        image_z_px=values[:, _Z],
        world_xyz_m=values[:, _WORLD],
        visibility=values[:, _VISIBILITY],
        presence=values[:, _PRESENCE],
        size_wh=size_wh,
    )


def write_row(row: Values, person: TrackedPerson, size_wh: tuple[int, int]) -> None:
    """Write a person's raw and smoothed pose into `row`, shape `ROW_SHAPE`, in pixels of a frame of `size_wh`."""
    for layer, pose in ((_RAW, person.raw), (_SMOOTHED, person.pose)):
        _write(row[layer], pose, size_wh)


def _write(row: Values, pose: Pose, size_wh: tuple[int, int]) -> None:
    """Write a pose as `_CHANNELS` of 33 landmarks, in pixels of `size_wh`."""
    row[:, _XY] = pose.image_xy_px
    row[:, _Z] = pose.image_z_px
    if pose.size_wh != size_wh:
        scale, left_px, top_px = letterbox(pose.size_wh, size_wh)
        row[:, : _Z + 1] *= scale
        row[:, _XY] += (left_px, top_px)
    row[:, _WORLD] = pose.world_xyz_m
    row[:, _VISIBILITY] = pose.visibility
    row[:, _PRESENCE] = pose.presence

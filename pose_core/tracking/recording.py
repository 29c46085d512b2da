"""`Recording`: landmarks of a stream over time, as a `pose_core.tracking.recorder.Recorder` collected them.

Only frames with people take room: 2112 bytes for each person in each frame, raw and smoothed. As one row a frame, with
NaN where somebody was not found, they are laid out when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray
from pose_core.errors import ClipError
from pose_core.geometry.angles import Space, angles_deg
from pose_core.media.fitting import letterbox
from pose_core.pose import Pose, PoseSequence, TrackedPerson
from pose_core.settings import PoseSettings
from pose_core.skeleton import N_LANDMARKS

__all__ = ["ROW_SHAPE", "EndedBy", "Layer", "Recording", "Values", "write_row"]


_CHANNELS: Final = 8  # x, y, z in pixels, world x, y, z in metres, visibility, presence
_XY, _Z, _WORLD, _VISIBILITY, _PRESENCE = slice(0, 2), 2, slice(3, 6), 6, 7
ROW_SHAPE: Final = (2, N_LANDMARKS, _CHANNELS)
_RAW, _SMOOTHED = 0, 1

#: What ended a recording: somebody, the longest time, or one of the bounds on memory.
EndedBy = Literal["stop", "time", "person_frames", "frames"]
Layer = Literal["raw", "smoothed"]
Values = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Recording:
    """Landmarks of a stream over time.

    Attributes
    ----------
    started_at : datetime
        Wall clock at the first frame, with its time zone.
    time_s : ndarray, shape (T,)
        Time of every frame since the first one, also of frames without anybody. Increasing.
    sizes : tuple of (float, (int, int))
        From which time on frames had which width and height; the first one is `size_wh`. Empty without a frame.
    row_frame, row_person : ndarray of int, shape (N,)
        Number of the frame (from 0) and of the person (from 1) of each person in each frame, in order of time.
    values : ndarray of float32, shape (N, 2, 33, 8)
        Raw and smoothed: x, y, z in pixels of `size_wh`, world x, y, z in metres, visibility, presence.
    settings : PoseSettings
        At the start of the recording.
    ended_by : {"stop", "time", "person_frames", "frames"}
    clip_mp4 : bytes or None
        The frames as drawn; None where none was wanted, no frame came or encoding failed.
    clip_truncated : bool
        Whether the clip ended before the recording, at one of its own limits.
    clip_left_out : int
        Frames missing in the clip because the encoder was behind.
    clip_error : ClipError or None
        Why there is no clip although one was wanted.

    Notes
    -----
    Arrays are read-only. Landmarks of frames of another size are brought to `size_wh` without stretching
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

    def __post_init__(self) -> None:
        for name in ("time_s", "row_frame", "row_person", "values"):
            getattr(self, name).flags.writeable = False

    @property
    def size_wh(self) -> tuple[int, int] | None:
        """Width and height that all coordinates refer to: those of the first frame; None without a frame."""
        return self.sizes[0][1] if self.sizes else None

    @property
    def truncated(self) -> bool:
        """Whether a limit ended the recording and not a person."""
        return self.ended_by != "stop"

    @property
    def duration_s(self) -> float:
        """From the first frame to the last."""
        return float(self.time_s[-1]) if self.time_s.size else 0.0

    @property
    def people(self) -> tuple[int, ...]:
        """Numbers of the people seen, ascending."""
        return tuple(np.unique(self.row_person).tolist())

    @property
    def raw(self) -> Mapping[int, PoseSequence]:
        """By number of the person, as the model gave it; laid out anew at each look-up (19 MB for 5 minutes)."""
        return _Sequences(self, "raw")

    @property
    def smoothed(self) -> Mapping[int, PoseSequence]:
        """By number of the person, smoothed; laid out anew at each look-up."""
        return _Sequences(self, "smoothed")

    def xy_px(self, layer: Layer) -> Values:
        """Places in the picture, shape (N, 33, 2)."""
        return self.values[:, _layer(layer), :, _XY]

    def z_px(self, layer: Layer) -> Values:
        """Depth, shape (N, 33)."""
        return self.values[:, _layer(layer), :, _Z]

    def world_m(self, layer: Layer) -> Values:
        """Places in space, shape (N, 33, 3)."""
        return self.values[:, _layer(layer), :, _WORLD]

    def visibility(self, layer: Layer) -> Values:
        """Shape (N, 33)."""
        return self.values[:, _layer(layer), :, _VISIBILITY]

    def presence(self, layer: Layer) -> Values:
        """Shape (N, 33)."""
        return self.values[:, _layer(layer), :, _PRESENCE]

    def angles_deg(self, space: Space) -> FloatArray:
        """All angles of the smoothed poses, shape (N, len(ANGLE_NAMES)); NaN where a landmark is not visible."""
        points = self.xy_px("smoothed") if space == "image" else self.world_m("smoothed")
        visible = self.visibility("smoothed") >= self.settings.visibility_limit
        return angles_deg(points.astype(np.float64), visible)


def _layer(layer: Layer) -> int:
    return _RAW if layer == "raw" else _SMOOTHED


class _Sequences(Mapping[int, PoseSequence]):
    """Sequences by person, made when looked up: a few short visitors would otherwise fill memory with NaN."""

    def __init__(self, recording: Recording, layer: Layer) -> None:
        self._recording = recording
        self._layer: Layer = layer
        self._people = recording.people

    def __getitem__(self, person: int) -> PoseSequence:
        recording, layer = self._recording, self._layer
        if person not in self._people or recording.size_wh is None:
            raise KeyError(person)
        rows = recording.row_person == person
        frames = recording.row_frame[rows]

        def over_time(values: Values) -> FloatArray:
            all_frames = np.full((recording.time_s.size, *values.shape[1:]), np.nan)
            all_frames[frames] = values[rows]
            return all_frames

        return PoseSequence(
            time_s=recording.time_s,
            image_xy_px=over_time(recording.xy_px(layer)),
            image_z_px=over_time(recording.z_px(layer)),
            world_xyz_m=over_time(recording.world_m(layer)),
            visibility=over_time(recording.visibility(layer)),
            presence=over_time(recording.presence(layer)),
            size_wh=recording.size_wh,
        )

    def __iter__(self) -> Iterator[int]:
        return iter(self._people)

    def __len__(self) -> int:
        return len(self._people)


def write_row(row: Values, person: TrackedPerson, size_wh: tuple[int, int]) -> None:
    """Write a person's raw and smoothed pose into `row`, shape `ROW_SHAPE`, in pixels of a frame of `size_wh`."""
    for layer, pose in ((_RAW, person.raw), (_SMOOTHED, person.pose)):
        _write(row[layer], pose, size_wh)


def _write(row: Values, pose: Pose, size_wh: tuple[int, int]) -> None:
    """A pose as `_CHANNELS` of 33 landmarks, in pixels of `size_wh`."""
    row[:, _XY] = pose.image_xy_px
    row[:, _Z] = pose.image_z_px
    if pose.size_wh != size_wh:
        scale, left_px, top_px = letterbox(pose.size_wh, size_wh)
        row[:, : _Z + 1] *= scale
        row[:, _XY] += (left_px, top_px)
    row[:, _WORLD] = pose.world_xyz_m
    row[:, _VISIBILITY] = pose.visibility
    row[:, _PRESENCE] = pose.presence

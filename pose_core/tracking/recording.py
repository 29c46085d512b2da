"""Recording of a live stream's landmarks: `Recorder` collects them within a stated memory, `Recording` holds them.

Only frames with people take room: 2112 bytes for each person in each frame, raw and smoothed. As one row a frame, with
NaN where somebody was not found, they are laid out when asked for.
"""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.errors import ClipError
from pose_core.geometry.angles import Space, angles_deg
from pose_core.media.clip_writer import ClipWriter
from pose_core.media.fitting import letterbox
from pose_core.pose import Pose, PoseSequence, TrackedPerson
from pose_core.settings import PoseSettings
from pose_core.skeleton import N_LANDMARKS

__all__ = [
    "MAX_FRAMES",
    "MAX_PERSON_FRAMES",
    "MAX_RECORDING_S",
    "EndedBy",
    "Recorder",
    "Recording",
]

MAX_RECORDING_S: Final = 300.0
#: One person for 5 minutes at 33 frames a second, two for half of that. 21.1 MB.
MAX_PERSON_FRAMES: Final = 10_000
#: 5 minutes at 66 a second; 8 bytes each: 0.16 MB.
MAX_FRAMES: Final = 20_000

#: Memory is taken 0.5 MB at a time: less for a short recording, and no long pause for the live thread.
_CHUNK_ROWS: Final = 256
_CHANNELS: Final = 8  # x, y, z in pixels, world x, y, z in metres, visibility, presence
_XY, _Z, _WORLD, _VISIBILITY, _PRESENCE = slice(0, 2), 2, slice(3, 6), 6, 7
_ROW_SHAPE: Final = (2, N_LANDMARKS, _CHANNELS)
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

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays take; the clip not counted."""
        return self.time_s.nbytes + self.row_frame.nbytes + self.row_person.nbytes + self.values.nbytes

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


class Recorder:
    """Collects what a stream shows until somebody stops it or a limit is reached.

    Parameters
    ----------
    settings : PoseSettings
        Kept with the recording; its visibility limit decides which angles are known.
    clip : bool
        Whether to make a clip of the drawn frames too. Its thread ends with `stop`.
    max_s : float
        Longest recording in seconds.

    Notes
    -----
    Memory: at most 21.9 MB (`MAX_PERSON_FRAMES`, `MAX_FRAMES`), and with a clip its 60 MB and 11 MB of waiting
    frames. `add` belongs to the stream's thread; everything else may be called from any.
    """

    def __init__(self, settings: PoseSettings, *, clip: bool = False, max_s: float = MAX_RECORDING_S) -> None:
        self._settings = settings
        self._max_s = max_s
        self._clip = ClipWriter() if clip else None
        self._started_at = datetime.now().astimezone()
        self._start_s = math.nan
        self._ended_by: EndedBy | None = None
        # Guarded by _lock: written by the stream's thread, taken over by whoever stops.
        self._lock = threading.Lock()
        self._times_s = array("d")
        self._row_frame = array("i")
        self._row_person = array("i")
        self._sizes: list[tuple[float, tuple[int, int]]] = []
        self._chunks: list[Values] = []
        # Held for as long as the recording is put together, so that a second caller waits for the same one.
        self._stop_lock = threading.Lock()
        self._recording: Recording | None = None

    @property
    def full(self) -> bool:
        """Whether a limit has ended the recording; `stop` gives what there is."""
        return self._ended_by not in (None, "stop")

    @property
    def frames(self) -> int:
        """Frames recorded so far, with and without people."""
        return self._recording.time_s.size if self._recording is not None else len(self._times_s)

    @property
    def duration_s(self) -> float:
        """From the first frame to the last one so far."""
        if self._recording is not None:
            return self._recording.duration_s
        with self._lock:
            return self._times_s[-1] if self._times_s else 0.0

    @property
    def nbytes(self) -> int:
        """Bytes taken so far for landmarks and times; the clip not counted."""
        if self._recording is not None:
            return self._recording.nbytes
        with self._lock:
            arrays = (self._times_s, self._row_frame, self._row_person)
            return sum(chunk.nbytes for chunk in self._chunks) + sum(a.itemsize * len(a) for a in arrays)

    def add(
        self,
        time_s: float,
        people: Sequence[TrackedPerson],
        size_wh: tuple[int, int],
        drawn_rgb: FrameRGB | None = None,
    ) -> None:
        """Record a frame; does nothing once `full` or stopped.

        Parameters
        ----------
        time_s : float
            On the stream's clock; the recording's own starts at its first frame. A frame that is not later than the one
            before is left out.
        people : sequence of TrackedPerson
            Empty where nobody was found.
        size_wh : tuple of int
            Of the frame.
        drawn_rgb : ndarray of uint8, shape (H, W, 3), optional
            For the clip; copied.
        """
        with self._lock:
            if self._ended_by is not None or not math.isfinite(time_s):
                return
            if not self._times_s:
                self._start_s = time_s
                self._started_at = datetime.now().astimezone()
            own_s = time_s - self._start_s
            if self._times_s and own_s <= self._times_s[-1]:
                return
            self._ended_by = self._limit_reached(own_s, len(people))
            if self._ended_by is not None:
                return
            if not self._sizes or self._sizes[-1][1] != size_wh:
                self._sizes.append((own_s, size_wh))
            for person in people:
                self._add_person(person)
            self._times_s.append(own_s)
        if self._clip is not None and drawn_rgb is not None:
            self._clip.add(own_s, drawn_rgb)

    def _limit_reached(self, own_s: float, people: int) -> EndedBy | None:
        if own_s > self._max_s:
            return "time"
        if len(self._times_s) >= MAX_FRAMES:
            return "frames"
        if len(self._row_frame) + people > MAX_PERSON_FRAMES:
            return "person_frames"
        return None

    def _add_person(self, person: TrackedPerson) -> None:
        place = len(self._row_frame) % _CHUNK_ROWS
        if place == 0:
            self._chunks.append(np.empty((_CHUNK_ROWS, *_ROW_SHAPE), dtype=np.float32))
        row = self._chunks[-1][place]
        _write(row[_RAW], person.raw, self._sizes[0][1])
        _write(row[_SMOOTHED], person.pose, self._sizes[0][1])
        self._row_frame.append(len(self._times_s))
        self._row_person.append(person.number)

    def stop(self) -> Recording:
        """End the recording, and its clip, and give it; the same one when called again."""
        with self._stop_lock:
            if self._recording is None:
                # add() gives up from here on, so the live thread never waits for what follows.
                with self._lock:
                    if self._ended_by is None:
                        self._ended_by = "stop"
                self._recording = self._put_together(self._ended_by)
            return self._recording

    def _put_together(self, ended_by: EndedBy) -> Recording:
        rows = len(self._row_frame)
        values = np.empty((rows, *_ROW_SHAPE), dtype=np.float32)
        for start in range(0, rows, _CHUNK_ROWS):
            chunk = self._chunks.pop(0)  # let go one by one: the landmarks are never in memory twice
            values[start : start + _CHUNK_ROWS] = chunk[: rows - start]
        clip_mp4: bytes | None = None
        clip_error: ClipError | None = None
        if self._clip is not None:
            try:
                clip_mp4 = self._clip.finish() or None
            except ClipError as error:
                clip_error = error
        return Recording(
            started_at=self._started_at,
            time_s=np.array(self._times_s, dtype=np.float64),
            sizes=tuple(self._sizes),
            row_frame=np.array(self._row_frame, dtype=np.int32),
            row_person=np.array(self._row_person, dtype=np.int32),
            values=values,
            settings=self._settings,
            ended_by=ended_by,
            clip_mp4=clip_mp4,
            clip_truncated=self._clip is not None and self._clip.full,
            clip_left_out=self._clip.left_out if self._clip is not None else 0,
            clip_error=clip_error,
        )


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

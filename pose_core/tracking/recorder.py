"""`Recorder` collects a live stream's landmarks within a stated memory."""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.errors import ClipError
from pose_core.media.clip_writer import ClipWriter
from pose_core.pose import TrackedPerson
from pose_core.settings import PoseSettings
from pose_core.tracking.recording import ROW_SHAPE, EndedBy, Recording, Values, write_row

__all__ = ["MAX_FRAMES", "MAX_PERSON_FRAMES", "MAX_RECORDING_S", "Recorder"]

MAX_RECORDING_S: Final = 300.0
#: One person for 5 minutes at 33 frames a second, two for half of that. 21.1 MB.
MAX_PERSON_FRAMES: Final = 10_000
#: 5 minutes at 66 a second; 8 bytes each: 0.16 MB.
MAX_FRAMES: Final = 20_000
#: Memory is taken 0.5 MB at a time: less for a short recording, and no long pause for the live thread.
_CHUNK_ROWS: Final = 256


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
            self._chunks.append(np.empty((_CHUNK_ROWS, *ROW_SHAPE), dtype=np.float32))
        row = self._chunks[-1][place]
        write_row(row, person, self._sizes[0][1])
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
        values = np.empty((rows, *ROW_SHAPE), dtype=np.float32)
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

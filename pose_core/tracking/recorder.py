"""`Recorder`: a watcher that collects a stream's landmarks within a fixed amount of memory."""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np

from pose_core.errors import ClipError
from pose_core.media.clip_writer import ClipWriter
from pose_core.media.stills import Stills
from pose_core.pose import TrackedPerson
from pose_core.settings import PoseSettings
from pose_core.tracking.recording import ROW_SHAPE, EndedBy, Recording, Values, write_row
from pose_core.watching import Event, FrameSink, WatchedFrame

__all__ = ["MAX_FRAMES", "MAX_PERSON_FRAMES", "MAX_RECORDING_S", "Recorder"]

MAX_RECORDING_S: Final = 300.0
#: One person for 5 minutes at 33 frames a second, two for half of that. 21.1 MB.
MAX_PERSON_FRAMES: Final = 10_000
#: 5 minutes at 66 a second; 8 bytes each: 0.16 MB.
MAX_FRAMES: Final = 20_000
#: Memory is allocated 0.5 MB at a time: a short recording takes less, and the live thread never pauses for long.
_CHUNK_ROWS: Final = 256


class Recorder:
    """A watcher that records a stream until it is stopped or a limit is reached.

    Parameters
    ----------
    settings : PoseSettings
        Kept with the recording; its visibility limit decides which angles are available.
    clip : bool
        Whether to make a clip of the drawn frames as well.
    stills : bool
        Whether to keep a few of the drawn frames, for a report.
    max_s : float
        Longest recording in seconds.

    Attributes
    ----------
    clip : ClipWriter or None
        One of the `sinks`. `stop` ends its thread.

    Notes
    -----
    Memory: at most 21.9 MB (`MAX_PERSON_FRAMES`, `MAX_FRAMES`); a clip adds up to 60 MB, and 11 MB of waiting frames;
    stills about 2 MB.
    `add` belongs to the stream's thread; everything else may be called from any thread.
    """

    def __init__(
        self,
        settings: PoseSettings,
        *,
        clip: bool = False,
        stills: bool = False,
        max_s: float = MAX_RECORDING_S,
    ) -> None:
        self._settings = settings
        self._max_s = max_s
        self.clip = ClipWriter() if clip else None
        self._stills = Stills() if stills else None
        self._started_at = datetime.now().astimezone()
        self._start_s = math.nan
        self._ended_by: EndedBy | None = None
        # Guarded by _lock: written by the stream's thread until stop() takes over.
        self._lock = threading.Lock()
        self._times_s = array("d")
        self._row_frame = array("i")
        self._row_person = array("i")
        self._sizes: list[tuple[float, tuple[int, int]]] = []
        self._chunks: list[Values] = []
        # Held while the recording is assembled, so that a second caller waits for the same one.
        self._stop_lock = threading.Lock()
        self._recording: Recording | None = None

    @property
    def sinks(self) -> tuple[FrameSink, ...]:
        """What needs the stream's drawn frames: give them to the stream together with the recorder."""
        return tuple(sink for sink in (self.clip, self._stills) if sink is not None)

    @property
    def full(self) -> bool:
        """Whether a limit has ended the recording; `stop` returns what there is."""
        return self._ended_by not in (None, "stop")

    @property
    def frames(self) -> int:
        """Frames recorded so far, with and without people."""
        return self._recording.time_s.size if self._recording is not None else len(self._times_s)

    @property
    def duration_s(self) -> float:
        """Time from the first frame to the latest."""
        if self._recording is not None:
            return self._recording.duration_s
        with self._lock:
            return self._times_s[-1] if self._times_s else 0.0

    def add(self, frame: WatchedFrame) -> Sequence[Event]:
        """Record a frame; does nothing once `full` or stopped.

        The recording's own clock starts at its first frame. A frame that is not later than the one before is left out.
        """
        with self._lock:
            if self._ended_by is not None:
                return ()
            if not self._times_s:
                self._start_s = frame.time_s
                self._started_at = datetime.now().astimezone()
            own_s = frame.time_s - self._start_s
            if self._times_s and own_s <= self._times_s[-1]:
                return ()
            self._ended_by = self._limit_reached(own_s, len(frame.people))
            if self._ended_by is not None:
                return ()
            if not self._sizes or self._sizes[-1][1] != frame.size_wh:
                self._sizes.append((own_s, frame.size_wh))
            for person in frame.people:
                self._add_person(person)
            self._times_s.append(own_s)
        return ()

    def restart(self, time_s: float) -> Sequence[Event]:
        """Continue: a recording keeps what was shown, including cuts."""
        return ()

    def finish(self) -> Sequence[Event]:
        """End the recording; `stop` returns it."""
        with self._lock:
            if self._ended_by is None:
                self._ended_by = "stop"
        return ()

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
        """End the recording and its clip, and return it; the same one when called again."""
        with self._stop_lock:
            if self._recording is None:
                self.finish()  # add() now returns at once, so the live thread never waits for what follows
                assert self._ended_by is not None
                self._recording = self._assemble(self._ended_by)
            return self._recording

    def _assemble(self, ended_by: EndedBy) -> Recording:
        rows = len(self._row_frame)
        values = np.empty((rows, *ROW_SHAPE), dtype=np.float32)
        for start in range(0, rows, _CHUNK_ROWS):
            chunk = self._chunks.pop(0)  # freed one by one: the landmarks are never in memory twice
            values[start : start + _CHUNK_ROWS] = chunk[: rows - start]
        clip_mp4: bytes | None = None
        clip_error: ClipError | None = None
        if self.clip is not None:
            try:
                clip_mp4 = self.clip.finish() or None
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
            clip_truncated=self.clip is not None and self.clip.full,
            clip_left_out=self.clip.left_out if self.clip is not None else 0,
            clip_error=clip_error,
            stills=self._own_stills(),
        )

    def _own_stills(self) -> tuple[tuple[float, bytes], ...]:
        """Those of recorded frames, by the recording's clock."""
        if self._stills is None or not self._times_s:
            return ()
        own = ((time_s - self._start_s, jpeg) for time_s, jpeg in self._stills.pictures)
        return tuple((own_s, jpeg) for own_s, jpeg in own if 0 <= own_s <= self._times_s[-1])

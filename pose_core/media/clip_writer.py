"""The clip of a live stream, in memory only: frames that the encoder has no time for are left out; nobody waits."""

from __future__ import annotations

import io
import math
import queue
import threading
from typing import Final

from pose_core.arrays import FrameRGB
from pose_core.errors import ClipError
from pose_core.media.encoder import TICKS_PER_S, ClipEncoder

__all__ = ["MAX_CLIP_BYTES", "MAX_CLIP_S", "SILENCE_S", "ClipWriter"]

MAX_CLIP_S: Final = 120.0
MAX_CLIP_BYTES: Final = 60_000_000
#: Writing ends at this share of the bytes: the last frame and the index still have to fit.
_FULL_AT: Final = 0.95
#: Frames that may wait for the encoder: 11 MB at 720p. More than the newest alone, since a clip needs every frame that
#: it can get, and frames arrive unevenly.
_QUEUE_FRAMES: Final = 4
#: A writer that is neither fed nor finished for this long ends its thread by itself.
SILENCE_S: Final = 150.0


class ClipWriter:
    """A `pose_core.watching.FrameSink` that makes an MP4 file, encoded by a `ClipEncoder` on its own thread.

    Each frame keeps its time. At most 4 frames wait for the encoder; a further one is left out, so that `add` never
    blocks.

    Parameters
    ----------
    max_s : float
        Longest clip in seconds.
    max_bytes : int
        Largest file. Once either limit is reached, later frames are ignored and `full` is true.

    Notes
    -----
    Only one thread may add. `finish` must be called, by any thread: until then the encoder's thread waits for more
    frames (at most 150 s after the last one).
    """

    def __init__(self, *, max_s: float = MAX_CLIP_S, max_bytes: int = MAX_CLIP_BYTES) -> None:
        self._max_s = max_s
        self._full_bytes = int(max_bytes * _FULL_AT)
        self._start_s = math.nan
        self._last_tick = -1
        self._queue: queue.Queue[tuple[float, FrameRGB] | None] = queue.Queue(_QUEUE_FRAMES)
        self._error: Exception | None = None
        # Both are used by the encoder's thread alone, and by finish() once it has ended.
        self._file = io.BytesIO()
        self._encoder = ClipEncoder(self._file)
        self._finish_lock = threading.Lock()
        self._finished = False
        self.left_out = 0
        """Frames left out because the encoder was behind, or because time did not increase."""
        self.full = False
        """Whether a limit ended the clip."""
        self._thread = threading.Thread(target=self._run, name="clip-writer", daemon=True)
        self._thread.start()

    @property
    def frames(self) -> int:
        """Frames encoded so far."""
        return self._encoder.frames

    def add(self, time_s: float, drawn_rgb: FrameRGB) -> None:
        """Take a copy of the next frame; does nothing once `full` or finished.

        Parameters
        ----------
        time_s : float
            Increasing, on any clock; the clip starts at the first one.
        drawn_rgb : ndarray of uint8, shape (H, W, 3)
        """
        if self.full or self._finished or not self._thread.is_alive():
            return
        if math.isnan(self._start_s):
            self._start_s = time_s
        own_s = time_s - self._start_s
        tick = round(own_s * TICKS_PER_S)
        if own_s > self._max_s:
            self.full = True
        elif tick <= self._last_tick or self._queue.full():
            self.left_out += 1
        else:
            self._last_tick = tick
            # Only this thread puts, so there is still room. A copy, since the caller reuses the array.
            self._queue.put_nowait((own_s, drawn_rgb.copy()))

    def finish(self) -> bytes:
        """The whole file, once the waiting frames are in it; empty without frames. The same bytes when called again.

        Raises
        ------
        ClipError
            If the encoder failed.
        """
        with self._finish_lock:
            self._finished = True
            while self._thread.is_alive():
                try:
                    self._queue.put(None, timeout=0.1)
                    break
                except queue.Full:  # still encoding, or it has just died: look again
                    continue
            self._thread.join()
        if self._error is not None:
            raise ClipError(
                "clip_not_written",
                "The clip must be encoded as H.264; the encoder failed ({reason}). "
                "The landmarks are complete; record again to get a clip.",
                reason=type(self._error).__name__,
            ) from self._error
        return self._file.getvalue()

    def _run(self) -> None:
        try:
            while (item := self._next()) is not None:
                if not self.full:
                    self._encoder.add(*item)
                    if self._encoder.encoded_bytes > self._full_bytes:
                        self.full = True
            self._encoder.finish()
        except Exception as error:  # noqa: BLE001 - nothing above this thread would catch it; finish() raises it
            self._error = error

    def _next(self) -> tuple[float, FrameRGB] | None:
        try:
            return self._queue.get(timeout=SILENCE_S)
        except queue.Empty:
            return None

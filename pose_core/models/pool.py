"""The one shared resource: who may use a model, and how many may be used at once.

Single pictures borrow one of a limited set of image landmarkers, as many as there are cores, since one landmarker uses
one core fully. Each live stream leases its own landmarker for as long as it runs. Any thread may call any method.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pose_core.arrays import FrameRGB
from pose_core.errors import BusyError
from pose_core.machine import usable_cores
from pose_core.models.landmarker import ImageLandmarker, StreamLandmarker
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings

__all__ = ["PoolStatus", "PosePool"]

#: A live frame takes a core about 20 ms at 480p (9.5 of them inference, the rest video coding): three at 15 a second.
STREAMS_PER_CORE: Final = 3
DEFAULT_WAIT_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """The state of a pool.

    Attributes
    ----------
    image_landmarkers, image_busy, image_limit : int
        How many are loaded, how many are in use, and the limit.
    streams, stream_limit : int
        How many are leased to live streams, and the limit.
    warm_s : float or None
        Seconds that warming up took; None before it is done.
    """

    image_landmarkers: int
    image_busy: int
    image_limit: int
    streams: int
    stream_limit: int
    warm_s: float | None


class PosePool:
    """A limited set of landmarkers, kept ready.

    Parameters
    ----------
    image_limit : int, optional
        Largest number of image landmarkers; the number of usable cores unless given.
    stream_limit : int, optional
        Largest number of live streams; `STREAMS_PER_CORE` for each usable core unless given.
    """

    def __init__(self, image_limit: int | None = None, stream_limit: int | None = None) -> None:
        cores = usable_cores()
        self._image_limit = image_limit if image_limit is not None else cores
        self._stream_limit = stream_limit if stream_limit is not None else cores * STREAMS_PER_CORE
        self._changed = threading.Condition()
        # Everything below is guarded by `_changed`. Idle ones are in order of last use, the oldest first.
        self._idle: list[ImageLandmarker] = []
        self._busy = 0
        self._streams: set[StreamLandmarker] = set()
        self._streams_opening = 0
        self._closed = False
        self._warm_s: float | None = None

    # ------------------------------------------------------------------ pictures
    def detect(
        self, frame_rgb: FrameRGB, settings: DetectionSettings, *, wait_s: float = DEFAULT_WAIT_S
    ) -> tuple[Pose, ...]:
        """Find people in one picture with a borrowed landmarker.

        Parameters
        ----------
        frame_rgb : ndarray of uint8, shape (H, W, 3)
        settings : DetectionSettings
        wait_s : float
            Longest wait for a free landmarker.

        Returns
        -------
        tuple of Pose

        Raises
        ------
        BusyError
            If none is free in time.
        BundleError, SetupError
            If the model cannot be loaded.
        """
        with self.borrow(settings, wait_s=wait_s) as landmarker:
            return landmarker.detect(frame_rgb)

    @contextmanager
    def borrow(
        self, settings: DetectionSettings, *, wait_s: float = DEFAULT_WAIT_S
    ) -> Iterator[ImageLandmarker]:
        """An image landmarker with these settings, for the duration of a ``with`` block; errors as in `detect`."""
        landmarker, surplus = self._take(settings, wait_s)
        healthy = False
        try:
            if surplus is not None:
                surplus.close()
            if landmarker is None:
                landmarker = ImageLandmarker(settings)
            yield landmarker
            healthy = True
        finally:
            # After an exception the state inside MediaPipe is unknown: that landmarker is not used again.
            self._give_back(landmarker, healthy)

    def _take(
        self, settings: DetectionSettings, wait_s: float
    ) -> tuple[ImageLandmarker | None, ImageLandmarker | None]:
        """Take a place: with an idle landmarker of these settings, or with one to close before a new one is made."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or self._busy < self._image_limit, wait_s):
                raise BusyError(
                    "pool_busy",
                    "A place for the model must be free within {wait_s:.0f} s; all {limit} are in use. "
                    "Try again in a moment.",
                    wait_s=wait_s,
                    limit=self._image_limit,
                )
            self._check_open()
            self._busy += 1
            for landmarker in reversed(self._idle):
                if landmarker.settings == settings:
                    self._idle.remove(landmarker)
                    return landmarker, None
            full = self._busy + len(self._idle) > self._image_limit
            return None, self._idle.pop(0) if full else None

    def _give_back(self, landmarker: ImageLandmarker | None, healthy: bool) -> None:
        try:
            # Before the place is free: otherwise there would be one landmarker too many until this one is gone.
            if landmarker is not None and not healthy:
                landmarker.close()
        finally:
            with self._changed:
                self._busy -= 1
                closed = self._closed
                if landmarker is not None and healthy and not closed:
                    self._idle.append(landmarker)
                self._changed.notify()
        if landmarker is not None and healthy and closed:
            landmarker.close()

    # ------------------------------------------------------------------ live streams
    def lease_stream(self, settings: DetectionSettings) -> StreamLandmarker:
        """A landmarker for one live stream, to be returned with `release_stream`.

        Raises
        ------
        BusyError
            At once, if all seats are taken.
        BundleError, SetupError
            If the model cannot be loaded.
        """
        with self._changed:
            self._check_open()
            if self._seats_free() <= 0:
                raise BusyError(
                    "seats_taken",
                    "A live stream needs a free seat; all {limit} are taken. "
                    "You get one as soon as somebody stops watching.",
                    limit=self._stream_limit,
                )
            self._streams_opening += 1
        return self._open_stream(settings)

    def _open_stream(self, settings: DetectionSettings) -> StreamLandmarker:
        """Fill a seat that is already counted in `_streams_opening`."""
        stream: StreamLandmarker | None = None
        try:
            stream = StreamLandmarker(settings)
        finally:
            with self._changed:  # in one step, so that no thread sees a free seat in between
                self._streams_opening -= 1
                closed = self._closed
                if stream is not None and not closed:
                    self._streams.add(stream)
        if closed:
            stream.close()
            raise self._closing_error()
        return stream

    def exchange_stream(self, stream: StreamLandmarker, settings: DetectionSettings) -> StreamLandmarker:
        """A landmarker with other settings for a stream that keeps its seat; the old one is closed.

        Raises
        ------
        BusyError
            If the pool is closed.
        BundleError, SetupError
            If the model cannot be loaded; this frees the seat.
        ValueError
            If `stream` is not leased from this pool.
        """
        with self._changed:
            self._check_open()
            if stream not in self._streams:
                raise ValueError("stream must be leased from this pool; this one is not")
            self._streams.discard(stream)
            self._streams_opening += 1
        try:
            stream.close()
        except BaseException:
            with self._changed:
                self._streams_opening -= 1
            raise
        return self._open_stream(settings)

    @property
    def seats_free(self) -> int:
        """Live streams that could still be leased; 0 or less when all seats are taken."""
        with self._changed:
            return self._seats_free()

    def _seats_free(self) -> int:
        return self._stream_limit - len(self._streams) - self._streams_opening

    def release_stream(self, stream: StreamLandmarker) -> None:
        """Close a leased stream and free its seat; a second call does nothing."""
        stream.close()  # first: the seat must not be free before the model is gone
        with self._changed:
            self._streams.discard(stream)

    # ------------------------------------------------------------------ from start to end
    def warm(self, frame_rgb: FrameRGB, settings: DetectionSettings | None = None) -> float:
        """Load every image landmarker and run each on a picture, so that the first visitor does not have to wait.

        Parameters
        ----------
        frame_rgb : ndarray of uint8, shape (H, W, 3)
            One that shows a person, so that both networks run.
        settings : DetectionSettings, optional
            What most visitors start with; the defaults unless given.

        Returns
        -------
        float
            Seconds taken.
        """
        start_s = time.perf_counter()
        settings = settings or DetectionSettings()
        while self._take_empty_place():
            landmarker: ImageLandmarker | None = None
            healthy = False
            try:
                landmarker = ImageLandmarker(settings)
                for _ in range(2):  # only the second run is at full speed
                    landmarker.detect(frame_rgb)
                healthy = True
            finally:
                self._give_back(landmarker, healthy)
        self._warm_s = time.perf_counter() - start_s
        return self._warm_s

    def _take_empty_place(self) -> bool:
        """Take a place without a loaded landmarker, if there is one; it ends with `_give_back`."""
        with self._changed:
            empty = not self._closed and self._busy + len(self._idle) < self._image_limit
            self._busy += empty
            return empty

    def status(self) -> PoolStatus:
        """The present state."""
        with self._changed:
            return PoolStatus(
                image_landmarkers=len(self._idle) + self._busy,
                image_busy=self._busy,
                image_limit=self._image_limit,
                streams=len(self._streams) + self._streams_opening,
                stream_limit=self._stream_limit,
                warm_s=self._warm_s,
            )

    def close(self) -> None:
        """Free all landmarkers; those in use are freed when they are returned. Later requests get a `BusyError`."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            streams, self._streams = self._streams, set()
            self._changed.notify_all()
        for landmarker in (*idle, *streams):
            landmarker.close()

    def _check_open(self) -> None:
        if self._closed:
            raise self._closing_error()

    @staticmethod
    def _closing_error() -> BusyError:
        return BusyError("pool_closed", "PoseDeck is shutting down. Start it again to continue.")

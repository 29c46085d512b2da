"""`LiveStream`: runs one viewer's frames through the model, always the newest, on its own thread.

Threads
-------
The WebRTC loop, or a source's thread, calls `LiveStream.offer`, which only puts the frame into a slot. The stream's own
thread takes the newest frame, does all the work, hands the drawn frame to `on_drawn`, and then shows it to the
watchers. Pages call the rest from their threads. State shared by several threads is replaced as a whole, or guarded.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import av
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.errors import BusyError, PoseCoreError
from pose_core.models.landmarker import StreamLandmarker
from pose_core.models.pool import PosePool
from pose_core.pipeline.frame import FramePath, ProcessedFrame
from pose_core.pipeline.live.adaptive import AdaptiveQuality
from pose_core.pipeline.live.detectors import OtherModel
from pose_core.pipeline.live.meter import Meter
from pose_core.pipeline.live.quality import Rung
from pose_core.pipeline.live.second import KEPT_PAIRS, LivePair, SecondLook, SecondSettings
from pose_core.pipeline.live.settings import LiveSettings, LiveStatus
from pose_core.pipeline.watchers import Watchers
from pose_core.pose import Pose, TrackedPerson
from pose_core.settings import DetectionSettings
from pose_core.slot import NewestSlot
from pose_core.watching import FrameSink, WatchedFrame, Watcher

__all__ = ["LiveStream"]

_log = logging.getLogger("posedeck")

#: A fault in a frame is shown for this long after it last happened.
_PROBLEM_SHOWN_S: Final = 5.0
#: Smallest time from frame to frame, in case the clock stands still.
_MIN_STEP_S: Final = 1e-6
#: Cameras and encoders round sizes: if the aspect ratio differs by less, it is the same picture at another size.
_SAME_SHAPE: Final = 0.02
#: Cameras and encoders may also leave a few rows out.
_AS_CHOSEN: Final = 0.95


@dataclass(frozen=True, slots=True)
class _Arrived:
    frame: av.VideoFrame
    at_s: float
    decode_ms: float | None
    take: int  # grows by one at each cut; so a cut is noticed even if its own frame is replaced


class LiveStream:
    """One viewer's live stream. It takes a seat in the pool when prepared or at its first frame; closing frees it.

    Its time never goes back, even if the machine's clock does.

    Parameters
    ----------
    pool : PosePool
    settings : LiveSettings
    on_drawn : callable, optional
        Gets each drawn frame (rgb24), on the stream's thread. Without it, pictures are drawn only for sinks.
    on_found : callable, optional
        Gets each frame as it was offered, what was found in it, and how many seconds ago it was offered; on the
        stream's thread, before `on_drawn`.
    watchers : iterable of Watcher, optional
        They see each frame's people. A cut or a picture of another shape restarts them; another model or size does not.
    sinks : iterable of FrameSink, optional
        They get the drawn pictures.

    Attributes
    ----------
    watchers : Watchers
        Any thread may add and remove some while the stream runs; their `events` are collected here.
    second : SecondSettings or None
        Another setting that looks at each frame as well, from the next frame on; any thread may replace it. Its people
        are drawn beside the stream's own; watchers see the stream's own alone.
    pairs : deque of LivePair
        The newest frames that both have seen, for any thread to read.
    """

    def __init__(
        self,
        pool: PosePool,
        settings: LiveSettings,
        on_drawn: Callable[[av.VideoFrame], None] | None = None,
        *,
        watchers: Iterable[Watcher] = (),
        sinks: Iterable[FrameSink] = (),
        on_found: Callable[[av.VideoFrame, WatchedFrame, float], None] | None = None,
    ) -> None:
        self._pool = pool
        self.settings = settings
        self.on_drawn = on_drawn
        self.on_found = on_found
        self.watchers = Watchers(watchers, sinks)
        self.second: SecondSettings | None = None
        self.pairs: deque[LivePair] = deque(maxlen=KEPT_PAIRS)
        self._clock_s = time.monotonic()
        self._inbox = NewestSlot[_Arrived]()
        self._meter = Meter(self._clock_s)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._last: _Arrived | None = None
        self._chosen_size_s = self._clock_s  # when the size was last as chosen, or the first frame arrived
        self._returned_wh: tuple[int, int] | None = None
        self._people: tuple[TrackedPerson, ...] = ()
        self._problem: tuple[float, PoseCoreError] | None = None
        # The rest belongs to the stream's thread.
        self._landmarker: StreamLandmarker | None = None
        self._path = FramePath(settings.smoothing)
        self._quality = AdaptiveQuality(settings, self._clock_s)
        self._second: SecondLook | None = None
        self._others = OtherModel(), OtherModel()  # of the stream's own setting, and of the second
        self._processed: _Arrived | None = None
        self._shown: _Arrived | None = None

    def _now_s(self) -> float:
        """The stream's clock, which never goes back: some clocks do after a machine has slept."""
        self._clock_s = max(self._clock_s, time.monotonic())
        return self._clock_s

    # ------------------------------------------------------------------ from the source's thread
    def offer(self, frame: av.VideoFrame, decode_ms: float | None = None, *, cut: bool = False) -> None:
        """Offer the newest frame; returns at once. It replaces one that is still waiting.

        Parameters
        ----------
        frame : av.VideoFrame
            Of any size and format; it is not changed, and must not be changed afterwards.
        decode_ms : float, optional
            How long it took to decode.
        cut : bool
            Whether it does not continue those before, as when a clip starts again: everybody is forgotten then.
        """
        last, now_s = self._last, self._now_s()
        at_s, take = (now_s, 0) if last is None else (max(now_s, last.at_s + _MIN_STEP_S), last.take + cut)
        arrived = _Arrived(frame, at_s, decode_ms, take)
        self._last = arrived
        if last is None or frame.height >= self.settings.height_px * _AS_CHOSEN:
            self._chosen_size_s = arrived.at_s
        replaced = not self._inbox.put(arrived)
        self._meter.arrived(arrived.at_s, replaced=replaced)
        self.prepare()

    def prepare(self) -> None:
        """Take a seat and load the model before the first frame is there; returns at once."""
        if self._thread is None:
            with self._lock:
                if self._thread is None and not self._inbox.closed:
                    self._thread = threading.Thread(target=self._run, name="posedeck-live", daemon=True)
                    self._thread.start()

    @property
    def seated(self) -> bool:
        """Whether it has its seat in the pool."""
        return self._landmarker is not None

    def close(self, wait_s: float = 0.0) -> None:
        """End the stream; its thread frees the seat and finishes the watchers. A second call does nothing.

        Parameters
        ----------
        wait_s : float
            Longest wait for the thread; none by default, since the caller is often an event loop.
        """
        with self._lock:
            self._inbox.close()
            thread = self._thread
        if thread is None:
            self.watchers.finish()
        elif thread is not threading.current_thread() and wait_s:
            thread.join(wait_s)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._inbox.closed

    @property
    def ended(self) -> bool:
        """Whether it is closed, its thread has ended and its seat is free."""
        return self.closed and (self._thread is None or not self._thread.is_alive())

    # ------------------------------------------------------------------ from the page's thread
    def status(self) -> LiveStatus:
        """The present status."""
        now_s = self._now_s()
        last, problem = self._last, self._problem
        return LiveStatus(
            received_wh=(last.frame.width, last.frame.height) if last else None,
            returned_wh=self._returned_wh,
            figures=self._meter.figures(now_s),
            people=tuple(person.number for person in self._people),
            silent_s=now_s - last.at_s if last else None,
            small_s=last.at_s - self._chosen_size_s if last else 0.0,
            problem=problem[1] if problem and now_s - problem[0] < _PROBLEM_SHOWN_S else None,
            rung=self._quality.rung(self.settings),
            change=self._quality.change,
        )

    @property
    def people(self) -> tuple[TrackedPerson, ...]:
        """Who is in the last frame."""
        return self._people

    def snapshot(self) -> FrameRGB | None:
        """The newest frame as received, without skeleton and unmirrored; None before the first."""
        last = self._last
        return None if last is None else np.array(last.frame.to_ndarray(format="rgb24"), dtype=np.uint8)

    # ------------------------------------------------------------------ the stream's thread
    def _run(self) -> None:
        try:
            self._guard(self._load)
            while (arrived := self._inbox.take()) is not None:
                self._guard(partial(self._process, arrived))
        finally:
            self._release_landmarker()
            self._close_second()
            for other in self._others:
                other.close()
            self._people = ()
            self.watchers.finish()

    def _load(self) -> None:
        settings = self.settings
        self._landmarker_for(settings, self._quality.rung(settings))

    def _guard(self, work: Callable[[], None]) -> None:
        """Load the model or process one frame; a fault affects only this viewer, and the stream continues."""
        try:
            work()
        except BusyError as error:
            self._problem = (self._now_s(), error)
            self._people = ()
        except Exception as error:  # noqa: BLE001 - a fault in one frame must not end the stream
            # Type only: a message might quote what a camera saw.
            _log.error("a live frame failed with %s", type(error).__name__)
            self._problem = (self._now_s(), _frame_failed(error))
            self._people = ()
            self._release_landmarker()  # its state is unknown now; the next frame gets a new one
            self._close_second()

    def _release_landmarker(self) -> None:
        landmarker, self._landmarker = self._landmarker, None
        if landmarker is not None:
            self._pool.release_stream(landmarker)

    def _process(self, arrived: _Arrived) -> None:
        begin_s = time.perf_counter()
        settings = self.settings
        rung = self._quality.follow(settings, self._now_s())

        def detect(frame_rgb: FrameRGB, time_s: float) -> Sequence[Pose]:
            landmarker = self._landmarker_for(settings, rung)
            found_by = landmarker if settings.detector is None else self._others[0]
            return found_by.detect(frame_rgb, time_s)

        self._others[0].want(settings.detector)
        second = self._second_for(self.second)
        self._path.smoothing = settings.smoothing
        if _is_cut(self._processed, arrived):
            self._path.restart()
            if second is not None:
                second.restart()
        self._processed = arrived
        draw = self.on_drawn is not None or self.watchers.want_pictures
        done = self._path.process(
            arrived.frame,
            arrived.at_s,
            detect,
            settings.pose,
            height_px=rung.height_px,
            mirrored=settings.mirror,
            labels=settings.labels,
            draw=draw and second is None,
        )
        if done is None:
            self._people = ()
            return
        if self._inbox.closed:
            return
        self._people = done.watched.people
        self._returned_wh = done.watched.size_wh
        shown, drawn_rgb = done.frame, done.drawn_rgb
        if second is not None:
            drawn_rgb = second.look(arrived.frame, done, settings, draw=draw)
            if drawn_rgb is not None:
                shown = av.VideoFrame.from_numpy_buffer(drawn_rgb, format="rgb24")
        if self.on_found is not None:
            self.on_found(arrived.frame, done.watched, self._now_s() - arrived.at_s)
        if self.on_drawn is not None:
            self.on_drawn(shown)
        self._show(arrived, done.watched, drawn_rgb)
        self._count(arrived, done, begin_s)
        self._quality.update(settings, self._meter, self._now_s())

    def _landmarker_for(self, settings: LiveSettings, rung: Rung) -> StreamLandmarker:
        wanted = settings.pose.detection
        wanted = DetectionSettings(
            rung.model, wanted.people, wanted.detection_confidence, wanted.presence_confidence
        )
        if self._landmarker is None:
            self._landmarker = self._pool.lease_stream(wanted)
        elif self._landmarker.settings != wanted:
            # If this fails, the old one is gone and must not be used again.
            old, self._landmarker = self._landmarker, None
            self._landmarker = self._pool.exchange_stream(old, wanted)
            self._meter.restart(self._now_s())
        return self._landmarker

    def _second_for(self, wanted: SecondSettings | None) -> SecondLook | None:
        self._others[1].want(wanted.detector if wanted is not None else None)
        if self._second is not None and wanted is not None and self._second.keeps(wanted):
            self._second.settings = wanted
        elif self._second is not None:
            self._close_second()
        if self._second is None and wanted is not None:
            self.pairs.clear()
            try:
                self._second = SecondLook(self._pool, wanted, self.pairs, self._others[1])
            except BusyError:  # the picture goes on with one
                self._problem = (
                    self._now_s(),
                    BusyError(
                        "second_seat",
                        "Two settings need two free seats; there is only one. You see the first setting alone until "
                        "somebody stops watching.",
                    ),
                )
        return self._second

    def _close_second(self) -> None:
        second, self._second = self._second, None
        if second is not None:
            second.close()

    def _show(self, arrived: _Arrived, watched: WatchedFrame, drawn_rgb: FrameRGB | None) -> None:
        if _is_cut(self._shown, arrived):
            self.watchers.restart(arrived.at_s)
        self._shown = arrived
        self.watchers.show(watched, drawn_rgb)

    def _count(self, arrived: _Arrived, done: ProcessedFrame, begin_s: float) -> None:
        steps_ms = dict(done.steps_ms)
        if arrived.decode_ms is not None:
            steps_ms["decode"] = arrived.decode_ms
        now_s = self._now_s()
        busy_ms = (time.perf_counter() - begin_s) * 1e3
        self._meter.processed(now_s, steps_ms, (now_s - arrived.at_s) * 1e3, busy_ms)


def _is_cut(before: _Arrived | None, arrived: _Arrived) -> bool:
    """Whether a frame does not continue the one before: at a cut, and where the shape changes, not only the size."""
    if before is None:
        return False
    one = arrived.frame.width * before.frame.height
    other = arrived.frame.height * before.frame.width
    return arrived.take != before.take or abs(one - other) > _SAME_SHAPE * max(one, other)


def _frame_failed(error: Exception) -> PoseCoreError:
    if isinstance(error, PoseCoreError):
        return error
    return PoseCoreError(
        "frame_failed",
        "A frame could not be analysed ({kind}). The stream continues with the next one. If this keeps happening, stop "
        "and start again, or choose another picture height.",
        kind=type(error).__name__,
    )

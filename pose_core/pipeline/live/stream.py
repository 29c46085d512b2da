"""`LiveStream`: one viewer's frames through the model, the newest first, on a thread of their own.

Threads
-------
Whoever has frames calls `LiveStream.offer` (the WebRTC loop, or a source's thread); it only puts the frame into a
slot. The stream's own thread takes the newest, does all the work, and hands the drawn frame to `on_drawn`. Pages call
the rest from theirs. What several threads touch is replaced whole, or guarded by `_lock`.

Copies of the pixels that remain: YUV to RGB (which also makes the picture smaller where asked), MediaPipe's own copy of
its input, and RGB to YUV in the encoder. Flipping and drawing happen in place.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from pose_core.arrays import FrameRGB
from pose_core.drawing.skeleton import draw_poses
from pose_core.errors import BusyError, PoseCoreError
from pose_core.media.fitting import SMALLEST_PX
from pose_core.media.vp8 import pixels
from pose_core.models.landmarker import StreamLandmarker
from pose_core.models.pool import PosePool
from pose_core.pipeline.live.clock import ForwardClock
from pose_core.pipeline.live.meter import Meter
from pose_core.pipeline.live.quality import Change, QualityController, Rung, ladder
from pose_core.pipeline.live.settings import LiveSettings, LiveStatus
from pose_core.pose import TrackedPerson
from pose_core.settings import DetectionSettings
from pose_core.slot import NewestSlot
from pose_core.tracking.history import History
from pose_core.tracking.people import PeopleTracker
from pose_core.tracking.recorder import Recorder
from pose_core.tracking.recording import Recording

__all__ = ["LiveStream"]

_log = logging.getLogger("posedeck")

_QUALITY_EVERY_S: Final = 0.5
#: A fault in a frame is shown this long after it last happened.
_PROBLEM_SHOWN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Arrived:
    frame: av.VideoFrame
    at_s: float
    decode_ms: float | None


class LiveStream:
    """One viewer's live stream. It takes a seat of the pool with its first frame, and frees it when closed.

    Parameters
    ----------
    pool : PosePool
    settings : LiveSettings
    on_drawn : callable, optional
        Gets each drawn frame (rgb24), on the stream's thread.
    clock_s : callable, optional
        Monotonic seconds; should it stand still or go back, time in the stream goes on all the same.
    """

    def __init__(
        self,
        pool: PosePool,
        settings: LiveSettings,
        on_drawn: Callable[[av.VideoFrame], None] | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self.settings = settings
        self.on_drawn = on_drawn
        self._clock_s = clock_s = ForwardClock(clock_s)
        self._inbox = NewestSlot[_Arrived]()
        self._meter = Meter(clock_s())
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._last: _Arrived | None = None
        self._returned_wh: tuple[int, int] | None = None
        self._people: tuple[TrackedPerson, ...] = ()
        self._problem: tuple[float, PoseCoreError] | None = None
        self._failed_frames = 0
        self._recorder: Recorder | None = None
        self.history = History()
        # The rest belongs to the stream's thread.
        self._landmarker: StreamLandmarker | None = None
        self._reformatter = VideoReformatter()  # a fresh one for each frame would take several times as long
        self._tracker = PeopleTracker(settings.smoothing)
        self._best = settings.best_rung()
        self._quality = self._new_quality(settings)
        self._quality_at_s = clock_s()
        self._change: Change | None = None

    # ------------------------------------------------------------------ from the source's thread
    def offer(self, frame: av.VideoFrame, decode_ms: float | None = None) -> None:
        """Give the newest frame; returns at once. One that is still waiting is thrown out for it.

        Parameters
        ----------
        frame : av.VideoFrame
            Of any size and format; not changed, and not to be changed afterwards.
        decode_ms : float, optional
            How long decoding it took.
        """
        arrived = _Arrived(frame, self._clock_s(), decode_ms)
        self._last = arrived
        replaced = not self._inbox.put(arrived)
        self._meter.arrived(arrived.at_s, replaced=replaced)
        if self._thread is None:
            with self._lock:
                if self._thread is None and not self._inbox.closed:
                    self._thread = threading.Thread(target=self._run, name="posedeck-live", daemon=True)
                    self._thread.start()

    def close(self, wait_s: float = 0.0) -> None:
        """End the stream; its thread frees the seat. A second call does nothing.

        Parameters
        ----------
        wait_s : float
            Longest wait for the thread; by default the caller, often an event loop, is not held up.
        """
        with self._lock:
            self._inbox.close()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread() and wait_s:
            thread.join(wait_s)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._inbox.closed

    @property
    def ended(self) -> bool:
        """Whether it is closed, its thread has gone and its seat is free."""
        return self.closed and (self._thread is None or not self._thread.is_alive())

    # ------------------------------------------------------------------ from the page's thread
    def status(self) -> LiveStatus:
        """How it does now."""
        now_s = self._clock_s()
        last, problem, change = self._last, self._problem, self._change
        return LiveStatus(
            received_wh=(last.frame.width, last.frame.height) if last else None,
            returned_wh=self._returned_wh,
            figures=self._meter.figures(now_s),
            people=tuple(person.number for person in self._people),
            silent_s=now_s - last.at_s if last else None,
            problem=problem[1] if problem and now_s - problem[0] < _PROBLEM_SHOWN_S else None,
            failed_frames=self._failed_frames,
            rung=self._quality.rung if self.settings.adaptive else self.settings.best_rung(),
            change=change,
            jitter_px=self.history.jitter_px(),
        )

    @property
    def people(self) -> tuple[TrackedPerson, ...]:
        """Who is in the last frame."""
        return self._people

    def snapshot(self) -> FrameRGB | None:
        """The newest frame as it came, without skeleton and unmirrored; None before the first."""
        last = self._last
        return None if last is None else np.array(last.frame.to_ndarray(format="rgb24"), dtype=np.uint8)

    def start_recording(self, *, clip: bool = False) -> None:
        """Record landmarks from the next frame on, with the drawn picture as a clip if wanted; ends the one before."""
        self.stop_recording()
        self._recorder = Recorder(self.settings.pose, clip=clip)

    @property
    def recorder(self) -> Recorder | None:
        """The running recording, or the last one; None before the first."""
        return self._recorder

    def stop_recording(self) -> Recording | None:
        """End the recording and return it; None if there is none."""
        recorder = self._recorder
        return recorder.stop() if recorder is not None else None

    # ------------------------------------------------------------------ the stream's thread
    def _run(self) -> None:
        try:
            while (arrived := self._inbox.take()) is not None:
                self._handle(arrived)
        finally:
            if self._landmarker is not None:
                self._pool.release_stream(self._landmarker)
                self._landmarker = None
            recorder = self._recorder
            if recorder is not None:
                recorder.stop()
            self._people = ()

    def _handle(self, arrived: _Arrived) -> None:
        """One frame; whatever goes wrong with it stays with this viewer, and the stream goes on."""
        try:
            self._process(arrived)
        except BusyError as error:
            self._problem = (self._clock_s(), error)
            self._people = ()
        except Exception as error:  # noqa: BLE001 - any fault of one frame must leave the stream alive
            # Type only: a message might quote what a camera saw.
            _log.error("a live frame failed with %s", type(error).__name__)
            self._failed_frames += 1
            self._problem = (self._clock_s(), _frame_failed(error))
            self._people = ()
            self._let_landmarker_go()  # its state is unknown now; the next frame gets a new one

    def _let_landmarker_go(self) -> None:
        landmarker, self._landmarker = self._landmarker, None
        if landmarker is not None:
            self._pool.release_stream(landmarker)

    def _process(self, arrived: _Arrived) -> None:
        settings = self.settings
        rung = self._rung(settings)
        marks_s = [time.perf_counter()]
        frame = self._fit(arrived.frame, rung.height_px)
        frame_rgb = pixels(frame)
        marks_s.append(time.perf_counter())
        if min(frame_rgb.shape[:2]) < SMALLEST_PX:
            self._people = ()
            return
        poses = self._landmarker_for(settings, rung).detect(frame_rgb)
        marks_s.append(time.perf_counter())
        self._tracker.smoothing = settings.smoothing
        people = self._tracker.update(poses, arrived.at_s)
        self.history.add(arrived.at_s, people, settings.pose.visibility_limit)
        marks_s.append(time.perf_counter())
        draw_poses(
            frame_rgb,
            [person.pose for person in people],
            settings.pose.draw,
            names=settings.labels,
            visibility_limit=settings.pose.visibility_limit,
            # Whoever asked for one person gets the plain skeleton; numbers and colours tell several apart.
            numbers=[person.number for person in people] if settings.pose.detection.people > 1 else None,
            mirrored=settings.mirror,
            into=frame_rgb,
        )
        marks_s.append(time.perf_counter())
        if self._inbox.closed:
            return
        if self.on_drawn is not None:
            self.on_drawn(frame)
        self._people = people
        self._returned_wh = (frame.width, frame.height)
        self._record(arrived.at_s, people, frame_rgb)
        self._count(arrived, marks_s)
        self._adapt(settings)

    def _fit(self, frame: av.VideoFrame, height_px: int | None) -> av.VideoFrame:
        """The frame as rgb24 that may be drawn on, at most `height_px` high, then with an even width."""
        width, height = frame.width, frame.height
        if height_px is not None and height > height_px:
            width, height = round(width * height_px / height / 2) * 2, height_px
        fitted = self._reformatter.reformat(frame, width, height, "rgb24", threads=1)
        # PyAV gives the frame itself back where nothing had to be done.
        return av.VideoFrame.from_ndarray(frame.to_ndarray(), format="rgb24") if fitted is frame else fitted

    def _landmarker_for(self, settings: LiveSettings, rung: Rung) -> StreamLandmarker:
        wanted = settings.pose.detection
        wanted = DetectionSettings(
            rung.model, wanted.people, wanted.detection_confidence, wanted.presence_confidence
        )
        if self._landmarker is None:
            self._landmarker = self._pool.lease_stream(wanted)
        elif self._landmarker.settings != wanted:
            old, self._landmarker = (
                self._landmarker,
                None,
            )  # on a fault it is gone, and must not be used again
            self._landmarker = self._pool.exchange_stream(old, wanted)
            self._meter.restart(self._clock_s())
        return self._landmarker

    def _record(self, time_s: float, people: Sequence[TrackedPerson], drawn_rgb: FrameRGB) -> None:
        recorder = self._recorder
        if recorder is not None:
            recorder.add(time_s, people, (drawn_rgb.shape[1], drawn_rgb.shape[0]), drawn_rgb)

    def _count(self, arrived: _Arrived, marks_s: Sequence[float]) -> None:
        convert, inference, smooth, draw = (float(step) * 1e3 for step in np.diff(marks_s))
        steps_ms = {"convert": convert, "inference": inference, "smooth": smooth, "draw": draw}
        if arrived.decode_ms is not None:
            steps_ms["decode"] = arrived.decode_ms
        now_s = self._clock_s()
        self._meter.processed(
            now_s, steps_ms, (now_s - arrived.at_s) * 1e3, (time.perf_counter() - marks_s[0]) * 1e3
        )

    # ------------------------------------------------------------------ adaptive quality
    def _new_quality(self, settings: LiveSettings) -> QualityController:
        self._target_fps = settings.target_fps
        return QualityController(
            ladder(self._best.height_px, self._best.model),
            target_fps=settings.target_fps,
            now_s=self._clock_s(),
        )

    def _rung(self, settings: LiveSettings) -> Rung:
        best = settings.best_rung()
        if settings.target_fps != self._target_fps:
            self._best, self._quality = best, self._new_quality(settings)
        elif best != self._best:
            self._best = best
            self._quality.resize(ladder(best.height_px, best.model), now_s=self._clock_s())
        return self._quality.rung if settings.adaptive else best

    def _adapt(self, settings: LiveSettings) -> None:
        now_s = self._clock_s()
        if not settings.adaptive or now_s - self._quality_at_s < _QUALITY_EVERY_S:
            return
        self._quality_at_s = now_s
        figures = self._meter.figures(now_s)
        change = self._quality.update(
            now_s,
            processed_fps=figures.processed_fps,
            delivered_fps=figures.received_fps,
            busy_share=figures.busy_share,
        )
        if change is not None:
            self._change = change
            self._meter.restart(now_s)


def _frame_failed(error: Exception) -> PoseCoreError:
    if isinstance(error, PoseCoreError):
        return error
    return PoseCoreError(
        "frame_failed",
        "A frame could not be analysed ({kind}). The stream goes on with the next one. If this stays, stop and start "
        "again, or choose another size.",
        kind=type(error).__name__,
    )

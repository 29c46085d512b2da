"""Frames without a camera: the performer, drawn on this machine, or a video, played in a loop at its own speed."""

from __future__ import annotations

import threading
import time
from functools import lru_cache
from typing import Final, Protocol

import av
import cv2
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.media.clips import read_clip
from pose_core.media.images import encode_jpeg
from pose_core.performer import MOTIONS, PALETTES, Camera, Person, render_scene
from pose_core.performer.exercises import EXERCISE_MOTIONS

__all__ = ["REEL_FPS", "SCENES", "ClipSource", "Offer", "PerformerSource", "Source"]

REEL_FPS: Final = 30
_CYCLE_S: Final = 3.0
#: Of an exercise's cycle: how long the performer stands still before each repetition, and how far it is turned.
_STILL_S: Final = 1.0
_SIDE_DEG: Final = 80.0
#: What the performer can show: each motion alone, and two people at once.
SCENES: Final[tuple[str, ...]] = (*MOTIONS, "duo")
#: Motions that need no room above the head, or beside the mat.
_WITHIN_REACH: Final = frozenset({"squat", "lunge", "walk", "biceps_curl"})
_REEL_FRAMES: Final = round(REEL_FPS * _CYCLE_S)
_REEL_QUALITY: Final = 92
#: Reels cached for all viewers: 90 frames of 40 to 120 kB each.
_REELS_KEPT: Final = 4


class Offer(Protocol):
    """Takes a frame, and the milliseconds that it took to decode or draw."""

    def __call__(self, frame: av.VideoFrame, decode_ms: float, *, cut: bool = False) -> None:
        """`cut`: the frame does not continue those before."""


class Source(Protocol):
    """Something that offers frames until it is stopped."""

    def start(self, offer: Offer) -> None:
        """Start to offer frames, on a separate thread."""

    def stop(self) -> None:
        """Stop, and wait for the thread to end; a second call does nothing."""


def _people(scene: str, phase: float) -> list[Person]:
    if scene == "duo":
        return [
            Person("arm_raise", phase, x_m=-0.75, palette=PALETTES[0]),
            Person("squat", phase, yaw_deg=25, x_m=0.75, palette=PALETTES[1]),
        ]
    if scene in EXERCISE_MOTIONS:
        # Still at the start posture first, as a coach waits for; from where its form can be judged.
        moving = max(0.0, 1 - (1 - phase) * _CYCLE_S / (_CYCLE_S - _STILL_S))
        frontal = EXERCISE_MOTIONS[scene].exercise == "jumping_jack"
        return [Person(scene, moving, yaw_deg=0.0 if frontal else _SIDE_DEG)]
    # A squat, a lunge and a walk are clearer when seen slightly from the side.
    return [Person(scene, phase, yaw_deg=0.0 if scene in ("arm_raise", "jack") else 35.0)]


def _camera(scene: str, size_wh: tuple[int, int]) -> Camera:
    """Closer to somebody who stays on the feet and below the head, so that the body fills the picture."""
    motion = EXERCISE_MOTIONS[scene].exercise if scene in EXERCISE_MOTIONS else scene
    if motion in _WITHIN_REACH:
        return Camera(*size_wh, target_height_m=0.87, scene_height_m=2.0)
    return Camera(*size_wh)


class _Reel:
    """One cycle of a scene as JPEGs, each drawn when it is first needed: drawing takes far longer than decoding."""

    def __init__(self, scene: str, size_wh: tuple[int, int]) -> None:
        self._scene = scene
        self._camera = _camera(scene, size_wh)
        self._frames: list[bytes | None] = [None] * _REEL_FRAMES
        self._locks = [threading.Lock() for _ in range(_REEL_FRAMES)]

    def frame(self, number: int) -> FrameRGB:
        number %= _REEL_FRAMES
        with self._locks[number]:  # so that two viewers do not draw the same frame
            jpeg = self._frames[number]
            if jpeg is None:
                people = _people(self._scene, number / _REEL_FRAMES)
                frame_rgb = render_scene(people, camera=self._camera).rgb
                self._frames[number] = encode_jpeg(frame_rgb, _REEL_QUALITY)
                return frame_rgb
        return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB), dtype=np.uint8)


_reel = lru_cache(maxsize=_REELS_KEPT)(_Reel)


class _Threaded:
    """A thread that offers frames at their times."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, offer: Offer) -> None:
        self._thread = threading.Thread(target=self._run, args=(offer,), name="posedeck-source", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self, offer: Offer) -> None:
        raise NotImplementedError

    def _wait_until(self, at_s: float) -> None:
        self._stopping.wait(max(0.0, at_s - time.monotonic()))


class PerformerSource(_Threaded):
    """The performer, moving in a loop.

    Parameters
    ----------
    scene : str
        One of `SCENES`, or an exercise's motion (`pose_core.performer.exercises`), repeated every 3 s.
    size_wh : tuple of int
        Of the picture, in pixels.
    fps : float
        Frames a second, at most `REEL_FPS`.
    """

    def __init__(self, scene: str, size_wh: tuple[int, int], fps: float = REEL_FPS) -> None:
        super().__init__()
        self._reel = _reel(scene, size_wh)
        self._fps = min(fps, REEL_FPS)

    def _run(self, offer: Offer) -> None:
        start_s = time.monotonic()
        tick = 0
        while not self._stopping.is_set():
            begin_s = time.perf_counter()
            frame_rgb = self._reel.frame(round(tick * REEL_FPS / self._fps))
            offer(
                av.VideoFrame.from_ndarray(frame_rgb, format="rgb24"), (time.perf_counter() - begin_s) * 1e3
            )
            # Late frames are left out, so that the motion keeps its speed.
            tick = max(tick + 1, int((time.monotonic() - start_s) * self._fps))
            self._wait_until(start_s + tick / self._fps)


class ClipSource(_Threaded):
    """A video file, played in a loop at its own speed.

    Parameters
    ----------
    data : bytes
        A whole file.

    Raises
    ------
    ClipError
        If the file is not a playable video.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._clip = read_clip(data)

    def _run(self, offer: Offer) -> None:
        start_s = time.monotonic()
        cut = False
        while not self._stopping.is_set():
            begin_s = time.perf_counter()
            last_s = gap_s = 0.0
            for time_s, frame_rgb in self._clip.frames():
                decode_ms = (time.perf_counter() - begin_s) * 1e3
                self._wait_until(start_s + time_s)
                if self._stopping.is_set():
                    return
                offer(av.VideoFrame.from_ndarray(frame_rgb, format="rgb24"), decode_ms, cut=cut)
                cut = False
                last_s, gap_s = time_s, max(time_s - last_s, 1 / 60)
                begin_s = time.perf_counter()
            # The next round starts one frame after the last, even on a machine that has fallen behind.
            start_s = max(start_s + last_s + gap_s, time.monotonic() - gap_s)
            cut = True

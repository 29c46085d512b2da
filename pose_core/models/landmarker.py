"""Landmarkers on top of MediaPipe Tasks. The only file that imports mediapipe.

There are two kinds, because the two modes of MediaPipe differ in more than speed:

- `ImageLandmarker` is stateless: it searches every picture from scratch. Any thread may use it, one call at a time.
- `StreamLandmarker` tracks from frame to frame: one per stream, never shared.

Both must be closed; a MediaPipe object left to the garbage collector prints a traceback at interpreter exit.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from types import ModuleType
from typing import Any, Final

import numpy as np

from pose_core.arrays import FrameRGB, check_frame_rgb
from pose_core.errors import SetupError
from pose_core.models.bundles import verified_path
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings
from pose_core.skeleton import N_LANDMARKS

__all__ = ["ImageLandmarker", "StreamLandmarker", "import_mediapipe", "runtime_version"]

_STDERR_FD: Final = 2
_quiet_lock = threading.Lock()
_import_lock = threading.Lock()
_person_seen = threading.Event()  # MediaPipe prints its last warning at the first person in the process


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Drop what MediaPipe's C++ part prints while it starts.

    Its start-up lines (delegate chosen, projection method) go straight to file descriptor 2, regardless of its log
    level, and alarm people for no reason. Errors are not lost: they are raised as Python exceptions. The lock keeps two
    threads from restoring each other's descriptor.
    """
    with _quiet_lock:
        try:
            saved = os.dup(_STDERR_FD)
        except OSError:  # started without a console: nothing to silence
            yield
            return
        sink = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(sink, _STDERR_FD)
            yield
        finally:
            os.dup2(saved, _STDERR_FD)
            os.close(saved)
            os.close(sink)


@contextmanager
def _without_unused() -> Iterator[None]:
    """Let MediaPipe import stand-ins for packages that it needs only for functions unused here.

    matplotlib, for drawing, costs each process 0.4 s and 40 MB, and on a new machine first looks for every font;
    sounddevice, for microphones, 0.08 s.
    """
    stand_ins = {name: ModuleType(name) for name in ("matplotlib", "matplotlib.pyplot", "sounddevice")}
    stand_ins["matplotlib"].pyplot = stand_ins["matplotlib.pyplot"]  # type: ignore[attr-defined]
    loaded = {name.partition(".")[0] for name in stand_ins if name in sys.modules}
    stand_ins = {name: module for name, module in stand_ins.items() if name.partition(".")[0] not in loaded}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


@cache
def import_mediapipe() -> Any:
    """The package; imported here and not at the top, as it takes 0.2 s."""
    with _import_lock, _without_unused():
        import mediapipe

    return mediapipe


@cache
def runtime_version() -> str:
    """Version of the MediaPipe runtime, such as ``"0.10.33"``."""
    from importlib.metadata import version

    return version("mediapipe")


def _create(settings: DetectionSettings, *, video: bool, own_bundle: bytes | None = None) -> Any:
    asset = (
        {"model_asset_path": str(verified_path(settings.model))}
        if own_bundle is None
        else {"model_asset_buffer": own_bundle}
    )
    mp = import_mediapipe()
    vision = mp.tasks.vision
    options = vision.PoseLandmarkerOptions(
        base_options=mp.tasks.BaseOptions(**asset),
        running_mode=vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE,
        num_poses=settings.people,
        min_pose_detection_confidence=settings.detection_confidence,
        min_pose_presence_confidence=settings.presence_confidence,
    )
    try:
        with _quiet_stderr():
            return vision.PoseLandmarker.create_from_options(options)
    except OSError as error:
        raise _setup_error(error) from error


def _setup_error(error: OSError) -> SetupError:
    return SetupError(
        "library_missing",
        "The model needs the system libraries libEGL and libGLESv2; one could not be loaded ({reason}). "
        "On Debian or Ubuntu, install them with: sudo apt-get install -y libegl1 libgles2",
        reason=str(error).split(":")[0],
    )


def _to_poses(result: Any, size_wh: tuple[int, int]) -> tuple[Pose, ...]:
    width, height = size_wh
    poses = []
    for image_landmarks, world_landmarks in zip(
        result.pose_landmarks, result.pose_world_landmarks, strict=True
    ):
        image = np.array(
            [(p.x, p.y, p.z, p.visibility, p.presence) for p in image_landmarks], dtype=np.float64
        )
        world = np.array([(p.x, p.y, p.z) for p in world_landmarks], dtype=np.float64)
        assert image.shape[0] == N_LANDMARKS
        poses.append(
            Pose(
                image_xy_px=image[:, :2] * (width, height),
                image_z_px=image[:, 2] * width,
                world_xyz_m=world,
                visibility=image[:, 3],
                presence=image[:, 4],
                size_wh=size_wh,
            )
        )
    return tuple(poses)


class _Landmarker:
    """What both kinds share: the MediaPipe object, and closing it once."""

    _video: bool

    def __init__(self, settings: DetectionSettings, own_bundle: bytes | None = None) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._mp = import_mediapipe()
        self._landmarker: Any = _create(settings, video=self._video, own_bundle=own_bundle)

    def _run(self, frame_rgb: FrameRGB, call: Callable[[Any], Any]) -> tuple[Pose, ...]:
        check_frame_rgb(frame_rgb)
        image = self._mp.Image(image_format=self._mp.ImageFormat.SRGB, data=np.ascontiguousarray(frame_rgb))
        with self._lock:
            if self._landmarker is None:
                raise RuntimeError("this landmarker is closed")
            with nullcontext() if _person_seen.is_set() else _quiet_stderr():
                result = call(image)
            if result.pose_landmarks:
                _person_seen.set()
        return _to_poses(result, (frame_rgb.shape[1], frame_rgb.shape[0]))

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._landmarker is None

    def close(self) -> None:
        """Free the model; waits for a running detection. A second call does nothing."""
        with self._lock:
            landmarker, self._landmarker = self._landmarker, None
        if landmarker is None:
            return
        try:
            landmarker.close()
        except RuntimeError:
            # After a failed detection, closing reports the failure again, which the caller already knows; and a second
            # call, which MediaPipe's `__del__` would make, never returns.
            landmarker._handle = None


class ImageLandmarker(_Landmarker):
    """Finds landmarks in single pictures.

    Parameters
    ----------
    settings : DetectionSettings
    own_bundle : bytes, optional
        A ``.task`` file in place of the shipped ``settings.model``. MediaPipe can end the whole process over a bad one:
        use `pose_core.evaluation.own.process`.

    Raises
    ------
    BundleError
        If the model file is missing or damaged.
    SetupError
        If a system library is missing.
    """

    _video = False

    def detect(self, frame_rgb: FrameRGB) -> tuple[Pose, ...]:
        """Find people in one picture.

        Parameters
        ----------
        frame_rgb : ndarray of uint8, shape (H, W, 3)

        Returns
        -------
        tuple of Pose
            One per person found, at most ``settings.people``; empty if nobody was found. Coordinates are in pixels of
            `frame_rgb`.
        """
        return self._run(frame_rgb, lambda image: self._landmarker.detect(image))


class StreamLandmarker(_Landmarker):
    """Finds landmarks in the frames of one stream, tracking from frame to frame.

    Parameters
    ----------
    settings : DetectionSettings

    Raises
    ------
    BundleError, SetupError
        As `ImageLandmarker`.
    """

    _video = True

    def __init__(self, settings: DetectionSettings) -> None:
        super().__init__(settings)
        self._last_ms: int | None = None

    def _next_ms(self, time_s: float) -> int:
        """MediaPipe requires whole milliseconds that increase. Called by `_run` under its lock."""
        now_ms = round(time_s * 1000)
        self._last_ms = now_ms if self._last_ms is None else max(self._last_ms + 1, now_ms)
        return self._last_ms

    def detect(self, frame_rgb: FrameRGB, time_s: float) -> tuple[Pose, ...]:
        """Find or follow people in the next frame.

        Parameters
        ----------
        frame_rgb : ndarray of uint8, shape (H, W, 3)
        time_s : float
            Seconds on the stream's clock. A time that does not increase counts as 1 ms after the previous one.

        Returns
        -------
        tuple of Pose
            As `ImageLandmarker.detect`.
        """
        return self._run(
            frame_rgb, lambda image: self._landmarker.detect_for_video(image, self._next_ms(time_s))
        )

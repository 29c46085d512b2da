"""One setting at work: on the frames of a film, or on single pictures; shipped models and those of one's own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

import av
import cv2
import numpy as np

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.evaluation.own.process import PICTURE_S, OwnProcess
from pose_core.evaluation.side_by_side.settings import Setting, SideBySideSettings
from pose_core.geometry.angles import image_angles
from pose_core.media.images import enlarge_small
from pose_core.models.landmarker import ImageLandmarker, StreamLandmarker
from pose_core.pipeline.frame import FramePath
from pose_core.pipeline.photo import looked_for, most_prominent
from pose_core.pose import Pose, TrackedPerson
from pose_core.settings import PoseSettings
from pose_core.skeleton import N_LANDMARKS
from pose_core.watching import WatchedFrame

__all__ = ["Follower", "Looker", "follower", "watched"]


class Follower(Protocol):
    """A setting on the frames of a film."""

    def look(self, frame_rgb: FrameRGB, time_s: float) -> tuple[WatchedFrame, float]:
        """Who is there, and how many milliseconds it took."""

    def restart(self) -> None:
        """Another scene begins."""

    def close(self) -> None:
        """Free the model."""


def follower(setting: Setting, settings: SideBySideSettings) -> Follower:
    """A model for a film; one of one's own searches each frame from scratch and is not smoothed."""
    return _Follower(setting, settings) if setting.model.bundle is None else _Searcher(setting, settings)


class _Follower:
    """A shipped model, which follows people from frame to frame."""

    def __init__(self, setting: Setting, settings: SideBySideSettings) -> None:
        self._setting = setting
        self._detection = setting.detection(settings.people)
        self._pose = PoseSettings(self._detection, visibility_limit=settings.visibility_limit)
        self._path = FramePath(setting.smoothing)
        self._landmarker = StreamLandmarker(self._detection)

    def restart(self) -> None:
        """Another scene begins: look everywhere again."""
        self._landmarker.close()
        self._landmarker = StreamLandmarker(self._detection)
        self._path.restart()

    def look(self, frame_rgb: FrameRGB, time_s: float) -> tuple[WatchedFrame, float]:
        """Who is there, and how many milliseconds it took."""
        frame = av.VideoFrame.from_numpy_buffer(frame_rgb, format="rgb24")
        done = self._path.process(
            frame, time_s, self._landmarker.detect, self._pose, height_px=self._setting.height_px, draw=False
        )
        assert done is not None  # `read_film` refuses such sizes
        return done.watched, sum(done.steps_ms.values())

    def close(self) -> None:
        self._landmarker.close()


class _Searcher:
    """A model of one's own, which knows nothing of the frame before."""

    def __init__(self, setting: Setting, settings: SideBySideSettings) -> None:
        self._settings = settings
        self._looker = Looker(setting, settings)

    def look(self, frame_rgb: FrameRGB, time_s: float) -> tuple[WatchedFrame, float]:
        size_wh = (frame_rgb.shape[1], frame_rgb.shape[0])
        start_s = time.perf_counter()
        poses = self._looker.find(self._looker.prepared(frame_rgb))
        found = watched(poses, self._settings, size_wh, time_s)
        return found, (time.perf_counter() - start_s) * 1e3

    def restart(self) -> None:
        pass

    def close(self) -> None:
        self._looker.close()


class Looker:
    """A setting on single pictures. Must be closed.

    Its landmarker is not the pool's: two at a time, each kept for a whole comparison, would leave none for visitors.

    Parameters
    ----------
    setting : Setting
    settings : SideBySideSettings
    picture_s : float
        Longest time for one picture with a model of one's own.

    Raises
    ------
    BundleError, SetupError
        If the model cannot be loaded.
    """

    def __init__(self, setting: Setting, settings: SideBySideSettings, picture_s: float = PICTURE_S) -> None:
        self._setting, self._people = setting, settings.people
        model, detection = setting.model, looked_for(setting.detection(settings.people))
        self._model: ImageLandmarker | OwnProcess = (
            ImageLandmarker(detection)
            if model.bundle is None
            else OwnProcess(model.bundle, model.declaration, detection, picture_s)
        )

    def prepared(self, frame_rgb: FrameRGB) -> FrameRGB:
        """The picture as the model gets it: made smaller where that was chosen, enlarged if it is small."""
        height, width = frame_rgb.shape[:2]
        most_px = self._setting.height_px
        if most_px is not None and height > most_px:
            size_wh = (max(1, round(width * most_px / height)), most_px)
            frame_rgb = np.asarray(
                cv2.resize(frame_rgb, size_wh, interpolation=cv2.INTER_AREA), dtype=np.uint8
            )
        return enlarge_small(frame_rgb)

    def find(self, frame_rgb: FrameRGB) -> tuple[Pose, ...]:
        """People in a prepared picture, in its pixels; of more than are looked for, the most prominent or surest."""
        if isinstance(self._model, ImageLandmarker):
            return most_prominent(self._model.detect(frame_rgb), self._people)
        found_px, scores = self._model.detect(frame_rgb)
        surest = np.argsort(-scores, kind="stable")[: self._people]
        size_wh = (frame_rgb.shape[1], frame_rgb.shape[0])
        return tuple(_pose(xy_px, size_wh) for xy_px in found_px[surest])

    def close(self) -> None:
        """Free the model."""
        self._model.close()


def _pose(xy_px: FloatArray, size_wh: tuple[int, int]) -> Pose:
    """What such a model says of a person: places alone; a landmark that it has counts as visible."""
    there = np.isfinite(xy_px[:, 0]).astype(float)
    unknown = np.full((N_LANDMARKS, 3), np.nan)
    return Pose(xy_px, unknown[:, 0], unknown, there, there, size_wh)


def watched(
    poses: Sequence[Pose], settings: SideBySideSettings, size_wh: tuple[int, int], time_s: float
) -> WatchedFrame:
    """People of a single picture, numbered in their order, in pixels of a picture of `size_wh`."""
    placed = [pose.resized(size_wh) for pose in poses]
    people = tuple(TrackedPerson(number, pose, pose) for number, pose in enumerate(placed, start=1))
    angles = image_angles(placed, settings.visibility_limit)
    return WatchedFrame(time_s, people, size_wh, False, angles.deg, angles.reasons)

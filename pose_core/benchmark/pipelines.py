"""All steps of a frame, each timed: the same steps as on the Live page and the Photo page."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Final, Protocol

import av
import cv2
import numpy as np

from pose_core.benchmark.footage import TICK_S, Footage
from pose_core.benchmark.plan import Cell
from pose_core.drawing.skeleton import draw_poses
from pose_core.media.images import encode_jpeg, enlarge_small
from pose_core.media.vp8 import max_bits_per_s, new_vp8_encoder, to_yuv
from pose_core.models.landmarker import ImageLandmarker, StreamLandmarker
from pose_core.pipeline.frame import FRAME_STEPS, FramePath
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings, DrawSettings, PoseSettings
from pose_core.tracking.smoothing import SmoothingSettings

__all__ = ["BENCHMARK_STEPS", "Pipeline", "open_pipeline"]

#: The steps that are timed, in order. A photo is not smoothed.
BENCHMARK_STEPS: Final = ("decode", *FRAME_STEPS, "encode")
_DRAW: Final = DrawSettings()

TimedPoses = tuple[list[float], tuple[Pose, ...]]


class Pipeline(Protocol):
    """Processes frames of one cell, one after the other."""

    def frame(self, number: int) -> TimedPoses:
        """Process a frame, numbered from 0; the source starts over when it ends.

        Returns
        -------
        list of float
            Milliseconds for each of `BENCHMARK_STEPS`.
        tuple of Pose
            What the model found, in pixels of the cell's size.
        """

    def close(self) -> None:
        """Free the model."""


def open_pipeline(cell: Cell, footage: Footage) -> Pipeline:
    """A pipeline with its own model; the caller closes it.

    Raises
    ------
    BundleError, SetupError
        If the model cannot be loaded.
    """
    return _VideoPipeline(cell, footage) if cell.mode == "video" else _PhotoPipeline(cell, footage)


def _settings(cell: Cell) -> DetectionSettings:
    return DetectionSettings(cell.model, cell.people)


def _steps_ms(marks_s: list[float]) -> list[float]:
    return [(after - before) * 1e3 for before, after in pairwise(marks_s)]


class _VideoPipeline:
    """VP8 in, VP8 out; the stream's times are those of the source."""

    def __init__(self, cell: Cell, footage: Footage) -> None:
        self._packets = footage.streams[cell.size_wh]
        self._time_s = footage.time_s
        self._loop_s = float(footage.time_s[-1]) + 1 / footage.fps
        self._decoder = av.CodecContext.create("libvpx", "r")
        self._decoder.thread_count = 1
        self._encoder = new_vp8_encoder(*cell.size_wh, max_bits_per_s(*cell.size_wh))
        self._path = FramePath(SmoothingSettings())
        self._settings = PoseSettings(detection=_settings(cell), draw=_DRAW)
        self._landmarker = StreamLandmarker(_settings(cell))

    def frame(self, number: int) -> TimedPoses:
        loops, index = divmod(number, len(self._packets))
        time_s = loops * self._loop_s + float(self._time_s[index])
        packet = av.Packet(self._packets[index])
        packet.pts, packet.time_base = number, TICK_S
        start_s = time.perf_counter()
        (decoded,) = self._decoder.decode(packet)
        decoded_s = time.perf_counter()
        # Nothing watches this stream, so the angles for watchers are left out.
        done = self._path.process(decoded, time_s, self._landmarker.detect, self._settings, with_angles=False)
        assert done is not None  # no cell is that small
        done.frame.pts, done.frame.time_base = number, TICK_S
        drawn_s = time.perf_counter()
        self._encoder.encode(to_yuv(done.frame))
        encoded_s = time.perf_counter()
        steps_ms = {
            "decode": (decoded_s - start_s) * 1e3,
            **done.steps_ms,
            "encode": (encoded_s - drawn_s) * 1e3,
        }
        return [steps_ms[step] for step in BENCHMARK_STEPS], done.poses

    def close(self) -> None:
        self._landmarker.close()


class _PhotoPipeline:
    """JPEG in, JPEG out; small pictures are enlarged first, as on the Photo page."""

    def __init__(self, cell: Cell, footage: Footage) -> None:
        self._files = footage.photos[cell.size_wh]
        self._size_wh = cell.size_wh
        self._landmarker = ImageLandmarker(_settings(cell))

    def frame(self, number: int) -> TimedPoses:
        data = np.frombuffer(self._files[number % len(self._files)], np.uint8)
        marks_s = [time.perf_counter()]
        decoded_rgb = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), dtype=np.uint8)
        marks_s.append(time.perf_counter())
        frame_rgb = enlarge_small(decoded_rgb)
        marks_s.append(time.perf_counter())
        poses = self._landmarker.detect(frame_rgb)
        marks_s += [time.perf_counter()] * 2
        drawn_rgb = draw_poses(frame_rgb, poses, _DRAW)
        marks_s.append(time.perf_counter())
        encode_jpeg(drawn_rgb)
        marks_s.append(time.perf_counter())
        return _steps_ms(marks_s), tuple(pose.resized(self._size_wh) for pose in poses)

    def close(self) -> None:
        self._landmarker.close()

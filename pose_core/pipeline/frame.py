"""From a frame to people, drawn: fit, detect, track, draw. The only implementation, for live streams and benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from pose_core.arrays import FrameRGB
from pose_core.drawing.skeleton import draw_poses
from pose_core.geometry.angles import ANGLE_NAMES, Angles, image_angles
from pose_core.media.fitting import SMALLEST_PX
from pose_core.media.vp8 import pixels
from pose_core.pose import Pose
from pose_core.settings import PoseSettings
from pose_core.tracking.people import PeopleTracker
from pose_core.tracking.smoothing import SmoothingSettings
from pose_core.watching import WatchedFrame

__all__ = ["FRAME_STEPS", "Detect", "FramePath", "ProcessedFrame"]

#: The steps that a frame goes through, in order; the step "smooth" includes tracking.
FRAME_STEPS: Final = ("convert", "inference", "smooth", "draw")

#: Finds people in a picture, given its time in seconds, such as `StreamLandmarker.detect`.
Detect = Callable[[FrameRGB, float], Sequence[Pose]]


@dataclass(frozen=True, slots=True, eq=False)
class ProcessedFrame:
    """A frame that has gone through all steps.

    Attributes
    ----------
    frame : av.VideoFrame
        rgb24, drawn on.
    drawn_rgb : ndarray of uint8, shape (H, W, 3), or None
        Its pixels: a view. None if nothing was to be drawn.
    poses : tuple of Pose
        As the model gave them.
    watched : WatchedFrame
        What watchers get.
    steps_ms : mapping of str to float
        How long each of `FRAME_STEPS` took.
    """

    frame: av.VideoFrame
    drawn_rgb: FrameRGB | None
    poses: tuple[Pose, ...]
    watched: WatchedFrame
    steps_ms: Mapping[str, float]


class FramePath:
    """Processes the frames of one stream, one after the other, and knows who is who. Not for several threads at once.

    Pixels are copied only twice: from the frame's format to RGB (which also makes the picture smaller where requested),
    and by MediaPipe, which copies its input. Flipping and drawing happen in place.

    Parameters
    ----------
    smoothing : SmoothingSettings or None
        None: poses stay as the model gave them.
    """

    def __init__(self, smoothing: SmoothingSettings | None) -> None:
        self._reformatter = VideoReformatter()  # a new one for each frame would take several times as long
        self._tracker = PeopleTracker(smoothing)

    @property
    def smoothing(self) -> SmoothingSettings | None:
        """How strongly to smooth; may be replaced at any time, effective from the next frame."""
        return self._tracker.smoothing

    @smoothing.setter
    def smoothing(self, smoothing: SmoothingSettings | None) -> None:
        self._tracker.smoothing = smoothing

    def restart(self) -> None:
        """Expect other people: the next frame does not continue those before."""
        self._tracker.restart()

    def process(
        self,
        frame: av.VideoFrame,
        time_s: float,
        detect: Detect,
        settings: PoseSettings,
        *,
        height_px: int | None = None,
        mirrored: bool = False,
        labels: Mapping[str, str] | None = None,
        with_angles: bool = True,
        draw: bool = True,
    ) -> ProcessedFrame | None:
        """Take one frame through all steps.

        Parameters
        ----------
        frame : av.VideoFrame
            Of any size and format; not changed.
        time_s : float
            Seconds on the stream's clock.
        detect : callable
            See `Detect`; its exceptions reach the caller.
        settings : PoseSettings
            What is drawn, and when a landmark counts as visible. People have numbers only if the settings allow
            several.
        height_px : int, optional
            Higher frames are first scaled down to this, with an even width.
        mirrored : bool
            Draw as in a mirror; people and angles are those of the unmirrored picture.
        labels : mapping of str to str, optional
            Landmark name to the text on the picture.
        with_angles : bool
            If false, angles are computed only if they are drawn; otherwise watchers get NaN.
        draw : bool
            If false, nothing is drawn: `ProcessedFrame.drawn_rgb` is the picture itself, and may be that of `frame`.

        Returns
        -------
        ProcessedFrame or None
            None for a frame too small to show anybody (`SMALLEST_PX`).
        """
        marks_s = [time.perf_counter()]
        fitted = self._fit(frame, height_px, own=draw)
        frame_rgb = pixels(fitted)
        marks_s.append(time.perf_counter())
        if min(frame_rgb.shape[:2]) < SMALLEST_PX:
            return None
        poses = tuple(detect(frame_rgb, time_s))
        marks_s.append(time.perf_counter())
        people = self._tracker.update(poses, time_s, settings.detection.people, frame_rgb)
        smooth = [person.pose for person in people]
        if with_angles or settings.draw.angles:
            angles = image_angles(smooth, settings.visibility_limit)
        else:
            shape = (len(people), len(ANGLE_NAMES))
            angles = Angles(np.full(shape, np.nan), np.zeros(shape, dtype=np.uint8))
        marks_s.append(time.perf_counter())
        if draw:
            draw_poses(
                frame_rgb,
                smooth,
                settings.draw,
                names=labels,
                visibility_limit=settings.visibility_limit,
                # With one person at most the skeleton stays plain; numbers and colours tell several apart.
                numbers=[person.number for person in people] if settings.detection.people > 1 else None,
                angles_deg=angles.deg,
                angle_reasons=angles.reasons,
                mirrored=mirrored,
                into=frame_rgb,
            )
        marks_s.append(time.perf_counter())
        took_ms = [(after - before) * 1e3 for before, after in pairwise(marks_s)]
        size_wh = (fitted.width, fitted.height)
        return ProcessedFrame(
            frame=fitted,
            drawn_rgb=frame_rgb if draw else None,
            poses=poses,
            watched=WatchedFrame(time_s, people, size_wh, mirrored, angles.deg, angles.reasons),
            steps_ms=dict(zip(FRAME_STEPS, took_ms, strict=True)),
        )

    def _fit(self, frame: av.VideoFrame, height_px: int | None, *, own: bool) -> av.VideoFrame:
        """The frame as rgb24; if `own`, one that may be drawn on."""
        width, height = frame.width, frame.height
        if height_px is not None and height > height_px:
            width, height = round(width * height_px / height / 2) * 2, height_px
        fitted = self._reformatter.reformat(frame, width, height, "rgb24", threads=1)
        if fitted is frame and own:  # PyAV returns the frame itself if nothing had to be done
            return av.VideoFrame.from_ndarray(frame.to_ndarray(), format="rgb24")
        return fitted

"""Another setting on the very frames of a live stream, so that two can be compared while one watches."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import av
import numpy as np

from pose_core.drawing.skeleton import draw_poses
from pose_core.media.vp8 import pixels
from pose_core.models.landmarker import StreamLandmarker
from pose_core.models.pool import PosePool
from pose_core.pipeline.frame import FramePath, ProcessedFrame
from pose_core.pipeline.live.settings import LiveSettings
from pose_core.pose import TrackedPerson
from pose_core.settings import DetectionSettings
from pose_core.tracking.smoothing import SmoothingSettings
from pose_core.watching import WatchedFrame

__all__ = ["KEPT_PAIRS", "LivePair", "SecondLook", "SecondSettings"]

#: Frames that are kept for figures: 20 s at 15 a second.
KEPT_PAIRS: Final = 300


@dataclass(frozen=True, slots=True)
class SecondSettings:
    """What the second setting may have of its own; all else is the stream's.

    Attributes
    ----------
    detection : DetectionSettings
    smoothing : SmoothingSettings or None
    height_px : int, optional
        As large as the frame is, unless given.
    """

    detection: DetectionSettings
    smoothing: SmoothingSettings | None = field(default_factory=SmoothingSettings)
    height_px: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LivePair:
    """One frame, as both saw it.

    Attributes
    ----------
    people : tuple of two WatchedFrame
        The stream's own, and the second's; each in pixels of the picture that its model saw.
    took_ms : tuple of two float
        From the frame to smoothed joints.
    """

    people: tuple[WatchedFrame, WatchedFrame]
    took_ms: tuple[float, float]


class SecondLook:
    """Looks at each frame after the stream itself, and holds a second seat. For the stream's thread.

    Parameters
    ----------
    pool : PosePool
    settings : SecondSettings
    pairs : deque of LivePair
        Gets what both saw; any thread may read it.

    Raises
    ------
    BusyError
        If there is no second seat.
    BundleError, SetupError
        If the model cannot be loaded.
    """

    def __init__(self, pool: PosePool, settings: SecondSettings, pairs: deque[LivePair]) -> None:
        self.settings = settings
        self._pool = pool
        self._pairs = pairs
        self._path = FramePath(settings.smoothing)
        self._landmarker: StreamLandmarker = pool.lease_stream(settings.detection)

    def restart(self) -> None:
        """The next frame does not continue those before."""
        self._path.restart()

    def look(
        self, frame: av.VideoFrame, first: ProcessedFrame, settings: LiveSettings, *, draw: bool
    ) -> ProcessedFrame:
        """The same frame once more.

        Parameters
        ----------
        frame : av.VideoFrame
            As it was offered.
        first : ProcessedFrame
            What the stream itself found, not drawn on.
        settings : LiveSettings
            The stream's.
        draw : bool
            Whether to draw both on a copy of the stream's picture.

        Returns
        -------
        ProcessedFrame
            With the people of both, the stream's own first; each has a number, and so a colour, of its own.
        """
        second = self._path.process(
            frame,
            first.watched.time_s,
            self._landmarker.detect,
            settings.pose,
            height_px=self.settings.height_px,
            mirrored=settings.mirror,
            draw=False,
        )
        if second is None:
            return first
        took_ms = (sum(first.steps_ms.values()), sum(second.steps_ms.values()))
        self._pairs.append(LivePair((first.watched, second.watched), took_ms))
        watched = _together(first.watched, second.watched)
        if not draw:
            return ProcessedFrame(first.frame, None, first.poses, watched, first.steps_ms)
        drawn = av.VideoFrame.from_ndarray(
            draw_poses(
                pixels(first.frame),
                [person.pose for person in watched.people],
                settings.pose.draw,
                names=settings.labels,
                visibility_limit=settings.pose.visibility_limit,
                numbers=[person.number for person in watched.people],
                mirrored=settings.mirror,
            ),
            format="rgb24",
        )
        return ProcessedFrame(drawn, pixels(drawn), first.poses, watched, first.steps_ms)

    def close(self) -> None:
        """Free the seat."""
        self._pool.release_stream(self._landmarker)


def _together(first: WatchedFrame, second: WatchedFrame) -> WatchedFrame:
    """Both frames' people, numbered again: with one person each, 1 is the stream's own and 2 the second's."""
    most = len(first.people) + len(second.people)
    people = [*first.people, *second.people]
    numbered = tuple(
        TrackedPerson(
            number, person.raw.resized(first.size_wh), person.pose.resized(first.size_wh), person.flipped
        )
        for number, person in zip(_numbers(len(first.people), most), people, strict=True)
    )
    return WatchedFrame(
        first.time_s,
        numbered,
        first.size_wh,
        first.mirrored,
        np.concatenate([first.angles_deg, second.angles_deg]),
        np.concatenate([first.angle_reasons, second.angle_reasons]),
    )


def _numbers(first: int, most: int) -> list[int]:
    """Odd numbers for the first, even ones for the second, so that neither takes the other's colour."""
    return [2 * i + 1 for i in range(first)] + [2 * i + 2 for i in range(most - first)]

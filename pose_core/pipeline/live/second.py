"""Another setting on the very frames of a live stream, so that two can be compared while one watches."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

import av
import cv2
import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.colours import LINE, PAIR, rgb
from pose_core.drawing.captions import stamp, text_sprite
from pose_core.drawing.skeleton import draw_poses
from pose_core.media.images import encode_jpeg, fit_within
from pose_core.media.vp8 import pixels
from pose_core.models.landmarker import StreamLandmarker
from pose_core.models.pool import PosePool
from pose_core.pipeline.frame import FramePath, ProcessedFrame
from pose_core.pipeline.live.detectors import OpenDetector, OtherModel
from pose_core.pipeline.live.settings import LiveSettings
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings, DrawSettings
from pose_core.tracking.smoothing import SmoothingSettings
from pose_core.watching import WatchedFrame

__all__ = ["KEPT_PAIRS", "VIEWS", "LivePair", "SecondLook", "SecondSettings", "View", "draw_both"]

#: Under a divider A is on its left and B on its right; or both are on one picture.
View = Literal["divider", "both"]
VIEWS: Final[tuple[View, ...]] = get_args(View)
#: Frames that are kept for figures: 20 s at 15 a second.
KEPT_PAIRS: Final = 300
_SMALL_PX: Final = 240
_SMALL_QUALITY: Final = 75


@dataclass(frozen=True, slots=True)
class SecondSettings:
    """What the second setting may have of its own, and how both are shown; all else is the stream's.

    Attributes
    ----------
    detection : DetectionSettings
    smoothing : SmoothingSettings or None
    height_px : int, optional
        As large as the frame is, unless given.
    detector : callable, optional
        Opens another model, which then takes the place of a shipped one; the second seat is taken all the same.
    view : {"divider", "both"}
    divider : float
        Where it is, 0 at the picture's left edge and 1 at its right.
    """

    detection: DetectionSettings
    smoothing: SmoothingSettings | None = field(default_factory=SmoothingSettings)
    height_px: int | None = None
    detector: OpenDetector | None = None
    view: View = "both"
    divider: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class LivePair:
    """One frame, as both saw it.

    Attributes
    ----------
    people : tuple of two WatchedFrame
        The stream's own, and the second's; each in pixels of the picture that its model saw.
    took_ms : tuple of two float
        From the frame to smoothed joints.
    small_jpeg : bytes
        The frame itself, at most 240 px wide and high, not mirrored.
    """

    people: tuple[WatchedFrame, WatchedFrame]
    took_ms: tuple[float, float]
    small_jpeg: bytes = field(default=b"", repr=False)

    def small_rgb(self) -> FrameRGB:
        """The pixels of `small_jpeg`, shape (H, W, 3); it was made here, so it is decoded here."""
        data = np.frombuffer(self.small_jpeg, dtype=np.uint8)
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), dtype=np.uint8)


class SecondLook:
    """Looks at each frame after the stream itself, and holds a second seat. For the stream's thread.

    Parameters
    ----------
    pool : PosePool
    settings : SecondSettings
        May be replaced by others that `keeps` allows.
    pairs : deque of LivePair
        Gets what both saw; any thread may read it.
    other : OtherModel
        Used if the settings have a detector.

    Raises
    ------
    BusyError
        If there is no second seat.
    BundleError, SetupError
        If the model cannot be loaded.
    """

    def __init__(
        self, pool: PosePool, settings: SecondSettings, pairs: deque[LivePair], other: OtherModel
    ) -> None:
        self.settings = settings
        self._pool = pool
        self._pairs = pairs
        self._other = other
        self._path = FramePath(settings.smoothing)
        self._landmarker: StreamLandmarker = pool.lease_stream(settings.detection)

    def keeps(self, wanted: SecondSettings) -> bool:
        """Whether these settings differ only in how both are shown."""
        mine = self.settings
        return (mine.detection, mine.smoothing, mine.height_px, mine.detector) == (
            wanted.detection,
            wanted.smoothing,
            wanted.height_px,
            wanted.detector,
        )

    def restart(self) -> None:
        """The next frame does not continue those before."""
        self._path.restart()

    def look(
        self, frame: av.VideoFrame, first: ProcessedFrame, settings: LiveSettings, *, draw: bool
    ) -> FrameRGB | None:
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
        ndarray of uint8, shape (H, W, 3), or None
            What both found, drawn; None if nothing was to be drawn.
        """
        detector = self._landmarker if self.settings.detector is None else self._other
        second = self._path.process(
            frame,
            first.watched.time_s,
            detector.detect,
            settings.pose,
            height_px=self.settings.height_px,
            mirrored=settings.mirror,
            draw=False,
        )
        picture_rgb = pixels(first.frame)
        if second is None:
            return None
        took_ms = (sum(first.steps_ms.values()), sum(second.steps_ms.values()))
        small_jpeg = encode_jpeg(fit_within(picture_rgb, _SMALL_PX), _SMALL_QUALITY)
        self._pairs.append(LivePair((first.watched, second.watched), took_ms, small_jpeg))
        if not draw:
            return None
        poses = [
            [person.pose.resized(first.watched.size_wh) for person in one.people]
            for one in (first.watched, second.watched)
        ]
        return draw_both(
            picture_rgb,
            (poses[0], poses[1]),
            settings.pose.draw,
            view=self.settings.view,
            divider=self.settings.divider,
            names=settings.labels,
            visibility_limit=settings.pose.visibility_limit,
            mirrored=settings.mirror,
        )

    def close(self) -> None:
        """Free the seat."""
        self._pool.release_stream(self._landmarker)


def draw_both(
    frame_rgb: FrameRGB,
    poses: tuple[Sequence[Pose], Sequence[Pose]],
    draw: DrawSettings | None = None,
    *,
    view: View = "both",
    divider: float = 0.5,
    names: Mapping[str, str] | None = None,
    visibility_limit: float = 0.5,
    mirrored: bool = False,
) -> FrameRGB:
    """What A and B found in a picture, each in a colour of its own (`pose_core.colours.PAIR`): a new picture.

    Parameters
    ----------
    frame_rgb : ndarray of uint8, shape (H, W, 3)
    poses : tuple of two sequences of Pose
        A's and B's.
    draw : DrawSettings, optional
    view, divider
        As in `SecondSettings`. The divider cuts the picture as it is shown, mirrored or not.
    names, visibility_limit, mirrored
        As in `draw_poses`.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """

    def drawn(sides: Sequence[int]) -> FrameRGB:
        return draw_poses(
            frame_rgb,
            [pose for side in sides for pose in poses[side]],
            draw,
            names=names,
            visibility_limit=visibility_limit,
            tints=[PAIR[side] for side in sides for _ in poses[side]],
            mirrored=mirrored,
        )

    if view == "both":
        return drawn((0, 1))
    a_rgb, b_rgb = drawn((0,)), drawn((1,))
    height, width = a_rgb.shape[:2]
    at = round(min(max(divider, 0.0), 1.0) * width)
    a_rgb[:, at:] = b_rgb[:, at:]
    cv2.line(a_rgb, (at, 0), (at, height), rgb(LINE), max(2, height // 240))
    size_px = max(14, height // 20)
    gap = size_px // 2
    a, b = text_sprite("A", size_px), text_sprite("B", size_px)
    stamp(a_rgb, a, (at - gap - a.width_px, height - gap))
    stamp(a_rgb, b, (at + gap, height - gap))
    return a_rgb

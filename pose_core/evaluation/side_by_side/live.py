"""A live comparison: the newest frames that both have seen, as a film that is not over."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from pose_core.arrays import FrameRGB
from pose_core.errors import BusyError
from pose_core.evaluation.settings import Model
from pose_core.evaluation.side_by_side.finding import Looker
from pose_core.evaluation.side_by_side.looking import Looked, Seen, in_pixels_of
from pose_core.evaluation.side_by_side.settings import Setting, SideBySideSettings
from pose_core.pipeline.live import Detector, LivePair, LiveSettings, OpenDetector, SecondSettings, View
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings

__all__ = ["OwnPlaces", "live_settings", "looked_live"]

#: Models of one's own in live pictures at a time, in this process: each may take much memory, and most of a core.
MAX_OWN: Final = 2
#: Longest time for one frame with such a model: what takes longer is no live picture.
FRAME_S: Final = 2.0


class OwnPlaces:
    """Lets a few models of people's own run on live pictures at a time; from any thread."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(MAX_OWN)

    def take(self) -> None:
        """Take a place.

        Raises
        ------
        BusyError
            If none is free.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError(
                "own_live_busy",
                "At most {limit} models of people's own can run on live pictures at a time, and that many do. Choose a "
                "shipped model, or wait until somebody stops.",
                limit=MAX_OWN,
            )

    def free(self) -> None:
        """Give it back."""
        self._places.release()


@dataclass(frozen=True, slots=True)
class _OpenOwn:
    """Opens a model of one's own; equal to another that opens the same."""

    model: Model
    detection: DetectionSettings
    places: OwnPlaces = field(compare=False, repr=False)

    def __call__(self) -> Detector:
        self.places.take()
        try:
            setting = Setting(
                self.model, self.detection.detection_confidence, self.detection.presence_confidence
            )
            return _OwnDetector(
                Looker(setting, SideBySideSettings(people=self.detection.people), FRAME_S), self.places
            )
        except BaseException:
            self.places.free()
            raise


class _OwnDetector:
    """A model of one's own, which searches each frame from scratch."""

    def __init__(self, looker: Looker, places: OwnPlaces) -> None:
        self._looker, self._places = looker, places

    def detect(self, frame_rgb: FrameRGB, time_s: float) -> tuple[Pose, ...]:
        size_wh = (frame_rgb.shape[1], frame_rgb.shape[0])
        return tuple(pose.resized(size_wh) for pose in self._looker.find(self._looker.prepared(frame_rgb)))

    def close(self) -> None:
        try:
            self._looker.close()
        finally:
            self._places.free()


def live_settings(
    pair: SideBySideSettings,
    common: LiveSettings,
    places: OwnPlaces,
    view: View = "divider",
    divider: float = 0.5,
) -> tuple[LiveSettings, SecondSettings]:
    """Settings of a stream on which both look at each frame.

    Parameters
    ----------
    pair : SideBySideSettings
    common : LiveSettings
        How the picture is shown; A's choices replace its own.
    places : OwnPlaces
    view, divider
        As in `SecondSettings`.
    """

    def detector(setting: Setting) -> OpenDetector | None:
        if setting.model.bundle is None:
            return None
        return _OpenOwn(setting.model, setting.detection(pair.people), places)

    a, b = pair.pair
    first = replace(
        common,
        pose=replace(common.pose, detection=a.detection(pair.people), visibility_limit=pair.visibility_limit),
        height_px=a.height_px or common.height_px,
        smoothing=a.smoothing,
        adaptive=False,  # what is compared must stay what was chosen
        detector=detector(a),
    )
    second = SecondSettings(
        b.detection(pair.people), b.smoothing, b.height_px, detector(b), view=view, divider=divider
    )
    return first, second


def looked_live(pairs: Sequence[LivePair]) -> Looked:
    """What both saw, in pixels of the first setting's picture; times count from the first of the frames.

    Parameters
    ----------
    pairs : sequence of LivePair
        At least one.
    """
    times_s = np.array([pair.people[0].time_s for pair in pairs])
    steps_s = np.diff(times_s)
    fps = float(1 / np.median(steps_s)) if len(steps_s) and np.median(steps_s) > 0 else 25.0
    size_wh = pairs[-1].people[0].size_wh
    seen = tuple(
        Seen(
            "",
            float(time_s - times_s[0]),
            size_wh,
            in_pixels_of(pair.people, size_wh),
            ((pair.took_ms[0],), (pair.took_ms[1],)),
        )
        for pair, time_s in zip(pairs, times_s, strict=True)
    )
    return Looked("film", seen, fps)

"""The settings of a live stream, and its status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pose_core.errors import PoseCoreError
from pose_core.pipeline.live.detectors import OpenDetector
from pose_core.pipeline.live.meter import Figures
from pose_core.pipeline.live.quality import Change, Rung
from pose_core.settings import PoseSettings
from pose_core.tracking.smoothing import SmoothingSettings

__all__ = ["LiveSettings", "LiveStatus"]


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Every choice for a live stream; it may be given new settings at any time.

    Attributes
    ----------
    pose : PoseSettings
        `enlarge_small` has no effect on video.
    height_px : int
        Largest height that is processed and returned; smaller frames keep their size.
    mirror : bool
        Show the picture as in a mirror. Landmarks and their names are those of the unmirrored picture.
    smoothing : SmoothingSettings or None
        None shows the model's output unchanged.
    adaptive : bool
        Reduce the size, then the model, while the machine is too slow for `target_fps`.
    target_fps : float
    labels : mapping of str to str
        Landmark name to the text on the picture.
    detector : callable, optional
        Opens another model, which then takes the place of a shipped one. The stream keeps its seat all the same.
    """

    pose: PoseSettings = field(default_factory=PoseSettings)
    height_px: int = 480
    mirror: bool = True
    smoothing: SmoothingSettings | None = field(default_factory=SmoothingSettings)
    adaptive: bool = True
    target_fps: float = 15.0
    labels: Mapping[str, str] = field(default_factory=dict)
    detector: OpenDetector | None = None

    def best_rung(self) -> Rung:
        """What is used while nothing has to be reduced."""
        return Rung(self.height_px, self.pose.detection.model)


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """The status of a stream.

    Attributes
    ----------
    received_wh, returned_wh : tuple of int or None
        Size of the last frame received, and of the last picture returned; None before the first.
    figures : Figures
    people : tuple of int
        Numbers of the people in the last frame.
    silent_s : float or None
        Seconds since the last frame arrived; None before the first.
    small_s : float
        Seconds for which all frames have been lower than the chosen height; 0 before the first.
    problem : PoseCoreError or None
        Why there is no skeleton at the moment: no free seat, or a fault in the last frames.
    rung : Rung
        Size and model in use.
    change : Change or None
        The last step of the adaptive quality.
    """

    received_wh: tuple[int, int] | None
    returned_wh: tuple[int, int] | None
    figures: Figures
    people: tuple[int, ...]
    silent_s: float | None
    small_s: float
    problem: PoseCoreError | None
    rung: Rung
    change: Change | None

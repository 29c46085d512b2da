"""What a live stream is asked for, and how it says that it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pose_core.errors import PoseCoreError
from pose_core.pipeline.live.meter import Figures
from pose_core.pipeline.live.quality import Change, Rung
from pose_core.settings import PoseSettings
from pose_core.tracking.smoothing import SmoothingSettings

__all__ = ["LiveSettings", "LiveStatus"]


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Every choice of a live stream; another one may be given to it at any time.

    Attributes
    ----------
    pose : PoseSettings
        `enlarge_small` has no effect on video.
    height_px : int
        Largest height that is processed and returned; smaller frames stay as they are.
    mirror : bool
        Show the picture as a mirror does. Landmarks and their names are those of the unmirrored picture.
    smoothing : SmoothingSettings or None
        None shows what the model gave.
    adaptive : bool
        Give up size, then model, while the machine is too slow for `target_fps`.
    target_fps : float
    labels : mapping of str to str
        Landmark name to the text on the picture.
    """

    pose: PoseSettings = field(default_factory=PoseSettings)
    height_px: int = 480
    mirror: bool = True
    smoothing: SmoothingSettings | None = field(default_factory=SmoothingSettings)
    adaptive: bool = True
    target_fps: float = 15.0
    labels: Mapping[str, str] = field(default_factory=dict)

    def best_rung(self) -> Rung:
        """What is done while nothing has to be given up."""
        return Rung(self.height_px, self.pose.detection.model)


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """How a stream does.

    Attributes
    ----------
    received_wh, returned_wh : tuple of int or None
        Size of the last frame that came, and of the picture made of it; None before the first.
    figures : Figures
    people : tuple of int
        Numbers of the people in the last frame.
    silent_s : float or None
        Seconds since the last frame came; None before the first.
    problem : PoseCoreError or None
        Why there is no skeleton at the moment: no seat, or a fault in the last frames.
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
    problem: PoseCoreError | None
    rung: Rung
    change: Change | None

"""Two settings to compare, and how much of a film they look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pose_core.errors import SettingsError
from pose_core.evaluation.bootstrap import RESAMPLES
from pose_core.evaluation.settings import Model
from pose_core.settings import MAX_PEOPLE, DetectionSettings, check_range, check_variant
from pose_core.tracking.smoothing import SmoothingSettings

__all__ = ["HEIGHTS_PX", "MAX_FRAMES", "MAX_PICTURES", "MAX_S", "SIDES", "Setting", "SideBySideSettings"]

SIDES: Final = ("a", "b")
#: Frames of a film that both look at: 24 s at 25 a second. Both keep at most 25 MB of landmarks of them.
MAX_FRAMES: Final = 600
MAX_PICTURES: Final = 50
#: What is there after this time is the result.
MAX_S: Final = 600.0
#: Heights that pictures can be made smaller to before the model sees them.
HEIGHTS_PX: Final = (720, 480, 360, 240, 160)


@dataclass(frozen=True, slots=True)
class Setting:
    """One of the two.

    Attributes
    ----------
    model : Model
        A shipped one, or a bundle of one's own that was checked.
    detection_confidence, presence_confidence : float
        As in `DetectionSettings`.
    smoothed : bool
        Whether to smooth the joints over time, as Video and Live do; pictures have no time, and joints of a model of
        one's own are never smoothed, since it tells no positions in space.
    height_px : int, optional
        Pictures that are higher are made smaller to this before the model sees them.

    Raises
    ------
    SettingsError
        If a value is outside its range.
    """

    model: Model = field(default_factory=lambda: Model("full"))
    detection_confidence: float = 0.5
    presence_confidence: float = 0.5
    smoothed: bool = True
    height_px: int | None = None

    def __post_init__(self) -> None:
        if self.model.bundle is None:
            check_variant(self.model.name)
        if self.height_px is not None:
            check_range("height_px", self.height_px, 64, 2160, unit="pixels")
        self.detection(1)

    def detection(self, people: int) -> DetectionSettings:
        """Settings of its landmarkers."""
        return DetectionSettings(
            self.model.variant, people, self.detection_confidence, self.presence_confidence
        )

    @property
    def smoothing(self) -> SmoothingSettings | None:
        """For `pose_core.pipeline.frame.FramePath`."""
        return SmoothingSettings() if self.smoothed and self.model.bundle is None else None


@dataclass(frozen=True, slots=True)
class SideBySideSettings:
    """All choices of a comparison.

    Attributes
    ----------
    a, b : Setting
        Differences are those of `b` against `a`.
    people : int
        Looked for in each picture, at most.
    visibility_limit : float
        A joint counts where at least one of the two gives it this visibility, 0 to 1.
    start_s : float
        Where in a film to begin.
    frames : int
        How many frames of a film to look at, 1 to `MAX_FRAMES`.
    resamples, seed : int
        Of the intervals; the same seed gives the same intervals.
    """

    a: Setting = field(default_factory=lambda: Setting(Model("lite")))
    b: Setting = field(default_factory=Setting)
    people: int = 1
    visibility_limit: float = 0.5
    start_s: float = 0.0
    frames: int = MAX_FRAMES
    resamples: int = RESAMPLES
    seed: int = 0

    def __post_init__(self) -> None:
        check_range("people", self.people, 1, MAX_PEOPLE)
        check_range("visibility_limit", self.visibility_limit, 0, 1)
        check_range("frames", self.frames, 1, MAX_FRAMES)
        check_range("resamples", self.resamples, 100, 20_000)
        if not 0 <= self.start_s < float("inf"):
            raise SettingsError(
                "sides_start",
                "The beginning must be 0 s or later; got {start_s:g} s. Choose an earlier or later one.",
                start_s=self.start_s,
            )

    @property
    def pair(self) -> tuple[Setting, Setting]:
        """Both, A first."""
        return self.a, self.b

    @property
    def identical(self) -> bool:
        """Whether both are the same: then every difference is exactly 0."""
        return self.a == self.b

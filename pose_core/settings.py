"""All choices in one frozen object.

What decides the landmarks (`DetectionSettings`) is kept apart from what decides only how they are shown, so that
changing a colour never runs the model again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from pose_core.errors import SettingsError

__all__ = ["MAX_PEOPLE", "DetectionSettings", "DrawSettings", "PoseSettings", "Variant"]

Variant = Literal["lite", "full", "heavy"]
MAX_PEOPLE: Final = 5


def _check_unit_range(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise SettingsError(
            "setting_range",
            "{name} should lie between {low} and {high}; {value} came. Choose a value in that range.",
            name=name,
            low=0,
            high=1,
            value=value,
        )


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """What the model is asked for. Hashable: landmarkers are kept by it.

    Attributes
    ----------
    model : {"lite", "full", "heavy"}
        Network variant.
    people : int
        Largest number of people to look for, 1 to `MAX_PEOPLE`.
    detection_confidence, presence_confidence : float
        Least score, 0 to 1, for a person to be detected and for the landmarks on them to be accepted.
    """

    model: Variant = "full"
    people: int = 1
    detection_confidence: float = 0.5
    presence_confidence: float = 0.5

    def __post_init__(self) -> None:
        if self.model not in get_args(Variant):
            raise SettingsError(
                "setting_model",
                "model should be one of lite, full, heavy; {value} came. Choose one of the three.",
                value=self.model,
            )
        if not 1 <= self.people <= MAX_PEOPLE:
            raise SettingsError(
                "setting_range",
                "{name} should lie between {low} and {high}; {value} came. Choose a value in that range.",
                name="people",
                low=1,
                high=MAX_PEOPLE,
                value=self.people,
            )
        _check_unit_range("detection_confidence", self.detection_confidence)
        _check_unit_range("presence_confidence", self.presence_confidence)


@dataclass(frozen=True, slots=True)
class DrawSettings:
    """What is drawn on the picture.

    Attributes
    ----------
    names : bool
        Names beside the main joints.
    angles : bool
        The limb angles in degrees beside their joints.
    confidence : bool
        Dots filled by visibility (hollow where it is below the limit) instead of one colour.
    skeleton_only : bool
        A plain dark ground instead of the picture, so that the person stays unrecognised.
    """

    names: bool = True
    angles: bool = False
    confidence: bool = False
    skeleton_only: bool = False


@dataclass(frozen=True, slots=True)
class PoseSettings:
    """Every choice of a page or request.

    Attributes
    ----------
    detection : DetectionSettings
    draw : DrawSettings
    visibility_limit : float
        A landmark with a visibility below this (0 to 1) counts as not visible: its angles are NaN.
    enlarge_small : bool
        Enlarge pictures below 300 px high to 480 px before the model sees them.
    """

    detection: DetectionSettings = field(default_factory=DetectionSettings)
    draw: DrawSettings = field(default_factory=DrawSettings)
    visibility_limit: float = 0.5
    enlarge_small: bool = True

    def __post_init__(self) -> None:
        _check_unit_range("visibility_limit", self.visibility_limit)

"""All choices in one frozen object.

What decides the landmarks (`DetectionSettings`) is separate from what only decides how they are shown, so that
changing how they are drawn never runs the model again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from pose_core.errors import SettingsError

__all__ = [
    "ARC_JOINTS",
    "MAX_PEOPLE",
    "STYLES",
    "VARIANTS",
    "DetectionSettings",
    "DrawSettings",
    "PoseSettings",
    "Style",
    "Variant",
    "check_range",
    "check_variant",
]

Variant = Literal["lite", "full", "heavy"]
#: From the fastest to the most accurate.
VARIANTS: Final[tuple[Variant, ...]] = get_args(Variant)
MAX_PEOPLE: Final = 5
Style = Literal["classic", "sides"]
STYLES: Final[tuple[Style, ...]] = get_args(Style)
#: Joints that can have an arc, both sides together.
ARC_JOINTS: Final[tuple[str, ...]] = ("elbow", "shoulder", "hip", "knee", "ankle")


def check_range(
    name: str, value: float, low: float, high: float, *, unit: str = "", code: str = "setting_range"
) -> None:
    """Raise an error for a value outside its range, or NaN.

    Parameters
    ----------
    name : str
        The parameter, as the sentence should begin.
    value : float
    low, high : float
        The ends of the range, included.
    unit : str, optional
        Follows the range in the sentence.
    code : str, optional
        Code of the error, if it has a translation of its own.

    Raises
    ------
    SettingsError

    Examples
    --------
    >>> check_range("beta", 10.0, 0, 100)
    >>> check_range("Width", 0, 64, 3840, unit="pixels")
    Traceback (most recent call last):
    pose_core.errors.SettingsError: Width must be 64 to 3840 pixels; got 0.
    """
    if not low <= value <= high:
        raise SettingsError(
            code,
            f"{{name}} must be {{low}} to {{high}}{unit and f' {unit}'}; got {{value}}.",
            name=name,
            low=low,
            high=high,
            value=value,
        )


def check_variant(value: str) -> None:
    """Raise a SettingsError for anything that is not one of `VARIANTS`."""
    if value not in VARIANTS:
        raise SettingsError(
            "setting_model",
            "model must be one of {known}; got {value!r}.",
            known=", ".join(VARIANTS),
            value=value,
        )


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """What the model should find. Hashable, so that landmarkers can be kept by their settings.

    Attributes
    ----------
    model : {"lite", "full", "heavy"}
        Network variant.
    people : int
        Largest number of people to look for, 1 to `MAX_PEOPLE`.
    detection_confidence, presence_confidence : float
        Lowest score, 0 to 1, at which a person counts as detected, and at which their landmarks are accepted.
    """

    model: Variant = "full"
    people: int = 1
    detection_confidence: float = 0.5
    presence_confidence: float = 0.5

    def __post_init__(self) -> None:
        check_variant(self.model)
        check_range("people", self.people, 1, MAX_PEOPLE)
        check_range("detection_confidence", self.detection_confidence, 0, 1)
        check_range("presence_confidence", self.presence_confidence, 0, 1)


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
        Dots coloured by visibility (hollow where it is below the limit) instead of in one colour.
    skeleton_only : bool
        A plain dark background instead of the picture, so that nobody can be recognised.
    style : {"classic", "sides"}
        ``"classic"``: red dots and white lines for one person, an own colour for each of several. ``"sides"``: left is
        blue with round dots, right is orange with square ones; of several people, lines keep each person's colour.
    letters : bool
        L and R beside some joints; only in the style ``"sides"``, whose colours alone should not carry the meaning.
    arcs : tuple of str
        Any of `ARC_JOINTS`: joints on both sides whose angle is drawn as an arc, with its degrees.
    """

    names: bool = False
    angles: bool = False
    confidence: bool = False
    skeleton_only: bool = False
    style: Style = "classic"
    letters: bool = True
    arcs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, given, known in (("style", (self.style,), STYLES), ("arcs", self.arcs, ARC_JOINTS)):
            unknown = [value for value in given if value not in known]
            if unknown:
                raise SettingsError(
                    "setting_drawing",
                    "{name} must be one of {known}; got {value!r}.",
                    name=name,
                    known=", ".join(known),
                    value=unknown[0],
                )


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
        Enlarge pictures less than 300 px high to 480 px before the model sees them.
    """

    detection: DetectionSettings = field(default_factory=DetectionSettings)
    draw: DrawSettings = field(default_factory=DrawSettings)
    visibility_limit: float = 0.5
    enlarge_small: bool = True

    def __post_init__(self) -> None:
        check_range("visibility_limit", self.visibility_limit, 0, 1)

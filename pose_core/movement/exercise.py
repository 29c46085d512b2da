"""An exercise as data: what is measured, where its ends are, what must hold, and what is said about form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from pose_core.errors import SettingsError
from pose_core.movement.body import MEASURES
from pose_core.settings import check_range

__all__ = ["VIEWS", "Exercise", "Fault", "Gate", "Part", "Signal", "View"]

#: Limbs whose visibility decides which side is believed.
Part = Literal["whole", "arm", "leg"]
#: From where something can be judged: any side, the front or back, the side.
View = Literal["any", "front", "side"]
#: Turned by how many degrees counts as each view: the front up to 30, the side from 60.
VIEWS: Final[Mapping[View, tuple[float, float]]] = {
    "any": (0.0, 90.0),
    "front": (0.0, 30.0),
    "side": (60.0, 90.0),
}

#: A limit can be changed by this many times its uncertainty.
_ADJUSTABLE: Final = 8


def _check_measures(measures: tuple[str, ...]) -> None:
    if not measures:
        raise ValueError("measures must name at least one measure; got none.")
    for name in measures:
        if name not in MEASURES:
            raise ValueError(f"measures must be among those of pose_core.movement.body; got {name!r}.")


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that moves in a repetition, and its two ends.

    Attributes
    ----------
    measures : tuple of str
        One of `pose_core.movement.body.MEASURES`, or two: left and right.
    rest, target : float
        Value in the start posture, and where a full repetition gets to, in the unit of the measure.
    part : {"whole", "arm", "leg"}
        Of two sides, the one whose part is seen better counts; both, if they are seen about as well.
    most : bool
        Of two sides seen about as well: the one that moves more, not the mean.
    square : bool
        Whether it begins slowly, with the square of an angle, as a height does when a straight limb bends. Matters for
        when a movement begins and ends.
    """

    measures: tuple[str, ...]
    rest: float
    target: float
    part: Part = "whole"
    most: bool = False
    square: bool = False

    def __post_init__(self) -> None:
        _check_measures(self.measures)
        if len(self.measures) > 2:
            raise ValueError(
                f"A signal has one measure, or a left and a right one; got {len(self.measures)}."
            )
        if not (math.isfinite(self.rest) and math.isfinite(self.target) and self.rest != self.target):
            raise ValueError(f"rest and target must be finite and differ; got {self.rest} and {self.target}.")

    @property
    def joint(self) -> str:
        """What it is measured at: the same in the picture and in space."""
        return self.measures[0].removesuffix("_world")


@dataclass(frozen=True, slots=True)
class Gate:
    """Something that must hold in a repetition, or it is none of this exercise.

    Attributes
    ----------
    measures : tuple of str
        The gate is open where one of them is inside the limits. A left and a right one count as one: of the side that
        is seen, or the mean of both.
    low, high : float
        Limits, included.
    when : {"all", "extreme", "rest", "change", "spread"}
        In which frames: of the whole repetition, near its extreme, near its ends; the difference between the medians
        near the extreme and near the ends; or how far the values spread, between their 5 % and 95 % quantiles.
    partial : bool
        If it is closed, the repetition is listed as partial instead of dropped.
    part : {"whole", "arm", "leg"}
        Whose visibility decides which side counts; and a gate that looks at legs or arms is left out where they are
        not seen on either side.
    """

    measures: tuple[str, ...]
    low: float = -math.inf
    high: float = math.inf
    when: Literal["all", "extreme", "rest", "change", "spread"] = "all"
    partial: bool = False
    part: Part = "whole"

    def __post_init__(self) -> None:
        _check_measures(self.measures)
        if not self.low < self.high:
            raise ValueError(f"low must be below high; got {self.low} and {self.high}.")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about form that can be told from some views.

    Attributes
    ----------
    name : str
        Such as ``"too_shallow"``; texts are found by it.
    measures : tuple of str
        One measure, or left and right: the better seen side counts.
    limit : float
        Beyond this it is a fault.
    above : bool
        Whether beyond means above the limit, or below.
    when : {"all", "extreme", "rest", "change", "peak", "down", "up"}
        Where: the median near the extreme, near the ends, the difference of the two, or ``all`` and ``peak``: the value
        that is passed for 30 % of the repetition or 0.3 s, whichever is longer. ``down`` and ``up`` need the measure
        ``duration``: the seconds of that phase.
    view : {"any", "front", "side"}
        From where it can be judged.
    tolerance : float
        Uncertainty, in the unit of the measure: within it of the limit, "about" is said.
    weight : int
        The heavier one is said first.
    source : str
        Where the limit is from.
    """

    name: str
    measures: tuple[str, ...]
    limit: float
    above: bool = True
    when: Literal["all", "extreme", "rest", "change", "down", "up"] = "extreme"
    view: View = "any"
    tolerance: float = 6.0
    weight: int = 1
    part: Part = "whole"
    source: str = ""

    def __post_init__(self) -> None:
        if self.when in ("down", "up"):
            return
        _check_measures(self.measures)

    @property
    def unit(self) -> Literal["deg", "m", "s", "ratio"]:
        """What the limit is in; metres are those of the average person."""
        if not self.measures:
            return "s"
        name = self.measures[0]
        return "m" if name.endswith("_m") else "ratio" if name == "knees_per_ankles" else "deg"

    @property
    def range(self) -> tuple[float, float]:
        """Between what the limit can be changed: by eight times its uncertainty."""
        far = _ADJUSTABLE * self.tolerance
        low, high = round(self.limit - far, 6), round(self.limit + far, 6)  # as people write them
        return (max(0.0, low), high) if self.unit == "s" else (low, min(180.0, high))


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    name : str
        Such as ``"squat"``; texts are found by it.
    signals : tuple of Signal
        The first is the primary one: its range and depth are reported. The middle one of all says how far a repetition
        is, so that one wrong signal of three does no harm.
    gates : tuple of Gate
    posture : tuple of Gate
        What must hold in the start posture, for arming and for recognition.
    faults : tuple of Fault
    view : {"any", "front", "side"}
        From where it is seen best.
    hold : bool
        A posture that is held, such as the plank: no repetitions, its `gates` are the posture.
    full : float
        Share of the way from rest to target that a repetition must cover to be counted.
    planted : {"ankle", "wrist", "hip"}
        What stays where it is on the floor.
    counted_from : tuple of float
        Least and greatest turn in degrees (0 front or back, 90 side) from which the model sees the movement well enough
        to count it.
    limits : mapping of str to float
        Limits of faults that differ from the standard, by name: see `with_limits`.
    """

    name: str
    signals: tuple[Signal, ...]
    gates: tuple[Gate, ...] = ()
    posture: tuple[Gate, ...] = ()
    faults: tuple[Fault, ...] = ()
    view: View = "any"
    hold: bool = False
    full: float = 0.9
    planted: Literal["ankle", "wrist", "hip"] = "ankle"
    counted_from: tuple[float, float] = (0.0, 90.0)
    limits: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("name must not be empty.")
        if not self.signals and not self.hold:
            raise ValueError("An exercise with repetitions needs at least one signal; got none.")
        for name in self.limits:
            if name not in {fault.name for fault in self.faults}:
                raise SettingsError(
                    "exercise_fault_unknown",
                    "limits must name faults of {exercise}: {known}; got {name!r}.",
                    exercise=self.name,
                    known=", ".join(fault.name for fault in self.faults),
                    name=name,
                )

    def with_limits(self, limits: Mapping[str, float]) -> Exercise:
        """The same exercise with other limits of faults, by name; an empty mapping is the standard.

        Raises
        ------
        SettingsError
            If there is no such fault, or a limit is outside its `Fault.range`.
        """
        checked = replace(self, limits=dict(limits))
        for fault in self.faults:
            check_range(fault.name, limits.get(fault.name, fault.limit), *fault.range)
        faults = tuple(replace(fault, limit=limits.get(fault.name, fault.limit)) for fault in self.faults)
        return replace(checked, faults=faults)

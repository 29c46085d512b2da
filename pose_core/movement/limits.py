"""Limits of form that somebody has changed: as a mapping from exercise and fault to the limit, and as a short text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from pose_core.errors import SettingsError
from pose_core.movement.catalogue import EXERCISES
from pose_core.movement.exercise import Exercise, Fault

__all__ = ["Limits", "exercises_with", "limit_text", "limits_as_text", "limits_from_text", "shown", "stored"]

#: By exercise and by fault; only those that differ from the standard.
Limits = Mapping[str, Mapping[str, float]]

#: How a unit is shown: its sign, how many of it make one of the measure's, and digits.
_SHOWN: Final = {"deg": ("°", 1.0, 0), "m": (" cm", 100.0, 0), "s": (" s", 1.0, 2), "ratio": ("", 1.0, 2)}


def exercises_with(limits: Limits, exercises: Mapping[str, Exercise] = EXERCISES) -> dict[str, Exercise]:
    """All exercises, with these limits.

    Raises
    ------
    SettingsError
        If there is no such fault, or a limit is outside its range.
    """
    return {name: record.with_limits(limits.get(name, {})) for name, record in exercises.items()}


def shown(fault: Fault, value: float) -> float:
    """A limit in the unit that people read: degrees, centimetres, seconds, or none."""
    _, factor, digits = _SHOWN[fault.unit]
    return round(value * factor, digits)


def stored(fault: Fault, value: float) -> float:
    """The limit for a number that `shown` gave."""
    _, factor, _ = _SHOWN[fault.unit]
    return value / factor


def limit_text(fault: Fault, value: float) -> str:
    """A limit to read.

    Examples
    --------
    >>> limit_text(EXERCISES["squat"].faults[0], 0.12)
    '12 cm'
    """
    sign, factor, digits = _SHOWN[fault.unit]
    return f"{value * factor:.{digits}f}{sign}"


def limits_as_text(limits: Limits) -> str:
    """For an address or a cookie.

    Examples
    --------
    >>> limits_as_text({"squat": {"leaning": 60.0}, "push_up": {}})
    'squat.leaning.60'
    """
    return "~".join(
        f"{exercise}.{fault}.{value:g}"
        for exercise, changed in limits.items()
        for fault, value in changed.items()
    )


def limits_from_text(text: str) -> dict[str, dict[str, float]] | None:
    """What `limits_as_text` wrote; None if it names something that does not exist, or a limit outside its range.

    Examples
    --------
    >>> limits_from_text("squat.leaning.60"), limits_from_text("squat.wobble.60")
    ({'squat': {'leaning': 60.0}}, None)
    """
    limits: dict[str, dict[str, float]] = {}
    for part in filter(None, text.split("~")):
        exercise, _, rest = part.partition(".")
        fault, _, number = rest.partition(".")
        try:
            value = float(number)
        except ValueError:
            return None
        if exercise not in EXERCISES or not math.isfinite(value):
            return None
        limits.setdefault(exercise, {})[fault] = value
    try:
        exercises_with(limits)
    except SettingsError:
        return None
    return limits

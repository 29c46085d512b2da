"""The performer's materials, and their colours."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from enum import IntEnum

import numpy as np

from pose_core.performer.skeleton import FloatArray

__all__ = ["PALETTES", "Colour", "Material", "Palette"]

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""


class Material(IntEnum):
    """What a part of the body is made of; the number is its position among the fields of `Palette`."""

    SKIN = 0
    SHIRT = 1
    SHORTS = 2
    SHOE = 3
    HAIR = 4
    EYE_WHITE = 5
    IRIS = 6
    LIP = 7
    BROW = 8
    SOLE = 9


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one performer under even light.

    Skin and clothes should differ clearly: the ends of sleeves and shorts show where elbows and hips are. Of the shorts
    tried, warm light ones kept MediaPipe from swapping the legs of a walk seen from the side; dark and bluish ones did
    not.
    """

    skin: Colour = (206, 150, 120)
    shirt: Colour = (52, 92, 158)
    shorts: Colour = (150, 144, 128)
    shoe: Colour = (214, 214, 218)
    hair: Colour = (52, 36, 28)
    eye_white: Colour = (238, 234, 230)
    iris: Colour = (44, 30, 24)
    lip: Colour = (168, 82, 78)
    brow: Colour = (58, 40, 32)
    sole: Colour = (90, 90, 96)

    def as_array(self) -> FloatArray:
        """Colours by `Material`, shape (10, 3)."""
        return np.array(astuple(self), dtype=np.float64)


PALETTES: tuple[Palette, ...] = (
    Palette(),
    Palette(
        skin=(150, 98, 72),
        shirt=(222, 168, 60),
        shorts=(84, 80, 76),
        hair=(30, 24, 22),
        lip=(128, 60, 56),
        brow=(30, 22, 20),
    ),
    Palette(
        skin=(224, 176, 148),
        shirt=(168, 62, 62),
        shorts=(96, 92, 88),
        hair=(122, 84, 48),
        iris=(58, 84, 104),
        lip=(190, 104, 98),
        brow=(104, 72, 46),
    ),
    Palette(
        skin=(188, 132, 100),
        shirt=(58, 124, 100),
        shorts=(150, 142, 124),
        hair=(26, 22, 24),
        brow=(32, 24, 22),
    ),
)
"""Different outfits, so that people in one picture can be told apart: blue, yellow, red and green shirts."""

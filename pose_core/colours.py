"""Colours with a meaning, the same in pictures, charts and tables. All as RGB hex.

The palette is Okabe and Ito's "Color Universal Design" (2008), distinguishable with the common colour-vision
deficiencies. A colour never carries a meaning alone: a letter, a number or a shape says the same.
"""

from __future__ import annotations

from typing import Final

from pose_core.skeleton import Side

__all__ = ["DOT", "EDGE", "GROUND", "LINE", "PAIR", "PEOPLE", "SIDES", "rgb"]

SIDES: Final[dict[Side, str]] = {"left": "#0072B2", "right": "#E69F00", "middle": "#8A8F98"}
#: One colour per person, in order; without the two of the sides.
PEOPLE: Final[tuple[str, ...]] = ("#D55E00", "#56B4E9", "#F0E442", "#009E73", "#CC79A7")
#: Of two settings that are compared, A's and B's.
PAIR: Final = (PEOPLE[3], PEOPLE[4])
DOT: Final = "#FF3B30"  # of the classic skeleton of a single person
LINE: Final = "#FFFFFF"
EDGE: Final = "#1A1D21"
GROUND: Final = "#181B20"  # behind a skeleton without its picture


def rgb(colour: str) -> tuple[int, int, int]:
    """``"#RRGGBB"`` as three numbers from 0 to 255.

    Examples
    --------
    >>> rgb("#0072B2")
    (0, 114, 178)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)

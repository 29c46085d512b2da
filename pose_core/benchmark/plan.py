"""What a benchmark measures: which cells, how often and how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final, Literal, get_args

from pose_core.errors import SettingsError
from pose_core.settings import VARIANTS, Variant, check_range

__all__ = [
    "LIVE_HEIGHTS_PX",
    "MODES",
    "PRESETS",
    "SIZES_WH",
    "WARM_UP_FRAMES",
    "Cell",
    "Mode",
    "Plan",
    "Preset",
    "check_size",
    "make_plan",
]

Mode = Literal["video", "photo"]
Preset = Literal["quick", "standard", "thorough"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
PRESETS: Final[tuple[Preset, ...]] = get_args(Preset)
Size = tuple[int, int]
SIZES_WH: Final[tuple[Size, ...]] = ((320, 240), (640, 480), (1280, 720), (1920, 1080))
_MIDDLE_WH: Final[Size] = (640, 480)
#: Heights that the Live page offers; only these can be recommended for it.
LIVE_HEIGHTS_PX: Final = (360, 480, 720)
_SHORTEST_PX: Final = 64
_LONGEST_PX: Final = 3840
#: Frames at the start of each visit that do not count: the detector runs, and caches and the encoder's rate settle.
WARM_UP_FRAMES: Final = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination to measure.

    Attributes
    ----------
    size_wh : tuple of int
        Of the picture in pixels.
    model : {"lite", "full", "heavy"}
    mode : {"video", "photo"}
        A stream, tracked from frame to frame, or each frame as a single picture.
    people : int
        How many people the model looks for.
    """

    size_wh: Size
    model: Variant = "full"
    mode: Mode = "video"
    people: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does, and for how long.

    Attributes
    ----------
    preset : {"quick", "standard", "thorough"}
    cells : tuple of Cell
    rounds : int
        Every cell is visited once in each round.
    visit_frames : int
        Least number of frames to measure in a visit.
    visit_s : float
        Shortest time to measure in a visit.
    source_frames : int
        Most frames to take from the source.
    scaling : tuple of int
        Numbers of simultaneous streams to try.
    scaling_s : float
        How long to measure each of these.
    small_frames : int
        On how many pictures to measure the drift in small pictures.
    """

    preset: Preset
    cells: tuple[Cell, ...]
    rounds: int
    visit_frames: int
    visit_s: float
    source_frames: int
    scaling: tuple[int, ...]
    scaling_s: float
    small_frames: int

    @property
    def scaling_cell(self) -> Cell:
        """The cell that several streams run: the Live page's default, unless only other video cells are measured."""
        middle = Cell(_MIDDLE_WH)
        streams = [cell for cell in self.cells if cell.mode == "video"]
        return middle if middle in streams or not streams else streams[0]

    @property
    def sizes_wh(self) -> tuple[Size, ...]:
        """All sizes needed, each once."""
        cells = (*self.cells, *((self.scaling_cell,) if self.scaling else ()))
        return tuple(dict.fromkeys(cell.size_wh for cell in cells))


def _grid(
    sizes: Sequence[Size], models: Sequence[Variant], modes: Sequence[Mode], people: Sequence[int]
) -> tuple[Cell, ...]:
    return tuple(Cell(*chosen) for chosen in product(sizes, models, modes, people))


_QUICK: Final = (
    *_grid(SIZES_WH[:3], ("full",), ("video",), (1,)),
    Cell(_MIDDLE_WH, "lite"),
    Cell(_MIDDLE_WH, "heavy"),
    Cell(_MIDDLE_WH, "full", "photo"),
)
_STANDARD: Final = (
    *_grid(SIZES_WH, VARIANTS, ("video",), (1,)),
    *_grid(SIZES_WH, ("full",), ("photo",), (1,)),
    Cell(_MIDDLE_WH, people=2),
    Cell((1280, 720), people=2),
)
_PLANS: Final[dict[Preset, Plan]] = {
    "quick": Plan("quick", _QUICK, 3, 10, 0.3, 40, (1, 3, 6), 0.9, 3),
    "standard": Plan("standard", _STANDARD, 4, 25, 0.8, 75, (1, 2, 3, 4, 6, 8), 2.0, 6),
    "thorough": Plan(
        "thorough",
        _grid(SIZES_WH, VARIANTS, MODES, (1, 2)),
        6,
        40,
        1.2,
        225,
        (1, 2, 3, 4, 5, 6, 7, 8),
        4.0,
        12,
    ),
}


def check_size(width: int, height: int) -> Size:
    """The size as a pair, if it can be measured.

    Raises
    ------
    SettingsError
        If a side is shorter than 64 or longer than 3840 pixels, or odd, which video does not allow.
    """
    for name, side in (("Width", width), ("Height", height)):
        check_range(name, side, _SHORTEST_PX, _LONGEST_PX, unit="pixels", code="benchmark_size")
    if width % 2 or height % 2:
        raise SettingsError(
            "benchmark_size_odd",
            "Width and height must be even for video; got {width} x {height}. "
            "Try {even_width} x {even_height}, for example.",
            width=width,
            height=height,
            even_width=width - width % 2,
            even_height=height - height % 2,
        )
    return width, height


def make_plan(
    preset: Preset,
    *,
    sizes_wh: Sequence[Size] | None = None,
    models: Sequence[Variant] | None = None,
    modes: Sequence[Mode] | None = None,
    people: Sequence[int] | None = None,
) -> Plan:
    """The plan of a preset; if any choice is given, the full grid of the choices, measured as long as the preset says.

    Parameters
    ----------
    preset : {"quick", "standard", "thorough"}
    sizes_wh, models, modes, people : sequence, optional
        If only some are given, the others are 640x480, ``"full"``, ``"video"`` and 1.

    Raises
    ------
    SettingsError
        If a choice is empty or a size cannot be measured.
    """
    plan = _PLANS[preset]
    chosen = (sizes_wh, models, modes, people)
    if all(choice is None for choice in chosen):
        return plan
    if any(choice is not None and not choice for choice in chosen):
        raise SettingsError(
            "benchmark_nothing",
            "At least one size, model, kind and number of people must be chosen; one of them is empty. "
            "Choose one of each.",
        )
    cells = _grid(
        [check_size(*size) for size in dict.fromkeys(sizes_wh or (_MIDDLE_WH,))],
        models or ("full",),
        modes or ("video",),
        people or (1,),
    )
    return replace(plan, cells=cells)

"""What all tables to download share: cells and digits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

__all__ = [
    "DEFAULT_DIGITS",
    "DIGITS",
    "CellValue",
    "flat_rows",
    "number_cell",
    "plain_text",
]

#: Decimals: a hundredth of a pixel, a tenth of a millimetre, and for the rest what float32 can resolve.
DIGITS: Final = {
    "time_s": 3,
    "x_px": 2,
    "y_px": 2,
    "x_raw_px": 2,
    "y_raw_px": 2,
    "world_x_m": 4,
    "world_y_m": 4,
    "world_z_m": 4,
}
DEFAULT_DIGITS: Final = 6

CellValue = float | int | str | None


def number_cell(value: float, digits: int) -> float | None:
    """A rounded number; None, an empty cell, where it is not finite."""
    return round(float(value), digits) if math.isfinite(value) else None


def plain_text(value: CellValue) -> CellValue:
    """Text that a spreadsheet will not take for a formula, and without characters that XLSX cannot hold."""
    if not isinstance(value, str):
        return value
    text = "".join(c for c in value if c.isprintable())
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def flat_rows(prefix: str, value: object) -> Iterator[tuple[str, CellValue]]:
    """Nested mappings as rows of ``outer.inner`` and value; lists become one text."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flat_rows(f"{prefix}.{key}" if prefix else str(key), inner)
    elif isinstance(value, list | tuple):
        yield prefix, ", ".join(map(str, value))
    else:
        yield prefix, value if isinstance(value, int | float | str) or value is None else str(value)

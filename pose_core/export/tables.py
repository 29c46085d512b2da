"""What all tables to download share: cells, digits, and the sheets of a workbook."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final

__all__ = [
    "DEFAULT_DIGITS",
    "DIGITS",
    "CellValue",
    "fill_sheet",
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

_WIDEST: Final = 60
#: Columns are as wide as their heading and first rows need; a sheet can have tens of thousands of rows.
_ROWS_LOOKED_AT: Final = 200


def number_cell(value: float, digits: int) -> float | None:
    """A rounded number; None, an empty cell, where it is not finite."""
    return round(float(value), digits) if math.isfinite(value) else None


def plain_text(value: CellValue) -> CellValue:
    """Text that a spreadsheet will not take for a formula, and without characters that XLSX cannot hold."""
    if not isinstance(value, str):
        return value
    text = "".join(c for c in value if c.isprintable())
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def fill_sheet(sheet: Any, header: Sequence[str], rows: Iterable[Sequence[CellValue]]) -> None:
    """Write a bold header that stays in view, and the rows.

    Parameters
    ----------
    sheet : openpyxl.worksheet.WriteOnlyWorksheet
        New and empty. The write-only kind keeps no cell in memory, and needs its formatting set before the first row.
    header : sequence of str
    rows : iterable of sequences
        Texts are made harmless by `plain_text`.
    """
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    remaining = iter(rows)
    first = list(islice(remaining, _ROWS_LOOKED_AT))
    sheet.freeze_panes = "A2"
    for number, heading in enumerate(header, start=1):
        texts = [heading, *(str(row[number - 1]) for row in first if row[number - 1] is not None)]
        sheet.column_dimensions[get_column_letter(number)].width = min(_WIDEST, max(map(len, texts)) + 3)
    headings = [WriteOnlyCell(sheet, plain_text(heading)) for heading in header]
    for cell in headings:
        cell.font = Font(bold=True)
    sheet.append(headings)
    for row in chain(first, remaining):
        sheet.append([plain_text(cell) for cell in row])


def flat_rows(prefix: str, value: object) -> Iterator[tuple[str, CellValue]]:
    """Nested mappings as rows of ``outer.inner`` and value; lists become one text."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flat_rows(f"{prefix}.{key}" if prefix else str(key), inner)
    elif isinstance(value, list | tuple):
        yield prefix, ", ".join(map(str, value))
    else:
        yield prefix, value if isinstance(value, int | float | str) or value is None else str(value)

"""XLSX workbooks, written in memory: sheets of numbers and text with a bold header that stays in view.

Libraries that write large workbooks put each sheet into a temporary file first, and what is found in a picture must not
reach the disk. The format is Office Open XML (ECMA-376), with texts inside their cells.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from pose_core.export.tables import CellValue, plain_text

__all__ = ["Workbook"]

_WIDEST: Final = 60
#: Columns are as wide as their heading and first rows need; a sheet can have tens of thousands of rows.
_ROWS_LOOKED_AT: Final = 200
#: Rows are compressed so many at a time.
_ROWS_AT_ONCE: Final = 500
_MAX_ROWS: Final = 1_048_576
#: What a sheet may be called.
_TITLE: Final = re.compile(r"[^\[\]:*?/\\]{1,31}")

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
#: Two styles of cells: plain, and bold.
_STYLES: Final = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class Workbook:
    """A workbook that grows sheet by sheet; no row is kept, only what is written of it.

    Examples
    --------
    >>> book = Workbook()
    >>> book.add("Angles", ["joint", "degrees"], [["knee", 92.5], ["hip", None]])
    >>> book.finish()[:2]
    b'PK'
    """

    def __init__(self) -> None:
        self._file = io.BytesIO()
        self._archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)
        self._titles: list[str] = []

    def add(self, title: str, header: Sequence[str], rows: Iterable[Sequence[CellValue]]) -> None:
        r"""Write the next sheet.

        Parameters
        ----------
        title : str
            1 to 31 characters, none of ``[]:*?/\``, and not that of another sheet.
        header : sequence of str
        rows : iterable of sequences
            Each as long as the header. Texts are made harmless by `pose_core.export.tables.plain_text`; None and
            numbers that are not finite are empty cells.

        Raises
        ------
        ValueError
            If the title cannot be one, or there are more rows than a sheet holds.
        """
        if not _TITLE.fullmatch(title) or title.lower() in (other.lower() for other in self._titles):
            raise ValueError(
                f"title must have 1 to 31 characters, none of []:*?/\\, and be new; got {title!r}."
            )
        self._titles.append(title)
        remaining = iter(rows)
        first = list(islice(remaining, _ROWS_LOOKED_AT))
        letters = _letters(len(header))
        entry = _entry(f"xl/worksheets/sheet{len(self._titles)}.xml")
        with ExitStack() as given_up:
            given_up.callback(self._archive.close)
            with self._archive.open(entry, "w") as part:
                part.write(_sheet_head(header, first).encode())
                part.write(_row(letters, 1, header, ' s="1"').encode())
                numbered = enumerate(chain(first, remaining), start=2)
                while some := "".join(
                    _row(letters, number, row) for number, row in islice(numbered, _ROWS_AT_ONCE)
                ):
                    part.write(some.encode())
                part.write(b"</sheetData></worksheet>")
            given_up.pop_all()

    def finish(self) -> bytes:
        """The file; nothing can be added afterwards.

        Raises
        ------
        ValueError
            If it has no sheet: programs refuse such a file.
        """
        if not self._titles:
            raise ValueError("A workbook must have a sheet; it has none.")
        numbers = range(1, len(self._titles) + 1)
        types = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>'
            for n in numbers
        )
        sheets = "".join(
            f'<sheet name={quoteattr(title)} sheetId="{n}" r:id="rId{n}"/>'
            for n, title in zip(numbers, self._titles, strict=True)
        )
        links = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
        links.append((f"rId{len(numbers) + 1}", "styles", "styles.xml"))
        for name, text in (
            (
                "[Content_Types].xml",
                f'<Types xmlns="{_PACKAGE}/content-types">'
                '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                '<Default Extension="xml" ContentType="application/xml"/>'
                f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>{types}'
                f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/></Types>',
            ),
            ("_rels/.rels", _links([("rId1", "officeDocument", "xl/workbook.xml")])),
            (
                "xl/workbook.xml",
                f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
            ),
            ("xl/_rels/workbook.xml.rels", _links(links)),
            ("xl/styles.xml", _STYLES.removeprefix(_HEAD)),
        ):
            self._archive.writestr(_entry(name), _HEAD + text)
        self._archive.close()
        return self._file.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """A part without the time at which it was written: equal content gives an equal file."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _links(links: Iterable[tuple[str, str, str]]) -> str:
    inside = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for name, kind, target in links
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _letters(count: int) -> list[str]:
    """Names of the first columns: A to Z, AA, AB and so on."""

    def name(number: int) -> Iterator[str]:
        while number:
            number, letter = divmod(number - 1, 26)
            yield chr(ord("A") + letter)

    return ["".join(name(number))[::-1] for number in range(1, count + 1)]


def _sheet_head(header: Sequence[str], first: Sequence[Sequence[CellValue]]) -> str:
    widths = []
    for column, heading in enumerate(header):
        texts = [heading, *(str(row[column]) for row in first if row[column] is not None)]
        widths.append(min(_WIDEST, max(map(len, texts)) + 3))
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, 1)
    )
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"{f'<cols>{columns}</cols>' if columns else ''}<sheetData>"
    )


def _row(letters: Sequence[str], number: int, row: Sequence[CellValue], style: str = "") -> str:
    if number > _MAX_ROWS:
        raise ValueError(f"A sheet must have at most {_MAX_ROWS} rows; got more. Leave some out.")
    cells = []
    for letter, value in zip(letters, row, strict=True):
        if isinstance(value, str):
            text = escape(str(plain_text(value)))
            cells.append(
                f'<c r="{letter}{number}"{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
            )
        elif value is not None and math.isfinite(value):
            cells.append(f'<c r="{letter}{number}"{style}><v>{value + 0}</v></c>')  # a truth value is 1 or 0
    return f'<row r="{number}">{"".join(cells)}</row>'

"""A workbook is read back as it was written, and leaves no trace on the disk."""

from __future__ import annotations

import io
import math
import tempfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from pose_core.export.tables import CellValue
from pose_core.export.workbook import Workbook


def written(header: list[str], *rows: list[CellValue], title: str = "a") -> Worksheet:
    book = Workbook()
    book.add(title, header, rows)
    (sheet,) = load_workbook(io.BytesIO(book.finish())).worksheets
    return sheet


def values(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


def test_numbers_texts_and_gaps_are_read_back() -> None:
    rows: list[list[CellValue]] = [
        [1, -2.5, "左膝 <&>\"'"],
        [None, 1e-7, " two  spaces "],
        [True, 12_345_678.25, None],
    ]
    sheet = written(["a", "b", "c"], *rows)
    assert values(sheet) == [("a", "b", "c"), *(tuple(row) for row in rows)]
    assert (sheet["A2"].data_type, sheet["B3"].data_type, sheet["C2"].data_type) == ("n", "n", "s")


def test_numbers_that_are_none_are_empty_cells() -> None:
    assert values(written(["a", "b", "c"], [math.nan, math.inf, 1]))[1:] == [(None, None, 1)]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@a"])
def test_a_text_is_no_formula(text: str) -> None:
    sheet = written([text], [text])
    assert {cell.value for cell in sheet["A"]} == {f"'{text}"}
    assert {cell.data_type for cell in sheet["A"]} == {"s"}


def test_characters_that_no_sheet_can_hold_are_left_out() -> None:
    assert values(written(["a\x00\ud800b"], ["c\x1bd"])) == [("ab",), ("cd",)]


def test_the_header_is_bold_and_stays_in_view_and_columns_are_as_wide_as_their_text() -> None:
    sheet = written(["short", "b"], ["x" * 30, 1.5])
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert not sheet["A2"].font.bold
    assert sheet.column_dimensions["A"].width == 33
    assert sheet.column_dimensions["B"].width == 6


def test_columns_beyond_the_alphabet_keep_their_places() -> None:
    sheet = written([f"c{n}" for n in range(800)], list(range(800)))
    assert [sheet[f"{letters}2"].value for letters in ("Z", "AA", "AZ", "BA", "ZZ", "AAA")] == [
        25,
        26,
        51,
        52,
        701,
        702,
    ]


def test_long_sheets_are_whole_and_sheets_keep_their_order() -> None:
    book = Workbook()
    for title in ("角度", "b & c"):
        book.add(title, ["n"], ([n] for n in range(1234)))
    sheets = load_workbook(io.BytesIO(book.finish())).worksheets
    assert [sheet.title for sheet in sheets] == ["角度", "b & c"]
    assert all([row[0] for row in values(sheet)[1:]] == list(range(1234)) for sheet in sheets)


def test_no_file_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(FileNotFoundError), tempfile.TemporaryFile():  # as a library would make one
        pass
    assert values(written(["a"], *([n] for n in range(5000))))[-1] == (4999,)


def test_equal_content_gives_an_equal_file() -> None:
    def one() -> bytes:
        book = Workbook()
        book.add("a", ["b"], [[1]])
        return book.finish()

    assert one() == one()


@pytest.mark.parametrize("title", ["", "x" * 32, "a/b", "[a]", "A"])
def test_a_title_that_programs_refuse_is_refused(title: str) -> None:
    book = Workbook()
    book.add("a", [], [])
    with pytest.raises(ValueError, match="title must"):
        book.add(title, [], [])


def test_a_workbook_without_sheets_is_none() -> None:
    with pytest.raises(ValueError, match="must have a sheet"):
        Workbook().finish()


def test_a_row_that_does_not_fit_its_header_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="longer"):
        written(["a"], *([n] for n in range(300)), [1, 2])

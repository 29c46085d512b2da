"""JSON of large arrays, written in small parts, so that no live picture freezes while someone saves a file."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

import numpy as np
import orjson

__all__ = ["write_json"]

#: orjson lets no other thread work while it writes: for 0.3 ms with this many numbers at a time.
_NUMBERS_AT_ONCE: Final = 10_000


def write_json(file: BinaryIO, value: Any) -> None:
    """Write a value as JSON, UTF-8, with a line for each field.

    Parameters
    ----------
    file : binary file
    value
        Mappings, iterators (written as lists, an item at a time), arrays of numbers, and anything that orjson takes.
        NaN becomes null.
    """
    if isinstance(value, Mapping):
        _write_all(file, b"{}", ((orjson.dumps(key) + b": ", inner) for key, inner in value.items()))
    elif isinstance(value, Iterator):
        _write_all(file, b"[]", ((b"", inner) for inner in value))
    elif isinstance(value, np.ndarray):
        _write_array(file, value)
    else:
        file.write(orjson.dumps(value))


def _write_all(file: BinaryIO, brackets: bytes, items: Iterator[tuple[bytes, Any]]) -> None:
    file.write(brackets[:1])
    for number, (before, inner) in enumerate(items):
        file.write((b",\n" if number else b"\n") + before)
        write_json(file, inner)
    file.write(brackets[1:])


def _write_array(file: BinaryIO, array: np.ndarray[Any, Any]) -> None:
    rows_at_once = max(1, _NUMBERS_AT_ONCE * len(array) // max(1, array.size))
    file.write(b"[")
    for start in range(0, len(array), rows_at_once):
        rows = orjson.dumps(array[start : start + rows_at_once], option=orjson.OPT_SERIALIZE_NUMPY)
        file.write((b"," if start else b"") + rows[1:-1])
        time.sleep(0)  # threads that wait for the interpreter get it now, and not in turns of 5 ms
    file.write(b"]")

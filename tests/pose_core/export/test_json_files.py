"""JSON written in parts is the JSON of the whole."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest

from pose_core.export.json_files import write_json


def written(value: Any) -> Any:
    file = io.BytesIO()
    write_json(file, value)
    return json.loads(file.getvalue().decode("utf-8"), parse_constant=lambda name: pytest.fail(name))


@pytest.mark.parametrize(
    "shape", [(0,), (1,), (10_000,), (10_001,), (0, 33), (2, 33), (1000, 33), (3, 20_000)]
)
def test_an_array_of_any_length_is_a_list(shape: tuple[int, ...]) -> None:
    array = np.round(np.random.default_rng(0).normal(size=shape), 4)
    assert written(array) == array.tolist()


def test_unknown_numbers_are_null() -> None:
    assert written(np.array([[1.5, np.nan], [np.inf, -2.0]])) == [[1.5, None], [None, -2.0]]


def test_fields_keep_their_order_and_text_its_characters() -> None:
    value = {"b": {"名": '左肩 "quoted"\n'}, "a": [1, None, True], "none": {}, "frame": np.arange(3)}
    shown = written(value)
    assert shown == value | {"frame": [0, 1, 2]}
    assert list(shown) == list(value)


def test_an_iterator_is_a_list_whose_items_are_made_one_at_a_time() -> None:
    file = io.BytesIO()
    sizes = []

    def people() -> Any:
        for number in (1, 2, 3):
            sizes.append(file.tell())
            yield {"person": number, "x_px": np.zeros(2)}

    write_json(file, {"people": people(), "nobody": iter(())})
    assert json.loads(file.getvalue()) == {
        "people": [{"person": number, "x_px": [0.0, 0.0]} for number in (1, 2, 3)],
        "nobody": [],
    }
    assert sizes == sorted(set(sizes)), "the first is written before the second is made"

"""A declaration says everything, in JSON or TOML; what is missing, unknown or impossible is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pose_core.errors import BundleError
from pose_core.evaluation.own.declaration import DECODERS, example, read_declaration
from tests.support.networks import declared
from tests.support.paths import ROOT


def code_of(data: bytes) -> str:
    with pytest.raises(BundleError) as caught:
        read_declaration(data)
    return caught.value.code


@pytest.mark.parametrize("decoder", DECODERS)
def test_json_and_toml_are_read_alike(decoder: str) -> None:
    value = declared(decoder)
    toml = "\n".join(f"{name} = {json.dumps(one)}" for name, one in value.items())
    assert read_declaration(json.dumps(value).encode()) == read_declaration(toml.encode())


@pytest.mark.parametrize("decoder", DECODERS)
def test_nothing_is_guessed(decoder: str) -> None:
    for name in declared(decoder):
        value = declared(decoder)
        del value[name]
        assert code_of(json.dumps(value).encode()) == "declaration_wrong", name


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"decoder": "heatmap"}, "decoder"),
        ({"widht": 64}, "widht"),
        ({"width": 100_000}, "width"),
        ({"width": "64"}, "width"),
        ({"mean": [0, 0]}, "mean"),
        ({"std": [1, 0, 1]}, "std"),
        ({"split": 0}, "split"),
        ({"outputs": ["x"]}, "outputs"),
        ({"joints": ["nose", "nose"]}, "joints"),
        ({"confidence": 2}, "confidence"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_named(more: dict[str, Any], place: str) -> None:
    with pytest.raises(BundleError) as caught:
        read_declaration(json.dumps(declared("simcc", **more)).encode())
    assert caught.value.code == "declaration_wrong"
    assert place in str(caught.value)


def test_numbers_that_are_none_are_refused() -> None:
    toml = "\n".join(f"{name} = {json.dumps(one)}" for name, one in declared("simcc").items())
    assert code_of(toml.replace("255.0", "nan").encode()) == "declaration_wrong"
    assert code_of(toml.replace("255.0", "inf").encode()) == "declaration_wrong"


def test_yolo_needs_an_overlap_only_for_raw_rows_and_a_person_among_its_classes() -> None:
    value = declared("yolo_pose", rows="final")
    del value["overlap"]
    read_declaration(json.dumps(value).encode())
    assert code_of(json.dumps(declared("yolo_pose", person=1)).encode()) == "declaration_wrong"


def test_joints_of_which_none_can_be_compared_are_refused() -> None:
    assert code_of(json.dumps(declared("simcc", joints=["neck", "tail"])).encode()) == "declaration_joints"


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff\xfe", b"a = [" * 5000, b"{" + b" " * 70_000 + b"}", b"nothing at all"],
    ids=["empty", "cut", "bytes", "deep", "large", "text"],
)
def test_what_is_neither_json_nor_toml_is_refused(data: bytes) -> None:
    assert code_of(data) in ("declaration_broken", "declaration_wrong")


@pytest.mark.parametrize("decoder", DECODERS)
def test_the_examples_are_complete_and_every_key_is_documented(decoder: str) -> None:
    declaration = read_declaration(example(decoder))
    assert declaration.decoder == decoder
    assert len(declaration.keypoints.joints) == 17
    text = (ROOT / "docs" / "validate.md").read_text("utf-8")
    for name in type(declaration).model_fields:
        assert f"`{name}`" in text, name

"""The catalogue: complete in both languages, and in step with the code that uses it."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

import pytest

from ops.jobs import NoSuchJobError
from pose_core.errors import PictureError, PoseCoreError
from pose_core.export.photos import COLUMNS
from pose_core.geometry.angles import ANGLE_NAMES
from pose_core.performer.samples import SAMPLES
from pose_core.skeleton import LANDMARK_NAMES
from pose_ui.texts import LANGUAGES, Translator, catalogue
from tests.support.paths import ROOT

SOURCES = [
    ROOT / "dashboard.py",
    *(f for folder in ("pages", "pose_ui", "ops", "pose_core") for f in (ROOT / folder).rglob("*.py")),
]

#: Mistakes in a program that calls pose_core, which a visitor of a page cannot make.
PROGRAMMERS_ONLY = ("performer_", "sample_unknown")


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _calls() -> Iterator[ast.Call]:
    for file in SOURCES:
        yield from (
            node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)
        )


def _raised() -> dict[str, set[str]]:
    """Code of each error, with the values that it has everywhere it is raised."""
    names = {cls.__name__ for cls in (PoseCoreError, NoSuchJobError, *PoseCoreError.__subclasses__())}
    found: dict[str, set[str]] = {}
    for call in _calls():
        if not isinstance(call.func, ast.Name):
            continue
        if call.func.id == "check_range":
            codes = [ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg == "code"]
            found[codes[0] if codes else "setting_range"] = {"name", "low", "high", "value"}
        elif call.func.id in names and call.args and ast.unparse(call.args[0]) != "code":  # as in check_range
            code = ast.literal_eval(call.args[0])
            if code.startswith(PROGRAMMERS_ONLY):
                continue
            values = {keyword.arg for keyword in call.keywords if keyword.arg}
            found[code] = found.get(code, values) & values
    return found


@pytest.mark.parametrize("key", [key for key in catalogue() if not key.startswith("error.")])
def test_text_exists_in_every_language_with_the_same_fields(key: str) -> None:
    texts = catalogue()[key]
    assert set(texts) == set(LANGUAGES)
    assert all(text.strip() for text in texts.values())
    assert _fields(texts["en"]) == _fields(texts["zh"])


def test_each_error_has_a_chinese_sentence_that_its_values_can_fill() -> None:
    raised = _raised()
    assert len(raised) > 10
    for code, values in raised.items():
        assert _fields(catalogue()[f"error.{code}"]["zh"]) <= values, code


def test_catalogue_has_no_sentence_for_errors_that_are_never_raised() -> None:
    assert {key.removeprefix("error.") for key in catalogue() if key.startswith("error.")} == set(_raised())


def test_the_catalogue_has_every_key_in_the_code_and_no_unused_text() -> None:
    literal: set[str] = set()
    patterns: set[str] = set()
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                literal.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [re.escape(p.value) if isinstance(p, ast.Constant) else r"\w+" for p in node.values]
                patterns.add("".join(parts))
    requested = {
        call.args[0].value
        for call in _calls()
        if isinstance(call.func, ast.Name)
        and call.func.id in ("t", "translate")
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    assert requested <= set(catalogue())
    dotted = re.compile("|".join(pattern for pattern in patterns if re.match(r"\w+\\\.", pattern)))
    unused = {key for key in catalogue() if key not in literal and not dotted.fullmatch(key)}
    assert unused == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_composed_in_code_has_a_text(language: str) -> None:
    t = Translator("zh" if language == "zh" else "en")
    for key in (
        *(f"landmark.{name}" for name in LANDMARK_NAMES),
        *(f"angle.{name}" for name in ANGLE_NAMES),
        *(f"column.{name}" for name in COLUMNS),
        *(f"sample.{sample.id}" for sample in SAMPLES),
    ):
        assert t(key)


def test_an_error_is_shown_in_the_language_of_the_reader() -> None:
    error = PictureError("picture_empty", "It is empty.")
    assert Translator("en").error(error) == "It is empty."
    assert Translator("zh").error(error).startswith("需要一个图片文件")


def test_one_person_is_singular() -> None:
    t = Translator("en")
    assert (t.people(1), t.people(2)) == ("1 person", "2 people")

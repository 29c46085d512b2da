"""Every text on the screen, in English and Chinese, from one catalogue: the ``.toml`` files next to this module."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

from pose_core.errors import PoseCoreError

__all__ = ["LANGUAGES", "LANGUAGE_NAMES", "Language", "Translator", "catalogue"]

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
LANGUAGE_NAMES: Final[dict[Language, str]] = {"en": "English", "zh": "中文"}


def _leaves(tree: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    for key, value in tree.items():
        assert isinstance(value, dict)
        name = f"{prefix}{key}"
        if all(isinstance(inner, str) for inner in value.values()):
            yield name, value
        else:
            yield from _leaves(value, f"{name}.")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All texts: key to language to text. Errors carry their own English sentence, so they have only ``zh``."""
    texts: dict[str, dict[str, str]] = {}
    for file in sorted(Path(__file__).parent.glob("*.toml")):
        for key, text in _leaves(tomllib.loads(file.read_text(encoding="utf-8"))):
            assert key not in texts, f"{key} is in the catalogue twice"
            texts[key] = text
    return texts


class Translator:
    """Callable that turns a key and values into a text in one language.

    Parameters
    ----------
    language : {"en", "zh"}
    """

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def __call__(self, key: str, /, **values: object) -> str:
        """Text of `key` with its ``{fields}`` filled in; KeyError if it is not in the catalogue."""
        text = catalogue()[key][self.language]
        return text.format(**values) if values else text

    def error(self, error: PoseCoreError) -> str:
        """The sentence that an error says."""
        if self.language == "en":
            return str(error)
        return catalogue()[f"error.{error.code}"][self.language].format(**error.values)

    def people(self, count: int) -> str:
        """``"1 person"``, ``"2 people"``."""
        return self("count.person" if count == 1 else "count.people", count=count)

    def pictures(self, count: int) -> str:
        """``"1 picture"``, ``"2 pictures"``."""
        return self("count.picture" if count == 1 else "count.pictures", count=count)

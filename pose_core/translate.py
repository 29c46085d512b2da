"""How `pose_core` asks for texts: its figures and files take the words of a language as an argument."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Translate", "untranslated"]


class Translate(Protocol):
    """From a key of the catalogue, and the values its sentence speaks about, to the text that a person reads."""

    def __call__(self, key: str, /, **values: object) -> str:
        """Text of `key` with its ``{fields}`` filled in."""
        ...


def untranslated(key: str, /, **values: object) -> str:
    """The key itself: a `Translate` for programs, which look things up by it.

    Examples
    --------
    >>> untranslated("angle.left_knee")
    'angle.left_knee'
    """
    return key

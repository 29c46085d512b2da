"""How `pose_core` gets its texts: figures and files take a `Translate` as an argument."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Translate", "untranslated"]


class Translate(Protocol):
    """Turns a key of the catalogue, and the values that its sentence mentions, into the text that a person reads."""

    def __call__(self, key: str, /, **values: object) -> str:
        """Text of `key` with its ``{fields}`` filled in."""
        ...


def untranslated(key: str, /, **values: object) -> str:
    """The key itself: a `Translate` for programs, which look things up by key.

    Examples
    --------
    >>> untranslated("angle.left_knee")
    'angle.left_knee'
    """
    return key

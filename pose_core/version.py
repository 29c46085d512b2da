"""The version of PoseDeck, the same as in pyproject.toml."""

from typing import Final

__all__ = ["VERSION"]

VERSION: Final = "0.1.0"

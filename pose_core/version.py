"""The version of PoseDeck, as pyproject.toml has it too."""

from typing import Final

__all__ = ["VERSION"]

VERSION: Final = "0.1.0"

"""Names for files to download, made from the name of an uploaded file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

__all__ = ["safe_stem", "unique_stems"]

_RESERVED: Final = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"com{i}" for i in range(10)),
    *(f"lpt{i}" for i in range(10)),
}
_LONGEST_STEM: Final = 60


def safe_stem(name: str) -> str:
    """A file name's stem that is harmless on every system.

    Parameters
    ----------
    name : str
        As a browser sent it; may hold paths, control characters or reserved names.

    Returns
    -------
    str
        At most 60 letters (of any script), digits, ``-`` and ``_``; ``"picture"`` where nothing is left.

    Examples
    --------
    >>> safe_stem("../../etc/pass wd.jpg"), safe_stem("深蹲 1.png"), safe_stem("..."), safe_stem("CON.png")
    ('pass_wd', '深蹲_1', 'picture', 'picture_con')
    """
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    stem = base.rsplit(".", 1)[0] if "." in base else base
    stem = re.sub(r"[^\w-]+", "_", stem).strip("_-")[:_LONGEST_STEM].rstrip("_-")
    if stem.lower() in _RESERVED:
        return f"picture_{stem.lower()}"
    return stem or "picture"


def unique_stems(names: Sequence[str]) -> list[str]:
    """`safe_stem` of each name, numbered where two would be the same on a system that ignores case; at most as long.

    Examples
    --------
    >>> unique_stems(["a.jpg", "A.png", "b.jpg"])
    ['a', 'A_2', 'b']
    """
    taken: set[str] = set()
    stems = []
    for name in names:
        stem = candidate = safe_stem(name)
        number = 2
        while candidate.casefold() in taken:
            suffix = f"_{number}"
            candidate = stem[: _LONGEST_STEM - len(suffix)] + suffix
            number += 1
        taken.add(candidate.casefold())
        stems.append(candidate)
    return stems

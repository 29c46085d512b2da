"""EXIF's orientation of a picture file, for annotations that were made on the picture before it was turned upright."""

from __future__ import annotations

import re
import struct
from typing import Final

__all__ = ["exif_orientation"]

_TAG: Final = 0x0112
_SEARCHED_BYTES: Final = 2**20
#: What comes before EXIF's own header in JPEG, PNG and WebP.
_EXIF: Final = re.compile(rb"(?:Exif\0\0|eXIf|EXIF....)(II\*\0|MM\0\*)", re.DOTALL)
_MOST_ENTRIES: Final = 200


def exif_orientation(data: bytes) -> int:
    """Orientation of a JPEG, PNG or WebP file, 1 to 8; 1 if it states none that can be read."""
    head = data[:_SEARCHED_BYTES]
    found = _EXIF.search(head)
    if found is None:
        return 1
    start = found.start(1)
    order = "<" if found[1][:1] == b"I" else ">"
    try:
        at = start + struct.unpack_from(f"{order}I", head, start + 4)[0]
        (count,) = struct.unpack_from(f"{order}H", head, at)
        for entry in range(min(count, _MOST_ENTRIES)):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", head, at + 2 + 12 * entry)
            if tag == _TAG:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1

"""What both settings found, frame after frame, for the browser that draws them. Format: docs/overlay.md.

`pose_ui/side_by_side/sides_view.js` reads it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence

from pose_core.evaluation.side_by_side.looking import Seen
from pose_core.export.people_message import encode_people

__all__ = ["encode_sides", "read_sides"]


def encode_sides(seen: Sequence[Seen]) -> bytes:
    """The number of frames; for each the lengths of A's and B's message; then all messages, A's before B's.

    Numbers are unsigned, 4 bytes, little endian. The messages are those of
    `pose_core.export.people_message.encode_people`.
    """
    messages = [
        [encode_people(people, number, math.nan, math.nan) for people in one.people]
        for number, one in enumerate(seen)
    ]
    lengths = [len(message) for pair in messages for message in pair]
    head = struct.pack(f"<{1 + len(lengths)}I", len(seen), *lengths)
    return head + b"".join(message for pair in messages for message in pair)


def read_sides(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """A's and B's message of each frame."""
    (frames,) = struct.unpack_from("<I", data)
    lengths = struct.unpack_from(f"<{2 * frames}I", data, 4)
    at = 4 + 8 * frames
    for a, b in zip(lengths[::2], lengths[1::2], strict=True):
        yield data[at : at + a], data[at + a : at + a + b]
        at += a + b

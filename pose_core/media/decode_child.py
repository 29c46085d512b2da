"""The process that decodes pictures: a file in through its standard input, pixels out through its standard output.

Started by `pose_core.media.decoders`, which also says what goes through the pipes; it ends when its input ends.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from pathlib import Path
from typing import BinaryIO, Final

from pose_core.errors import PictureError

__all__ = ["ADDRESS_MB", "DAMAGED", "NO_MEMORY", "OK", "TOO_MUCH_WORK", "main"]

OK: Final = 0
DAMAGED: Final = 1
TOO_MUCH_WORK: Final = 2
NO_MEMORY: Final = 3
#: Address space of this process, beyond what it has at its start. The largest pictures need half of it.
ADDRESS_MB: Final = 1000
#: Whom the system ends first when memory runs out: this process rather than the server. From 0 to 1000.
_END_ME_FIRST: Final = "900"


def _limit_myself() -> None:
    # Ctrl+C and a stopped service reach the whole group. The server decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform != "linux":
        return
    import resource

    Path("/proc/self/oom_score_adj").write_text(_END_ME_FIRST, encoding="ascii")
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + ADDRESS_MB * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(
        resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard)
    )
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(data: bytes, out: _Whole) -> None:
    from pose_core.media.picture_pixels import TooMuchWorkError, UnreadableError, open_pixels

    try:
        pixels = open_pixels(data)
    except (UnreadableError, PictureError):
        status = DAMAGED
    except TooMuchWorkError:
        status = TOO_MUCH_WORK
    except MemoryError:
        status = NO_MEMORY
    else:
        out.write(struct.pack("<BII", OK, *pixels.size_wh))
        for strip in pixels.strips():
            out.write(strip)
        facts = json.dumps({"format": pixels.format, "notes": pixels.notes}).encode()
        out.write(struct.pack("<I", len(facts)) + facts)
        return
    out.write(struct.pack("<BII", status, 0, 0))


def main() -> None:
    """Decode one file after the other until the input ends."""
    from pose_core.media import picture_pixels  # noqa: F401 - before the limit, and before the first file

    _limit_myself()
    files = os.fdopen(os.dup(0), "rb")
    # Whatever a library prints must not end up among the pixels.
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    try:
        while head := files.read(8):
            (length,) = struct.unpack("<Q", head)
            _answer(files.read(length), _Whole(out))
    except (BrokenPipeError, struct.error):  # the server is gone
        pass
    except MemoryError:  # half an answer may be out: only the end of the process is unambiguous
        os._exit(NO_MEMORY)


class _Whole:
    """Writes all that it is given; a pipe takes a part at a time."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._raw.write(view) :]

"""The process that decodes pictures and checks clips: a file in through its standard input, pixels or figures out
through its standard output.

Started by `pose_core.media.decoders`, which also says what goes through the pipes; it ends when its input ends.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final

from pose_core.errors import ClipError, PictureError

__all__ = [
    "ADDRESS_MB",
    "CLIP",
    "CLIP_MB",
    "CLIP_OPEN_MB",
    "DAMAGED",
    "HEAD",
    "NO_MEMORY",
    "OK",
    "PICTURE",
    "REFUSED",
    "TOO_MUCH_WORK",
    "main",
]

#: What precedes a file: what to do with it, a clip's longest duration, and its length.
HEAD: Final = "<BdQ"
PICTURE: Final = 0
CLIP: Final = 1


OK: Final = 0
DAMAGED: Final = 1
TOO_MUCH_WORK: Final = 2
NO_MEMORY: Final = 3
REFUSED: Final = 4
#: Address space of this process, beyond what it has at its start. The largest pictures need half of it.
ADDRESS_MB: Final = 1000
#: The same while a clip is checked: 4096 x 4096 pixels with sixteen frames of reference take 300 MB.
CLIP_MB: Final = 400
#: Of these, what a clip may keep once it is open, beyond its own size; 4K takes 40 MB, of which most is a frame.
CLIP_OPEN_MB: Final = 100
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
    _limit_memory(ADDRESS_MB)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_bytes() -> int:
    """Address space of this process; 0 where it is unknown."""
    if sys.platform != "linux":
        return 0
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _limit_memory(megabytes: int) -> int:
    """From now on, so much more than there is; returns the limit before."""
    if sys.platform != "linux":
        return 0
    import resource

    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _address_bytes() + megabytes * 2**20
    _set_limit(limit if hard == resource.RLIM_INFINITY else min(limit, hard))
    return before


def _set_limit(limit: int) -> None:
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


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


def _answer_clip(data: bytes, longest_s: float, out: _Whole) -> None:
    from pose_core.media.clips import look_at_clip
    from pose_core.media.demux import opened

    status = OK
    answer: Mapping[str, object] = {}
    before = _limit_memory(CLIP_MB)
    try:
        start_bytes = _address_bytes()
        # To its end, for FFmpeg also takes notes on the way. If an allocation failed unnoticed, much more than allowed
        # was in use: FFmpeg enlarges its lists by doubling them.
        with opened(data) as (container, _):
            for _ in container.demux():
                pass
            kept_bytes = _address_bytes() - start_bytes - len(data)
        if kept_bytes > CLIP_OPEN_MB * 2**20:
            status = TOO_MUCH_WORK
        else:
            answer = look_at_clip(data, longest_s)
    except ClipError as error:
        status, answer = REFUSED, {"code": error.code, "sentence": str(error), "values": error.values}
    except MemoryError:
        status = NO_MEMORY
    finally:
        _set_limit(before)
    facts = json.dumps(answer).encode()
    out.write(struct.pack("<BII", status, len(facts), 0) + facts)
    gc.collect()  # a container and its decoders refer to each other; they take 10 to 100 MB


def main() -> None:
    """Answer one file after the other until the input ends."""
    from pose_core.media import picture_pixels  # noqa: F401 - before the limit, and before the first file

    _limit_myself()
    files = os.fdopen(os.dup(0), "rb")
    # Whatever a library prints must not end up among the pixels.
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    try:
        while head := files.read(struct.calcsize(HEAD)):
            job, longest_s, length = struct.unpack(HEAD, head)
            data = files.read(length)
            if job == CLIP:
                _answer_clip(data, longest_s, _Whole(out))
            else:
                _answer(data, _Whole(out))
            del data
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

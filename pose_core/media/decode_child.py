"""The process that decodes pictures and checks clips and films: a file in through its standard input, pixels or
figures out through its standard output.

Started by `pose_core.media.decoders`, which also says what goes through the pipes; it ends when its input ends.
"""

from __future__ import annotations

import gc
import json
import os
import struct
from collections.abc import Mapping
from typing import Final

from pose_core.errors import ClipError, PictureError
from pose_core.media.child_side import (
    HEAD,
    NO_MEMORY,
    OK,
    REFUSED,
    Whole,
    address_bytes,
    leave_signals_to_the_server,
    limit_memory,
    open_pipes,
    set_limit,
)

__all__ = [
    "ADDRESS_MB",
    "CLIP",
    "CLIP_MB",
    "CLIP_OPEN_MB",
    "DAMAGED",
    "FILM",
    "PICTURE",
    "TOO_MUCH_WORK",
    "main",
]

PICTURE: Final = 0
CLIP: Final = 1
FILM: Final = 2

DAMAGED: Final = 1
TOO_MUCH_WORK: Final = 2
#: Address space of this process, beyond what it has at its start. The largest pictures need half of it.
ADDRESS_MB: Final = 1000
#: The same while a clip or a film is checked, beyond its own size: 4096 x 4096 pixels with sixteen frames of reference
#: take 300 MB.
CLIP_MB: Final = 400
#: Of these, what a clip may keep once it is open, beyond its own size; 4K takes 40 MB, of which most is a frame.
CLIP_OPEN_MB: Final = 100


def _answer(data: bytes, out: Whole) -> None:
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


def _answer_video(job: int, data: bytes, longest_s: float, out: Whole) -> None:
    from pose_core.media.clips import look_at_clip
    from pose_core.media.demux import opened
    from pose_core.media.films import look_at_film

    status = OK
    answer: Mapping[str, object] = {}
    before = limit_memory(CLIP_MB)
    try:
        start_bytes = address_bytes()
        # To its end, for FFmpeg also takes notes on the way. If an allocation failed unnoticed, much more than allowed
        # was in use: FFmpeg enlarges its lists by doubling them.
        with opened(data) as (container, _):
            for _ in container.demux():
                pass
            kept_bytes = address_bytes() - start_bytes - len(data)
        if kept_bytes > CLIP_OPEN_MB * 2**20:
            status = TOO_MUCH_WORK
        else:
            answer = (look_at_film if job == FILM else look_at_clip)(data, longest_s)
    except ClipError as error:
        status, answer = REFUSED, {"code": error.code, "sentence": str(error), "values": error.values}
    except MemoryError:
        status = NO_MEMORY
    finally:
        set_limit(before)
    facts = json.dumps(answer).encode()
    out.write(struct.pack("<BII", status, len(facts), 0) + facts)
    gc.collect()  # a container and its decoders refer to each other; they take 10 to 100 MB


def main() -> None:
    """Answer one file after the other until the input ends."""
    from pose_core.media import picture_pixels  # noqa: F401 - before the limit, and before the first file

    leave_signals_to_the_server()
    limit_memory(ADDRESS_MB)
    files, out = open_pipes()
    try:
        while head := files.read(struct.calcsize(HEAD)):
            job, longest_s, length = struct.unpack(HEAD, head)
            data = files.read(length)
            if job == PICTURE:
                _answer(data, out)
            else:
                _answer_video(job, data, longest_s, out)
            del data
    except (BrokenPipeError, struct.error):  # the server is gone
        pass
    except MemoryError:  # half an answer may be out: only the end of the process is unambiguous
        os._exit(NO_MEMORY)

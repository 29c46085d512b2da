"""What the processes share that work on files which may be hostile: limits, and the two pipes.

Started by `pose_core.media.child_process`; such a process ends when its input ends.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO, Final

__all__ = [
    "HEAD",
    "NO_MEMORY",
    "OK",
    "REFUSED",
    "Whole",
    "address_bytes",
    "leave_signals_to_the_server",
    "limit_memory",
    "open_pipes",
    "set_limit",
]

#: What precedes a file: what to do with it, a number for that, and its length.
HEAD: Final = "<BdQ"
#: How an answer begins, as far as they have it in common; `NO_MEMORY` is an exit status too.
OK: Final = 0
NO_MEMORY: Final = 3
REFUSED: Final = 4
#: Whom the system ends first when memory runs out: this process rather than the server. From 0 to 1000.
_END_ME_FIRST: Final = "900"


def leave_signals_to_the_server() -> None:
    """Ctrl+C and a stopped service reach the whole group; the server decides when this process ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform != "linux":
        return
    import resource

    Path("/proc/self/oom_score_adj").write_text(_END_ME_FIRST, encoding="ascii")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def address_bytes() -> int:
    """Address space of this process; 0 where it is unknown."""
    if sys.platform != "linux":
        return 0
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def limit_memory(megabytes: int) -> int:
    """From now on, so much more address space than there is; returns the limit before."""
    if sys.platform != "linux":
        return 0
    import resource

    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = address_bytes() + megabytes * 2**20
    set_limit(limit if hard == resource.RLIM_INFINITY else min(limit, hard))
    return before


def set_limit(limit: int) -> None:
    """Limit the address space to so many bytes."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


def open_pipes() -> tuple[BinaryIO, Whole]:
    """Where files arrive, and where answers go."""
    files = os.fdopen(os.dup(0), "rb")
    # Whatever a library prints must not end up among the answers.
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return files, Whole(out)


class Whole:
    """Writes all that it is given; a pipe takes a part at a time."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw

    def write(self, data: bytes) -> None:
        """All of it."""
        view = memoryview(data)
        while view:
            view = view[self._raw.write(view) :]

"""Refuses to start if memory is limited to less than PoseDeck needs, and ends the process when none is left.

`app.py` imports it first, and it imports the standard library only. Without memory the later imports, NumPy and
MediaPipe above all, end in ways that no program can catch: a line about OpenBLAS, a failed import, a segmentation
fault.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any, Final, NoReturn

__all__ = ["end", "end_when_exhausted", "refusal"]

#: Address space: 1.25 GB for an idle server on two cores, and some for pictures.
NEEDED_ADDRESS_MB: Final = 1500
#: Resident memory: 430 MB for an idle server, and some for pictures and pages.
NEEDED_MB: Final = 600
#: Where a container's memory limit is, in versions 2 and 1 of control groups.
_CONTAINER_LIMITS: Final = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_MB: Final = 2**20
#: An event loop without memory fails thousands of times a second; one large read that fails is no reason to end.
_FAILURES: Final = 10
_WITHIN_S: Final = 5.0


def _address_limit() -> int | None:
    """Bytes of address space that this process may use; None without a limit, or where no limit exists (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def _container_limit(files: tuple[Path, ...]) -> int | None:
    """Bytes of memory that this container may use; None without a limit."""
    for file in files:
        try:
            text = file.read_text(encoding="ascii").strip()
        except OSError:
            continue
        return int(text) if text.isdigit() else None  # "max"
    return None


def refusal(address_limit: int | None, container_limit: int | None) -> str | None:
    """A sentence that says what is too little and what to do; None if there is enough.

    Parameters
    ----------
    address_limit, container_limit : int or None
        Bytes; None means no limit.

    Examples
    --------
    >>> refusal(300 * 2**20, None)
    'It needs 1500 MB of address space and may use 300 MB. Raise the limit: ulimit -v unlimited'
    >>> refusal(None, 256 * 2**20)
    'It needs 600 MB of memory and this container may use 256 MB. Give it more, such as docker run --memory=1g'
    >>> refusal(None, None) is None
    True
    """
    if address_limit is not None and address_limit < NEEDED_ADDRESS_MB * _MB:
        return (
            f"It needs {NEEDED_ADDRESS_MB} MB of address space and may use {address_limit // _MB} MB. "
            "Raise the limit: ulimit -v unlimited"
        )
    if container_limit is not None and container_limit < NEEDED_MB * _MB:
        return (
            f"It needs {NEEDED_MB} MB of memory and this container may use {container_limit // _MB} MB. "
            "Give it more, such as docker run --memory=1g"
        )
    return None


def end(reason: str) -> NoReturn:
    """Print one clear sentence and end, rather than run a server that cannot work."""
    sys.stderr.write(f"PoseDeck {reason}\n")
    sys.stderr.flush()
    os._exit(1)  # an exception, SystemExit included, would leave the server as a traceback


def end_when_exhausted(loop: asyncio.AbstractEventLoop) -> None:
    """End the process when its event loop keeps running out of memory; otherwise it would fail and log forever.

    A request without memory is answered (see `service.workers`); this is for when not even its head can be read.
    """
    failed_s: deque[float] = deque(maxlen=_FAILURES)

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), MemoryError):
            loop.default_exception_handler(context)
            return
        failed_s.append(time.monotonic())
        if len(failed_s) == _FAILURES and failed_s[-1] - failed_s[0] < _WITHIN_S:
            end("has run out of memory and stops. Start it again with more: 1 GB is plenty.")

    loop.set_exception_handler(handle)


def _check() -> None:
    reason = refusal(_address_limit(), _container_limit(_CONTAINER_LIMITS))
    if reason is not None:
        end(f"cannot start. {reason}")


_check()

"""A PoseDeck server for measuring, from start to stop, and what it holds: memory, threads, open descriptors."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts import run

__all__ = ["Server", "descendants", "holdings", "memory_mb", "serving"]

_HOST: Final = "127.0.0.1"
_PROC: Final = Path("/proc")
_KB_PER_MB: Final = 1024


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes
    ----------
    address : str
    pid : int
    started_s : float
        When it was started, on the clock of `time.perf_counter`.
    healthy_s : float
        Seconds from then until its health page answered.
    """

    address: str
    pid: int
    started_s: float
    healthy_s: float


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def serving() -> Iterator[Server]:
    """Start the server as ``make run`` does, on a free port; stop it afterwards.

    Without a rate limit: here all requests are sent from one address, as fast as they are answered.
    """
    port = _free_port()
    address = run.page_address(_HOST, port)
    started_s = time.perf_counter()
    process = run.start_server(_HOST, port, POSEDECK_RATE="0")
    try:
        run.wait_until_reachable(process, address)
        yield Server(address, process.pid, started_s, time.perf_counter() - started_s)
    finally:
        run.stop_server(process)


def descendants(pid: int, parents: dict[int, int]) -> set[int]:
    """Return `pid` and all processes below it.

    Parameters
    ----------
    pid : int
    parents : dict of int to int
        Parent of each process.

    Examples
    --------
    >>> sorted(descendants(2, {1: 0, 2: 1, 3: 2, 4: 3, 5: 1}))
    [2, 3, 4]
    """
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _status(pid: int) -> dict[str, int]:
    """Return the numbers in /proc/PID/status; empty if the process is gone."""
    try:
        text = (_PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    return {name: int(number) for name, number in re.findall(r"^(\w+):\s+(\d+)", text, re.MULTILINE)}


def _family(pid: int) -> dict[int, dict[str, int]]:
    """Return the numbers in /proc/PID/status for `pid` and all processes below it."""
    everyone = {
        int(entry.name): _status(int(entry.name)) for entry in _PROC.iterdir() if entry.name.isdigit()
    }
    ours = descendants(pid, {one: status.get("PPid", 0) for one, status in everyone.items()})
    return {one: everyone.get(one, {}) for one in ours}


def memory_mb(pid: int) -> dict[str, float] | None:
    """Return the current memory of a process and its children in MB (2^20 bytes); None without /proc (not Linux).

    Returns
    -------
    dict or None
        ``rss``: total resident memory. ``private``: the part not backed by files, which can grow.
    """
    return _memory_mb(_family(pid)) if _has_proc() else None


def _has_proc() -> bool:
    return (_PROC / "self" / "status").exists()


def _memory_mb(family: dict[int, dict[str, int]]) -> dict[str, float]:
    total = {"rss": 0, "private": 0}
    for status in family.values():
        total["rss"] += status.get("VmRSS", 0)  # kernel threads have none
        total["private"] += status.get("RssAnon", 0)
    return {name: round(kilobytes / _KB_PER_MB, 1) for name, kilobytes in total.items()}


def holdings(pid: int) -> dict[str, float] | None:
    """Return what a process and its children currently hold; None without /proc (not Linux).

    Returns
    -------
    dict or None
        As `memory_mb`, plus ``threads`` and ``descriptors``: open files, sockets and the like.
    """
    if not _has_proc():
        return None
    family = _family(pid)
    descriptors = 0
    for one in family:
        with suppress(OSError):  # gone meanwhile
            descriptors += sum(1 for _ in (_PROC / str(one) / "fd").iterdir())
    threads = sum(status.get("Threads", 0) for status in family.values())
    return {**_memory_mb(family), "threads": threads, "descriptors": descriptors}

"""Waiting for something to happen, and an event loop to wait in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")
#: Only what is broken takes longer, however busy the machine.
LONG_S = 60.0
_LOOK_EVERY_S = 0.002


def until(happened: Callable[[], object], within_s: float = LONG_S) -> None:
    """Wait for something that soon happens where all is well."""
    deadline_s = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline_s, "it never happened"
        time.sleep(_LOOK_EVERY_S)


async def until_in_loop(happened: Callable[[], object], within_s: float = LONG_S) -> None:
    """The same, while the event loop runs on."""
    deadline_s = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline_s, "it never happened"
        await asyncio.sleep(_LOOK_EVERY_S)


def in_a_loop(work: Coroutine[Any, Any, Result], within_s: float | None = None) -> Result:
    """Run it in an event loop on a thread of its own: in this one a browser test may have left its loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result(within_s)

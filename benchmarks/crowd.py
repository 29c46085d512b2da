"""The clients of a server in a soak test: programs, visitors of pages, live viewers (see `benchmarks.soak`)."""

from __future__ import annotations

import asyncio
import http.client
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from websockets.exceptions import WebSocketException

from benchmarks.live import APPS
from benchmarks.live_client import Viewer, opened_page
from benchmarks.live_clip import SIZES_WH, Clip, performer_clip
from benchmarks.load import ALLOWED, click
from benchmarks.pressure import HOST, POSE, Pressed, Pressure, leave
from benchmarks.rest import BOUNDARY, form

__all__ = ["people", "programs"]

_PAUSE_S: Final = 0.3
_PROGRAMS: Final = 2
_VIEWERS: Final = 2
_REFUSED: Final = frozenset({"400", "413", "415", "422"})
_PAGES: Final = ("photo", "", "benchmark", "live")


# ---------------------------------------------------------------------- programs
def _requests(picture: bytes) -> list[tuple[str, str, bytes, frozenset[str]]]:
    """Return address, Accept header, body, and the allowed statuses of each request."""
    one, bad = form(picture), form(picture[: len(picture) // 2])
    return [
        (POSE, "application/json", one, ALLOWED),
        (f"{POSE}?model=lite", "text/csv", one, ALLOWED),
        (POSE, "image/jpeg", one, ALLOWED),
        (f"{POSE}?people=3&angles=true", "image/png", one, ALLOWED),
        (POSE, "application/json", form(*[picture] * 4), ALLOWED),
        ("/predict", "*/*", one, ALLOWED),
        (POSE, "application/json", bad, _REFUSED | {"503"}),
        (POSE, "application/json", form(b"<html>"), _REFUSED | {"503"}),
        (f"{POSE}?people=9", "application/json", one, _REFUSED | {"503"}),
        (POSE, "application/json", one[:-40], _REFUSED | {"503"}),
    ]


def _program(port: int, picture: bytes, over: threading.Event, counts: Counter[str], start: int) -> None:
    requests = _requests(picture)
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    turn = start
    while not over.wait(_PAUSE_S):
        path, accept, body, allowed = requests[turn % len(requests)]
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Accept": accept}
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            status = str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            status = type(error).__name__
            connection.close()
        counts[status if status in allowed else f"unexpected {status}"] += 1
        turn += 1
    connection.close()


def programs(port: int, picture: bytes, seconds: float) -> Counter[str]:
    """Let programs send requests for a while, and count their answers by status; meant for a process of its own."""
    over = threading.Event()
    parts = [Counter[str]() for _ in range(_PROGRAMS)]
    left = Pressed()
    with ThreadPoolExecutor(_PROGRAMS + 1) as threads:
        running = [
            threads.submit(_program, port, picture, over, part, 3 * number)
            for number, part in enumerate(parts)
        ]
        running.append(threads.submit(leave, Pressure(port, picture, seconds), over, left, every_s=2.0))
        over.wait(seconds)
        over.set()
        for one in running:
            one.result()
    return sum(parts, left.leaving)


# ---------------------------------------------------------------------- people
async def _visits(address: str, end_s: float, counts: Counter[str]) -> None:
    """Run one visitor after the other: each opens a page, clicks if there is something to click, and leaves."""
    turn = 0
    while time.perf_counter() < end_s:
        name = _PAGES[turn % len(_PAGES)]
        async with opened_page(address, name, "lang=en") as page:
            page.rerun()
            await page.until("The page", lambda page=page: page.runs > 0)  # type: ignore[misc]
            for number in range(3 if name == "photo" else 0):
                one, runs = click(3 * turn + number), page.runs
                widget_id = page.find(one.element)
                assert widget_id is not None
                page.set(widget_id, one.field, one.value)
                await page.until("The page", lambda page=page, runs=runs: page.runs > runs)  # type: ignore[misc]
                await asyncio.sleep(_PAUSE_S)
        counts[f"visits of {name or 'home'}"] += 1
        turn += 1
        await asyncio.sleep(1.0)


async def _watches(address: str, end_s: float, counts: Counter[str], clip: Clip, watch_s: float) -> None:
    """Run one live viewer after the other."""
    live = APPS["posedeck"]
    while time.perf_counter() < end_s:
        async with opened_page(address, live.page, live.query) as page:
            viewer = Viewer(page, clip)
            try:
                await viewer.start(live.inputs)
                await asyncio.sleep(max(0.0, min(watch_s, end_s - time.perf_counter())))
            finally:
                await viewer.stop()
        counts["live viewers"] += 1
        counts["pictures seen live"] += len(viewer.seen)
        await asyncio.sleep(1.0)


async def _repeated(
    work: Callable[[], Coroutine[Any, Any, None]], end_s: float, counts: Counter[str]
) -> None:
    """Start `work` again after each failure, and count the failures."""
    while time.perf_counter() < end_s:
        try:
            await work()
        except (TimeoutError, OSError, WebSocketException) as error:
            print(f"... {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            counts["unexpected " + type(error).__name__] += 1
            await asyncio.sleep(1.0)


async def _people(address: str, seconds: float, watch_s: float) -> Counter[str]:
    counts = Counter[str]()
    clip = performer_clip(SIZES_WH["480p"])
    end_s = time.perf_counter() + seconds
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_repeated(lambda: _visits(address, end_s, counts), end_s, counts))
        for number in range(_VIEWERS):
            await asyncio.sleep(number * watch_s / _VIEWERS)  # so that one arrives while another leaves
            watching = lambda: _watches(address, end_s, counts, clip, watch_s)  # noqa: E731
            tasks.create_task(_repeated(watching, end_s, counts))
    return counts


def people(address: str, seconds: float, watch_s: float) -> Counter[str]:
    """Let visitors and viewers come and go, and count what they did; meant for a process of its own."""
    return asyncio.run(_people(address, seconds, watch_s))

"""Half an hour of everything at once, and what the server holds meanwhile: ``python -m benchmarks.soak [--out FILE]``.

A real server, started as ``make run`` starts it. Programs ask for JSON, tables, pictures and for several pictures at
once, send files that are none, and hang up; visitors open the pages, click on the Photo page and leave; live viewers
come, watch for twenty seconds and leave. Each ten seconds: memory, threads and open descriptors of the server.

In the end memory is compared with that after three minutes (``--minutes`` below nine: after a third of the time): by
then Streamlit forgets those who left two minutes ago as fast as new ones come. Descriptors and threads go up and down
with those who are there: their medians of the first and the last third of that time should be the same.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
from websockets.exceptions import WebSocketException

from benchmarks.live import APPS
from benchmarks.live_client import Viewer, opened_page
from benchmarks.live_clip import SIZES_WH, Clip, performer_clip
from benchmarks.load import ALLOWED, click, press_picture
from benchmarks.machine import describe_machine, machine_lines
from benchmarks.pressure import HOST, POSE, Pressed, Pressure, leave
from benchmarks.report import save, table
from benchmarks.rest import BOUNDARY, form
from benchmarks.server import holdings, serving

__all__ = ["drift", "measure", "report"]

#: Memory after that may differ by this share from what it was then.
GROWTH_LIMIT: Final = 0.05
_SETTLED_S: Final = 180.0
_WATCH_S: Final = 20.0
_PAUSE_S: Final = 0.3
_PROGRAMS: Final = 2
_VIEWERS: Final = 2
_REFUSED: Final = frozenset({"400", "413", "415", "422"})
_PAGES: Final = ("photo", "", "benchmark", "live")


# ---------------------------------------------------------------------- programs
def _requests(picture: bytes) -> list[tuple[str, str, bytes, frozenset[str]]]:
    """Address, Accept, body, and the statuses that may come."""
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
    """Let programs ask for a while; meant to run in a process of its own. Their answers by status."""
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
    """One visitor after the other: opens a page, clicks if there is something to click, leaves."""
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
    """One live viewer after the other."""
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


async def _kept_up(work: Callable[[], Coroutine[Any, Any, None]], end_s: float, counts: Counter[str]) -> None:
    """Begin again after a failure, which is counted."""
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
        tasks.create_task(_kept_up(lambda: _visits(address, end_s, counts), end_s, counts))
        for number in range(_VIEWERS):
            await asyncio.sleep(number * watch_s / _VIEWERS)  # so that one comes while another leaves
            watching = lambda: _watches(address, end_s, counts, clip, watch_s)  # noqa: E731
            tasks.create_task(_kept_up(watching, end_s, counts))
    return counts


def people(address: str, seconds: float, watch_s: float) -> Counter[str]:
    """Let visitors and viewers come and go; meant to run in a process of its own. What they did, counted."""
    return asyncio.run(_people(address, seconds, watch_s))


# ---------------------------------------------------------------------- figures
def drift(samples: Sequence[dict[str, float]], settled_s: float) -> dict[str, Any]:
    """How what is held changes after `settled_s`.

    Parameters
    ----------
    samples : sequence of dict
        ``t_s``, and what `benchmarks.server.holdings` gives.
    settled_s : float

    Returns
    -------
    dict
        For ``rss`` and ``private``: ``mb`` at that time (median of three samples from then on), the largest later value
        as a share of it, the mean of the last third as a share of it, and the slope in MB an hour. For ``threads`` and
        ``descriptors``: least and most, and the medians of the first and the last third.

    Examples
    --------
    >>> held = {"private": 50.0, "threads": 9, "descriptors": 20}
    >>> samples = [{"t_s": 10.0 * i, "rss": 100.0 + i, **held} for i in range(10)]
    >>> drift(samples, 0.0)["rss"]
    {'mb': 101.0, 'most': 1.079, 'end': 1.069, 'mb_an_hour': 360.0}
    """
    later = [one for one in samples if one["t_s"] >= settled_s]
    third = max(1, len(later) // 3)
    time_s = np.array([one["t_s"] for one in later])
    result: dict[str, Any] = {"samples": len(later)}
    for name in ("rss", "private"):
        values = np.array([one[name] for one in later])
        base = float(np.median(values[:3]))
        slope = float(np.polyfit(time_s, values, 1)[0]) * 3600 if len(values) > 1 else 0.0
        result[name] = {
            "mb": round(base, 1),
            "most": round(float(values.max()) / base, 3),
            "end": round(float(values[-third:].mean()) / base, 3),
            "mb_an_hour": round(slope, 1),
        }
    for name in ("threads", "descriptors"):
        values = np.array([one[name] for one in later])
        result[name] = {
            "least": int(values.min()),
            "most": int(values.max()),
            "first_third": float(np.median(values[:third])),
            "last_third": float(np.median(values[-third:])),
        }
    return result


def measure(minutes: float = 30.0, every_s: float = 10.0, watch_s: float = _WATCH_S) -> dict[str, Any]:
    """Let everybody come to a server of its own, and note what it holds.

    Parameters
    ----------
    minutes : float
    every_s : float
        Between two looks at the server.
    watch_s : float
        How long a live viewer stays.

    Returns
    -------
    dict
        Ready for JSON. ``before`` is the server before anybody came, ``after`` when everybody had left.

    Raises
    ------
    RuntimeError
        Where there is no /proc.
    """
    machine = describe_machine()
    seconds = minutes * 60
    samples: list[dict[str, float]] = []
    with serving() as server, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        port = urlsplit(server.address).port
        assert port is not None
        before = holdings(server.pid)
        if before is None:
            raise RuntimeError("What a server holds is read from /proc, which is not here.")
        asking = processes.submit(programs, port, press_picture(), seconds)
        coming = processes.submit(people, server.address, seconds, watch_s)
        start_s = time.perf_counter()
        while (now_s := time.perf_counter() - start_s) < seconds:
            held = holdings(server.pid)
            if held is None or not held["threads"]:
                raise RuntimeError(f"The server ended after {now_s:.0f} s.")
            samples.append({"t_s": round(now_s, 1), **held})
            time.sleep(every_s)
        counts = asking.result() + coming.result()
        time.sleep(min(12.0, seconds))  # idle worker threads end after ten seconds
        after = holdings(server.pid)
    return {
        "benchmark": "soak",
        "machine": machine,
        "minutes": minutes,
        "counts": dict(sorted(counts.items())),
        "unexpected": sum(count for name, count in counts.items() if name.startswith("unexpected")),
        "drift": drift(samples, min(_SETTLED_S, seconds / 3)),
        "before": before,
        "after": after,
        "samples": samples,
    }


def report(result: dict[str, Any]) -> str:
    """The figures as text for people."""
    drifts = result["drift"]
    memory = [["memory", "MB when settled", "most later", "last third", "MB an hour"]]
    memory += [
        [label, f"{of['mb']:.0f}", f"{of['most']:.1%}", f"{of['end']:.1%}", f"{of['mb_an_hour']:+.1f}"]
        for label, of in (("resident", drifts["rss"]), ("private", drifts["private"]))
    ]
    held = [["open", "before", "least", "most", "first third", "last third", "after"]]
    held += [
        [
            name,
            f"{result['before'][name]:.0f}",
            *(f"{drifts[name][column]:.0f}" for column in ("least", "most", "first_third", "last_third")),
            f"{result['after'][name]:.0f}",
        ]
        for name in ("threads", "descriptors")
    ]
    done = ", ".join(f"{name} {count}" for name, count in result["counts"].items())
    return "\n".join(
        [
            machine_lines(result["machine"]),
            "",
            f"{result['minutes']:g} minutes: {done}",
            "",
            table(memory),
            "",
            table(held),
        ]
    )


def main() -> None:
    """Measure, print, write if asked; exit code 1 if something unexpected came or memory grew too far."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description="What a server holds in a long time."
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    choices = parser.parse_args()
    result = measure(choices.minutes)
    print(report(result))
    if choices.out:
        save(result, choices.out)
    sys.exit(result["unexpected"] > 0 or result["drift"]["rss"]["most"] > 1 + GROWTH_LIMIT)


if __name__ == "__main__":
    main()

"""Half an hour of everything at once, and what the server holds meanwhile: ``python -m benchmarks.soak [--out FILE]``.

A real server, started as ``make run`` starts it. Programs ask for JSON, tables and drawn pictures, send several
pictures at once or files that are not pictures, and hang up; visitors open the pages, click on the Photo page and
leave; live viewers join, watch for twenty seconds and leave. Every ten seconds the server's memory, threads and open
descriptors are recorded.

After three minutes (with ``--minutes`` below nine: a third of the time) Streamlit drops the sessions of visitors who
left two minutes ago as fast as new ones arrive, so from then on nothing should grow. Memory varies by a tenth with the
clients present at the moment, so means of two minutes are compared; for descriptors and threads, the medians of the
first and the last third. In the end everybody leaves, and the figures are recorded once more when all sessions are
dropped.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np

from benchmarks.crowd import people, programs
from benchmarks.live_client import opened_page
from benchmarks.load import press_picture
from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import save, table
from benchmarks.server import holdings, serving

__all__ = ["drift", "measure", "report"]

#: After `_SETTLED_S`, memory may grow by this share of what it was then.
GROWTH_LIMIT: Final = 0.05
_SETTLED_S: Final = 180.0
_WINDOW_S: Final = 120.0
_FORGOTTEN_S: Final = 130.0
_WATCH_S: Final = 20.0


def drift(
    samples: Sequence[dict[str, float]], settled_s: float, window_s: float = _WINDOW_S
) -> dict[str, Any]:
    """Return how the server's holdings change after `settled_s`.

    Parameters
    ----------
    samples : sequence of dict
        ``t_s``, and what `benchmarks.server.holdings` returns.
    settled_s : float
    window_s : float
        Memory is averaged over windows of this length.

    Returns
    -------
    dict
        For ``rss`` and ``private``: ``mb``, the mean of the first window after `settled_s`; as shares of it the largest
        mean of a later window, the mean of the last, and the largest single value; the slope in MB an hour. For
        ``threads`` and ``descriptors``: least and most, and the medians of the first and the last third.

    Examples
    --------
    >>> held = {"private": 50.0, "threads": 9, "descriptors": 20}
    >>> samples = [{"t_s": 10.0 * i, "rss": 100.0 + i, **held} for i in range(10)]
    >>> drift(samples, 10.0, window_s=30.0)["rss"]
    {'mb': 102.0, 'most': 1.059, 'end': 1.059, 'peak': 1.069, 'mb_an_hour': 360.0}
    """
    later = [one for one in samples if one["t_s"] >= settled_s]
    third = max(1, len(later) // 3)
    time_s = np.array([one["t_s"] for one in later])
    window = ((time_s - settled_s) // window_s).astype(int)
    result: dict[str, Any] = {"samples": len(later)}
    for name in ("rss", "private"):
        values = np.array([one[name] for one in later])
        means = [float(values[window == number].mean()) for number in np.unique(window)]
        slope = float(np.polyfit(time_s, values, 1)[0]) * 3600 if len(values) > 1 else 0.0
        result[name] = {
            "mb": round(means[0], 1),
            "most": round(max(means[1:], default=means[0]) / means[0], 3),
            "end": round(means[-1] / means[0], 3),
            "peak": round(float(values.max()) / means[0], 3),
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


async def _two_visits(address: str) -> None:
    for _ in range(2):  # Streamlit drops old sessions when a visitor leaves
        async with opened_page(address, "", "lang=en") as page:
            page.rerun()
            await page.until("The page", lambda page=page: page.runs > 0)  # type: ignore[misc]


def measure(
    minutes: float = 30.0, every_s: float = 10.0, watch_s: float = _WATCH_S, forgotten_s: float = _FORGOTTEN_S
) -> dict[str, Any]:
    """Run all clients against a newly started server, and record what it holds.

    Parameters
    ----------
    minutes : float
    every_s : float
        Time between two samples.
    watch_s : float
        How long a live viewer stays.
    forgotten_s : float
        How long to wait in the end until Streamlit has dropped all sessions.

    Returns
    -------
    dict
        Ready for JSON. ``before`` is the server before anyone arrived, ``after`` once all had left and their sessions
        were dropped.

    Raises
    ------
    RuntimeError
        If there is no /proc, or the server ends too early.
    """
    machine = describe_machine()
    seconds = minutes * 60
    samples: list[dict[str, float]] = []
    with serving() as server, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        port = urlsplit(server.address).port
        assert port is not None
        before = holdings(server.pid)
        if before is None:
            raise RuntimeError("This measurement needs /proc (Linux), which is missing here.")
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
        time.sleep(forgotten_s)
        asyncio.run(_two_visits(server.address))
        after = holdings(server.pid)
    return {
        "benchmark": "soak",
        "machine": machine,
        "minutes": minutes,
        "counts": dict(sorted(counts.items())),
        "unexpected": sum(count for name, count in counts.items() if name.startswith("unexpected")),
        "drift": drift(samples, min(_SETTLED_S, seconds / 3), min(_WINDOW_S, seconds / 6)),
        "before": before,
        "after": after,
        "samples": samples,
    }


def report(result: dict[str, Any]) -> str:
    """Return the figures as readable text."""
    drifts = result["drift"]
    memory = [["memory, MB", "before", "settled", "most later", "end", "peak", "an hour", "after"]]
    memory += [
        [
            label,
            f"{result['before'][name]:.0f}",
            f"{drifts[name]['mb']:.0f}",
            *(f"{drifts[name][column]:.1%}" for column in ("most", "end", "peak")),
            f"{drifts[name]['mb_an_hour']:+.1f}",
            f"{result['after'][name]:.0f}",
        ]
        for label, name in (("resident", "rss"), ("private", "private"))
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
    """Measure, print, save if asked; exit code 1 if something unexpected happened or memory grew too much."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description="What a server holds over a long time."
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

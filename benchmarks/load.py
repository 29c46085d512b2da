"""What visitors see under load: ``python -m benchmarks.load [--clients 32] [--seconds 60] [--out FILE]``.

A real server, started as ``make run`` starts it. Thirty-two clients send the same picture to ``/api/v1/pose``, and send
it again 50 ms after a refusal although they are told two seconds (``--patient``: as told). Two more clients send byte
by byte, two hang up in the middle, and a thousand connections stay silent. At the same time a visitor uses the Photo
page: every second another sample or another confidence, so that the model has to run, timed from the click until the
page is complete. Clients and server share the cores.
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

from benchmarks.live_client import Input, opened_page
from benchmarks.machine import describe_machine, machine_lines
from benchmarks.pressure import IMPATIENT_S, Pressed, Pressure, allow_descriptors, press
from benchmarks.report import save, summary, table
from benchmarks.server import Server, holdings, serving
from pose_core.media.images import encode_jpeg
from pose_core.performer import Camera, render_frame

__all__ = ["ALLOWED", "browse", "click", "measure", "press_picture", "report"]

#: Statuses that a client may get: an answer, or a request to come back later.
ALLOWED: Final = frozenset({"200", "429", "503"})
#: Within which a page must respond under load.
PAGE_LIMIT_MS: Final = 2000
_SIZE_WH: Final = (640, 491)
_SAMPLES: Final = ("lunge", "stand", "arms_raised", "squat")
_CLICK_EVERY_S: Final = 1.0
_BACK_S: Final = 20.0
#: What Streamlit keeps for two minutes after a visitor has left: an event loop and its pair of sockets.
_VISITOR_DESCRIPTORS: Final = 3


def press_picture() -> bytes:
    """Return the performer as a JPEG of 640x491."""
    return encode_jpeg(render_frame("arm_raise", 0.3, camera=Camera(*_SIZE_WH), noise=4.0).rgb)


def click(turn: int) -> Input:
    """Return what a visitor does on the Photo page: choose samples in turn, and every fifth time a confidence."""
    if turn % 5 < 4:
        return Input("photo_sample", "string_array_value", [_SAMPLES[turn % 4]])
    return Input("setting_detection", "double_array_value", [0.1 + turn // 5 % 9 * 0.05])


async def _browse(address: str, seconds: float) -> list[float]:
    times_ms = []
    async with opened_page(address, "photo", "lang=en") as page:
        page.rerun()
        await page.until("The page", lambda: page.runs > 0)
        end_s = time.perf_counter() + seconds
        turn = 0
        while (begin_s := time.perf_counter()) < end_s:
            runs = page.runs
            one = click(turn)
            widget_id = page.find(one.element)
            assert widget_id is not None
            page.set(widget_id, one.field, one.value)
            await page.until("The page", lambda runs=runs: page.runs > runs)  # type: ignore[misc]
            times_ms.append((time.perf_counter() - begin_s) * 1e3)
            turn += 1
            await asyncio.sleep(max(0.0, begin_s + _CLICK_EVERY_S - time.perf_counter()))
    return times_ms


def browse(address: str, seconds: float) -> list[float]:
    """Use the Photo page for a while; meant for a process of its own.

    Returns
    -------
    list of float
        Milliseconds from each click until the page was complete.
    """
    return asyncio.run(_browse(address, seconds))


def _settled(server: Server, before: dict[str, float] | None) -> dict[str, float] | None:
    """Return what the server holds once it has released its connections, at the latest after `_BACK_S`."""
    end_s = time.monotonic() + _BACK_S
    while (now := holdings(server.pid)) is not None and before is not None:
        if now["descriptors"] <= before["descriptors"] + _VISITOR_DESCRIPTORS or time.monotonic() > end_s:
            return now
        time.sleep(0.5)
    return None


def measure(
    clients: int = 32,
    seconds: float = 60.0,
    idle: int = 1000,
    patience_s: float | None = IMPATIENT_S,
) -> dict[str, Any]:
    """Load a newly started server while a page is used.

    Returns
    -------
    dict
        Ready for JSON.
    """
    allowed = allow_descriptors(idle)
    if allowed < idle:
        print(f"The system allows {allowed} idle connections, not {idle} (ulimit -Hn).", file=sys.stderr)
    machine = describe_machine()
    with serving() as server, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        port = urlsplit(server.address).port
        assert port is not None
        picture = press_picture()
        # Once each, so that what is made on first use exists before the server's holdings are counted.
        processes.submit(press, Pressure(port, picture, 1.0, 2, 0, 0, 0)).result()
        alone_ms = processes.submit(browse, server.address, min(10.0, seconds)).result()
        before = holdings(server.pid)
        job = Pressure(port, picture, seconds, clients, idle=allowed, patience_s=patience_s)
        pressing = processes.submit(press, job)
        browsing = processes.submit(browse, server.address, seconds)
        time.sleep(seconds * 0.8)
        during = holdings(server.pid)
        pressed, page_ms = pressing.result(), browsing.result()
        after = _settled(server, before)
    return {
        "benchmark": "load",
        "machine": machine,
        "clients": clients,
        "patience_s": patience_s,
        "idle": {"asked_for": idle, "opened": allowed, "open_at_the_end": pressed.idle_open},
        "rest": _rest_figures(pressed),
        "page_alone_ms": _page_figures(alone_ms),
        "page_ms": _page_figures(page_ms),
        "server": {"before": before, "during": during, "after": after},
    }


def _page_figures(times_ms: Sequence[float]) -> dict[str, float]:
    return {**summary(times_ms), "max": round(max(times_ms), 1)} if times_ms else {"n": 0, "max": 0}


def _rest_figures(pressed: Pressed) -> dict[str, Any]:
    return {
        "seconds": round(pressed.seconds, 2),
        "answered_per_s": round(len(pressed.times_ms) / pressed.seconds, 2),
        **{name: dict(sorted(getattr(pressed, name).items())) for name in ("statuses", "slow", "leaving")},
        "ms": _page_figures(pressed.times_ms),
        "refused_ms": _page_figures(pressed.busy_ms),
        "errors": sum(count for status, count in pressed.statuses.items() if status not in ALLOWED),
    }


def report(result: dict[str, Any]) -> str:
    """Return the figures as readable text."""
    rest = result["rest"]
    times = [["ms", "median", "p95", "max", "n"]]
    times += [
        [label, *(f"{of[name]:.0f}" for name in ("median", "p95", "max")), str(of["n"])]
        for label, of in (
            ("picture answered", rest["ms"]),
            ("asked to come back", rest["refused_ms"]),
            ("page, no load", result["page_alone_ms"]),
            ("page, under load", result["page_ms"]),
        )
        if of["n"]
    ]
    held = [["server", "resident MB", "private MB", "threads", "descriptors"]]
    held += [
        [
            moment,
            f"{of['rss']:.0f}",
            f"{of['private']:.0f}",
            f"{of['threads']:.0f}",
            f"{of['descriptors']:.0f}",
        ]
        for moment, of in result["server"].items()
        if of is not None
    ]
    idle = result["idle"]
    counts = [
        f"{label}: " + (", ".join(f"{name} {count}" for name, count in rest[key].items()) or "none")
        for label, key in (("answers", "statuses"), ("slow clients", "slow"), ("leaving clients", "leaving"))
    ]
    return "\n".join(
        [
            machine_lines(result["machine"]),
            "",
            f"{result['clients']} clients for {rest['seconds']:.0f} s: {rest['answered_per_s']:.1f} pictures/s, "
            f"{rest['errors']} errors",
            *counts,
            f"idle connections: {idle['opened']} opened, {idle['open_at_the_end']} open at the end",
            "",
            table(times),
            "",
            table(held),
        ]
    )


def main() -> None:
    """Measure, print, save if asked; exit code 1 after errors (a request to come back is none) or on a slow page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load", description="What visitors see under load."
    )
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--idle", type=int, default=1000, help="connections that stay silent")
    parser.add_argument("--patient", action="store_true", help="clients wait as long as they are told")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    choices = parser.parse_args()
    patience_s = None if choices.patient else IMPATIENT_S
    result = measure(choices.clients, choices.seconds, choices.idle, patience_s)
    print(report(result))
    if choices.out:
        save(result, choices.out)
    sys.exit(result["rest"]["errors"] > 0 or result["page_ms"]["max"] > PAGE_LIMIT_MS)


if __name__ == "__main__":
    main()

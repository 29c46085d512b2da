"""How long the Photo page takes and how much memory: ``python -m benchmarks.page [--out FILE]``.

A real server, started as ``make run`` starts it, and a real Chromium on the same machine, which uses its share of the
cores. Needs what ``make setup-dev`` installs. Measured:

- start: from the command until the server answers, and until the first result is on the screen of a browser that was
  already open. A new process each time, but the files are in the system's cache from earlier runs.
- visit: a new visitor with an empty browser cache opens a server that has had a visitor before, compared with the first
  visitor after each start.
- click: from clicking a sample until the drawn result is painted; warm, samples taking turns.
- memory of the server: at start, after visits, after 200 pictures (four visitors with 50 each), after 200 more, and
  after everybody has left. Streamlit keeps a session for two minutes, in case the visitor comes back.

``--out benchmarks/results/page.json`` saves the figures; ``make bench OUT=benchmarks/results`` measures and saves
everything.
"""

from __future__ import annotations

import argparse
import itertools
import signal
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import save, spread, summary, table
from benchmarks.server import Server, memory_mb, serving
from pose_core.media.images import encode_jpeg
from pose_core.performer import MOTIONS, PALETTES, Camera, Person, render_scene

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser_starts", "measure", "own_pictures", "report"]

#: One person each, so that no setting changes; "squat" is what a visitor sees first, so it is last here.
SAMPLES: Final = ("stand", "lunge", "arms_raised", "squat")
BATCH: Final = 50
BATCHES: Final = 4
PICTURE_WH: Final = (1280, 960)
STREAMLIT_KEEPS_S: Final = 130  # an ended session: two minutes, plus a margin
_NEEDS: Final = (
    "The page part needs Playwright and Chromium; `make setup-dev` installs them. Nothing was measured."
)


def _say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


def own_pictures() -> Iterator[tuple[str, bytes]]:
    """Yield JPEG files of performers without end, no two alike: name and contents."""
    for number in itertools.count():
        # Steps chosen so that no view is repeated soon.
        person = Person(
            MOTIONS[number % len(MOTIONS)],
            phase=number * 0.0137 % 1,
            yaw_deg=number * 7.3 % 360,
            palette=PALETTES[number % len(PALETTES)],
        )
        rgb = render_scene((person,), camera=Camera(640, 480), supersampling=1).rgb
        large_rgb = cv2.resize(
            rgb, PICTURE_WH, interpolation=cv2.INTER_CUBIC
        )  # much faster than drawing at that size
        yield f"picture_{number:04}.jpg", encode_jpeg(np.asarray(large_rgb, dtype=np.uint8))


def _measure_starts(chromium: Browser, starts: int) -> dict[str, Any]:
    from benchmarks.visitor import visiting

    healthy_s, first_s, visit_ms = [], [], []
    for number in range(starts):
        _say(f"start {number + 1} of {starts}")
        with serving() as server, visiting(chromium, server.address) as visitor:
            first_s.append(time.perf_counter() - server.started_s)
            healthy_s.append(server.healthy_s)
            visit_ms.append(visitor.first_ms)
    return {
        "healthy_s": summary(healthy_s),
        "first_result_s": summary(first_s),
        "first_visit_ms": summary(visit_ms),
    }


def _measure_visits(chromium: Browser, server: Server, visits: int, clicks: int) -> dict[str, Any]:
    from benchmarks.visitor import visiting

    first_ms = []
    for number in range(visits):
        _say(f"visit {number + 1} of {visits}")
        with visiting(chromium, server.address) as visitor:
            first_ms.append(visitor.first_ms)
    _say(f"{clicks} clicks")
    with visiting(chromium, server.address) as visitor:
        for sample in SAMPLES:  # warm-up
            visitor.choose_sample(sample)
        order = itertools.islice(itertools.cycle(SAMPLES), clicks)
        times = [visitor.choose_sample(sample) for sample in order]
    return {
        "visit_ms": summary(first_ms),
        "click_to_drawn_ms": summary([drawn for drawn, _ in times]),
        "click_to_settled_ms": summary([settled for _, settled in times]),
    }


def _measure_memory(chromium: Browser, server: Server, batch: int) -> dict[str, Any]:
    """Return the memory after `BATCHES` visitors with `batch` pictures each, and after as many again."""
    from benchmarks.visitor import visiting

    pictures = own_pictures()
    memory: dict[str, Any] = {}
    for photos in (batch * BATCHES, 2 * batch * BATCHES):
        for _ in range(BATCHES):
            own = list(itertools.islice(pictures, batch))
            _say(f"uploading {len(own)} pictures, of {photos} in all")
            with visiting(chromium, server.address) as visitor:
                visitor.upload(own)
        memory[f"after_{photos}_photos"] = memory_mb(server.pid)
    return memory


def measure(starts: int = 3, visits: int = 5, clicks: int = 10, batch: int = BATCH) -> dict[str, Any]:
    """Measure everything, in about five minutes.

    Parameters
    ----------
    starts, visits, clicks : int
        How often each is measured.
    batch : int
        How many pictures one visitor uploads.

    Returns
    -------
    dict
        Ready for JSON; memory in MB.
    """
    from benchmarks.visitor import browser, visiting

    machine = describe_machine()
    with browser() as chromium:
        machine["packages"]["chromium"] = chromium.version
        result: dict[str, Any] = {"benchmark": "page", "machine": machine}
        result["start"] = _measure_starts(chromium, starts)
        with serving() as server:
            memory: dict[str, Any] = {"after_start": memory_mb(server.pid)}
            result["page"] = _measure_visits(chromium, server, visits, clicks)
            memory["after_visits"] = memory_mb(server.pid)
            memory |= _measure_memory(chromium, server, batch)
            _say(f"waiting {STREAMLIT_KEEPS_S} s until Streamlit has dropped all sessions")
            time.sleep(STREAMLIT_KEEPS_S)
            with visiting(chromium, server.address):
                pass  # Streamlit drops the old sessions when the next visitor leaves
            with visiting(chromium, server.address):
                memory["all_forgotten_one_new"] = memory_mb(server.pid)
        result["memory_mb"] = memory
    return result


def report(result: dict[str, Any]) -> str:
    """Return the figures as readable text."""
    start, page = result["start"], result["page"]
    times = [
        ("command to server ready, s", start["healthy_s"], 1),
        ("command to first result on screen, s", start["first_result_s"], 1),
        ("first visitor to result, ms", start["first_visit_ms"], 0),
        ("later visitor to result, ms", page["visit_ms"], 0),
        ("click to drawn result, ms", page["click_to_drawn_ms"], 0),
        ("click to page complete, ms", page["click_to_settled_ms"], 0),
    ]
    rows = [["what", "median / p95", "n"]]
    rows += [[label, spread(values, digits), str(values["n"])] for label, values, digits in times]
    memory = [["server's memory, MB", "resident", "private"]]
    memory += [
        [moment.replace("_", " "), f"{used['rss']:.0f}", f"{used['private']:.0f}"]
        for moment, used in result["memory_mb"].items()
        if used is not None
    ]
    return "\n".join([machine_lines(result["machine"]), "", table(rows), "", table(memory)])


def main() -> None:
    """Measure, print, and save the figures if asked; without Playwright or Chromium, only say what is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.page", description="How long the Photo page takes."
    )
    parser.add_argument("--out", type=Path, help="JSON file to write")
    choices = parser.parse_args()
    if not browser_starts():
        print(_NEEDS)
        return
    result = measure()
    print(report(result))
    if choices.out:
        save(result, choices.out)


def browser_starts() -> bool:
    """Whether Playwright and a browser for it are installed."""
    if find_spec("playwright") is None:
        return False
    from playwright.sync_api import Error

    from benchmarks.visitor import browser

    try:
        with browser():
            return True
    except Error:
        return False


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # like Ctrl-C: the server must not be left running
    main()

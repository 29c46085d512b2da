"""How many viewers a live page carries: ``python -m benchmarks.live [--out FILE]``.

Real WebRTC viewers (see `benchmarks.live_client`) send a numbered clip to a real server and read the numbers from what
it sends back. PoseDeck takes turns with an app written as in tutorials. Each run has its own server. Measured for each
viewer:

- processed: different numbers returned each second. Frames that a server repeats until the next one is ready are not
  counted again; ``received`` counts them.
- delay: from handing a picture to WebRTC until the first returned picture with its number is decoded, on one clock.
  Viewers and PoseDeck assemble frames as browsers do, at the marker bit; aiortc itself, and so the other app, waits for
  the next frame to begin: 33 ms of its delay. A browser would add its own jitter buffer and its screen.
- growth of the delay: its slope, and its mean in the last third of the time minus that in the first.
- broken: returned pictures whose number could not be read, because the returned picture was damaged.

And for the server: processor time for each processed frame, share of the cores, memory.

The viewers' process runs on the same cores as the server, and its share is reported beside the server's; a server alone
on the machine would do slightly more. Viewers do not encode: the clip is encoded beforehand. They do decode.

``--long 5 --app posedeck`` measures four viewers at 480p for five minutes, with the memory every ten seconds.
"""

from __future__ import annotations

import argparse
import bisect
import multiprocessing
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.live_client import Input, Job, Recording, Watched, watch
from benchmarks.live_clip import CLIP_FRAMES, SIZES_WH
from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import interleaved, save, table
from benchmarks.server import Server, serving
from pose_core.machine import usable_cores
from scripts import run

__all__ = [
    "APPS",
    "LiveApp",
    "first_returns",
    "growth",
    "measure",
    "report",
    "serving_app",
    "viewer_figures",
]

_HOST: Final = "127.0.0.1"
_LONG_VIEWERS: Final = (4,)
_LONG_SIZES: Final = ("480p",)
_NOTE: Final = (
    "Viewers and server share these cores; both shares are in per cent of one core. The tutorial app's delay includes\n"
    "the 33 ms for which aiortc's receiver waits for the next frame to begin."
)


@dataclass(frozen=True, slots=True)
class LiveApp:
    """An app to measure, and what a viewer does in it before the camera starts.

    Attributes
    ----------
    script : str or None
        Streamlit script below the project's root; None is PoseDeck itself, started as ``make run`` does.
    page, query : str
        Page and query of the address.
    inputs : tuple of Input
        What to set and press, in this order.
    size_inputs : dict of str to tuple of Input
        What to set before that, for each size that needs it.
    """

    script: str | None
    page: str = ""
    query: str = ""
    inputs: tuple[Input, ...] = ()
    size_inputs: dict[str, tuple[Input, ...]] = field(default_factory=dict)


SERVER_DRAWS: Final = Input("live_drawn_in", "string_value", "on the server")

APPS: Final = {
    "posedeck": LiveApp(
        None,
        page="live",
        query="lang=en&live_source=camera",
        inputs=(
            # The way that returns pictures; benchmarks.overlay measures the other.
            SERVER_DRAWS,
            Input("live_start", "trigger_value", True),
            # What the page's own camera check would report in the first turn.
            Input(
                "live_camera_check", "json_value", '{"report": {"turn": 1, "state": "ready", "cameras": 1}}'
            ),
        ),
        # Otherwise pictures larger than 480p are processed and returned at 480p.
        size_inputs={"720p": (Input("live_height", "string_array_value", ["720p"]),)},
    ),
    "tutorial": LiveApp("benchmarks/tutorial_app.py"),
}


@contextmanager
def _serving_script(script: str) -> Iterator[Server]:
    """Start a Streamlit script with the project's own configuration on a free port; stop it afterwards."""
    with socket.create_server((_HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    address = run.page_address(_HOST, port)
    command = [sys.executable, "-m", "streamlit", "run", script, f"--server.port={port}"]
    started_s = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--logger.hideWelcomeMessage=true"],
        cwd=run.ROOT,
        stdin=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        run.wait_until_reachable(process, address)
        yield Server(address, process.pid, started_s, time.perf_counter() - started_s)
    finally:
        run.stop_server(process)


def serving_app(app: LiveApp) -> AbstractContextManager[Server]:
    """Start the app's server on a free port; stop it afterwards."""
    return serving() if app.script is None else _serving_script(app.script)


def first_returns(watched: Watched) -> list[tuple[float, float]]:
    """Return when each number was first returned, and how long it took.

    Codes repeat with the clip. The first one is taken to be the newest picture with that code; after that, numbers only
    grow, and by less than a clip, so that delays longer than the clip are measured correctly, too.

    Parameters
    ----------
    watched : Watched

    Returns
    -------
    list of (float, float)
        Time in seconds on the recording's clock and delay in ms, in order of time.

    Examples
    --------
    >>> first_returns(Watched([0.0, 0.5, 1.0], [(0.6, 0), (0.7, 0), (0.8, None), (1.5, 2)]))
    [(0.6, 600.0), (1.5, 500.0)]
    """
    returns = []
    last = -1
    for time_s, code in watched.seen:
        newest = bisect.bisect_right(watched.sent_s, time_s) - 1
        if code is None or newest < 0:
            continue
        number = newest - (newest - code) % CLIP_FRAMES if last < 0 else last + (code - last) % CLIP_FRAMES
        if last < number <= newest:  # otherwise it is the last one again, or was misread
            last = number
            returns.append((time_s, (time_s - watched.sent_s[number]) * 1000))
    return returns


def growth(returns: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return how the delay grew.

    Parameters
    ----------
    returns : sequence of (float, float)
        Times in seconds and delays in ms; at least three.

    Returns
    -------
    slope_ms_per_min : float
        Slope of the straight line through the delays (least squares).
    thirds_ms : float
        Mean delay in the last third of the time minus that in the first.

    Examples
    --------
    >>> growth([(0.0, 100.0), (30.0, 110.0), (60.0, 120.0)])
    (20.0, 20.0)
    """
    times_s, delays_ms = np.array(returns).T
    slope = float(np.polyfit(times_s - times_s[0], delays_ms, 1)[0]) * 60
    third_s = (times_s[-1] - times_s[0]) / 3
    first = delays_ms[times_s <= times_s[0] + third_s].mean()
    last = delays_ms[times_s >= times_s[-1] - third_s].mean()
    return round(slope, 1), round(float(last - first), 1)


def viewer_figures(watched: Watched, start_s: float, end_s: float) -> dict[str, Any]:
    """Return the figures of one viewer in a span of time.

    Parameters
    ----------
    watched : Watched
    start_s, end_s : float
        Start and end of the span on the recording's clock.

    Returns
    -------
    dict
        Rates in frames a second (``sent_hz``, ``received_hz``, ``processed_hz``), the share of received frames whose
        code could not be read, delays and their growth in ms; the last four are None with fewer than three returns.
    """
    span_s = end_s - start_s
    sent = sum(start_s <= time_s < end_s for time_s in watched.sent_s)
    codes = [code for time_s, code in watched.seen if start_s <= time_s < end_s]
    returns = [one for one in first_returns(watched) if start_s <= one[0] < end_s]
    figures: dict[str, Any] = {
        "sent_hz": round(sent / span_s, 2),
        "received_hz": round(len(codes) / span_s, 2),
        "processed_hz": round(len(returns) / span_s, 2),
        "unreadable": round(codes.count(None) / len(codes), 4) if codes else None,
        "delay_median_ms": None,
        "delay_p95_ms": None,
        "growth_ms_per_min": None,
        "growth_thirds_ms": None,
    }
    if len(returns) >= 3:
        median, p95 = np.percentile([delay_ms for _, delay_ms in returns], [50, 95])
        slope, thirds = growth(returns)
        figures |= {
            "delay_median_ms": round(float(median), 1),
            "delay_p95_ms": round(float(p95), 1),
            "growth_ms_per_min": slope,
            "growth_thirds_ms": thirds,
        }
    return figures


def _run_figures(recording: Recording) -> dict[str, Any]:
    """Return the figures of a run: for each viewer, for all of them, and for the server."""
    start_s, end_s = recording.start_s, recording.end_s
    viewers = [viewer_figures(one, start_s, end_s) for one in recording.viewers]
    figures: dict[str, Any] = {
        "connected": len(viewers),
        "failures": recording.failures,
        "each_viewer": viewers,
        "memory_mb": recording.memory,
    }
    if not viewers:
        return figures
    span_s = end_s - start_s
    rates = [one["processed_hz"] for one in viewers]
    frames = sum(rates) * span_s
    delays = [
        delay_ms
        for one in recording.viewers
        for time_s, delay_ms in first_returns(one)
        if start_s <= time_s < end_s
    ]
    slopes = [one["growth_ms_per_min"] for one in viewers if one["growth_ms_per_min"] is not None]
    thirds = [one["growth_thirds_ms"] for one in viewers if one["growth_thirds_ms"] is not None]
    return figures | {
        "seconds": round(span_s, 1),
        "processed_hz_min": min(rates),
        "processed_hz_median": round(float(np.median(rates)), 2),
        "unreadable": round(float(np.mean([one["unreadable"] or 0.0 for one in viewers])), 4),
        "delay_median_ms": round(float(np.median(delays)), 1) if delays else None,
        "delay_p95_ms": round(float(np.percentile(delays, 95)), 1) if delays else None,
        "growth_ms_per_min_worst": max(slopes, default=None),
        "growth_thirds_ms_worst": max(thirds, default=None),
        "server_cpu_ms_per_frame": round(recording.server_cpu_s * 1000 / frames, 1) if frames else None,
        "server_cpu_percent": round(100 * recording.server_cpu_s / span_s, 1),
        "client_cpu_percent": round(100 * recording.client_cpu_s / span_s, 1),
    }


def _one_run(app: LiveApp, size: str, viewers: int, seconds: float) -> dict[str, Any]:
    inputs = app.size_inputs.get(size, ()) + app.inputs
    spawn = multiprocessing.get_context("spawn")
    with serving_app(app) as server, ProcessPoolExecutor(1, mp_context=spawn) as process:
        job = Job(
            server.address, server.pid, app.page, app.query, inputs, SIZES_WH[size], viewers, float(seconds)
        )
        recording = process.submit(watch, job).result()
    return _run_figures(recording)


def measure(
    apps: Sequence[str], sizes: Sequence[str], viewers: Sequence[int], seconds: float
) -> dict[str, Any]:
    """Measure each app with each number of viewers at each size; apps take turns.

    Parameters
    ----------
    apps : sequence of str
        Names in `APPS`.
    sizes : sequence of str
        Names in `benchmarks.live_clip.SIZES_WH`.
    viewers : sequence of int
    seconds : float
        How long each run is measured.

    Returns
    -------
    dict
        Ready for JSON.
    """
    machine = describe_machine()
    runs = []
    cases = [(size, count) for size in sizes for count in viewers]
    order = interleaved(apps, len(cases))
    for size, count in cases:
        for _ in apps:
            name = next(order)
            print(f"... {name}, {size}, viewers: {count}", file=sys.stderr, flush=True)
            figures = _one_run(APPS[name], size, count, seconds)
            runs.append({"app": name, "size": size, "viewers": count, **figures})
    return {"benchmark": "live", "machine": machine, "note": _NOTE.replace("\n", " "), "runs": runs}


def _number(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _row(one: dict[str, Any]) -> list[str]:
    name = [f"{one['app']} {one['size']}", f"{one['connected']}/{one['viewers']}"]
    if not one["connected"]:
        return [*name, *["-"] * 9]
    memory = one["memory_mb"]
    return [
        *name,
        f"{one['processed_hz_min']:.1f} / {one['processed_hz_median']:.1f}",
        _number(float(np.median([viewer["received_hz"] for viewer in one["each_viewer"]])), 1),
        _number(100 * one["unreadable"]),
        f"{_number(one['delay_median_ms'])} / {_number(one['delay_p95_ms'])}",
        _number(one["growth_ms_per_min_worst"]),
        _number(one["growth_thirds_ms_worst"]),
        _number(one["server_cpu_ms_per_frame"], 1),
        f"{one['server_cpu_percent']:.0f} + {one['client_cpu_percent']:.0f}",
        f"{memory[0]['rss']:.0f} / {memory[-1]['rss']:.0f}" if memory else "-",
    ]


def report(result: dict[str, Any]) -> str:
    """Return the figures as readable text."""
    head = [
        "app, size",
        "viewers",
        "processed/s min/median",
        "received/s",
        "broken %",
        "delay ms median/p95",
        "growth ms/min",
        "thirds ms",
        "CPU ms/frame",
        "CPU % server+viewers",
        "MB start/end",
    ]
    lines = [machine_lines(result["machine"]), "", table([head, *map(_row, result["runs"])]), "", _NOTE]
    lines += [
        f"{one['app']} {one['size']}, viewers {one['viewers']}: not connected: {failure}"
        for one in result["runs"]
        for failure in one["failures"]
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and save the figures if asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.live", description="How many viewers a live page carries."
    )
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each run is measured")
    parser.add_argument("--viewers", type=int, nargs="+", help="default 1 2 4 8")
    parser.add_argument("--sizes", nargs="+", choices=SIZES_WH, help="default 480p 720p")
    parser.add_argument("--app", choices=[*APPS, "both"], default="both")
    parser.add_argument(
        "--long", type=float, metavar="MINUTES", help="one long run; default four viewers at 480p"
    )
    parser.add_argument("--out", type=Path, help="JSON file to write")
    choices = parser.parse_args()
    apps = list(APPS) if choices.app == "both" else [choices.app]
    sizes = choices.sizes or (_LONG_SIZES if choices.long else ("480p", "720p"))
    viewers = choices.viewers or (_LONG_VIEWERS if choices.long else (1, 2, 4, 8))
    result = measure(apps, sizes, viewers, choices.long * 60 if choices.long else choices.seconds)
    print(f"{report(result)}\nUsable cores: {usable_cores()}")
    if choices.out:
        save(result, choices.out)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # like Ctrl-C: the server must not be left running
    main()

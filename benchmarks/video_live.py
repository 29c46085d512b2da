"""A viewer of the Live page alone, and beside the analysis of a film: how many of its frames remain."""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
import urllib.request
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final

from benchmarks.live import APPS, viewer_figures
from benchmarks.live_client import Job, Recording, watch
from benchmarks.live_clip import SIZES_WH
from benchmarks.machine import describe_machine
from benchmarks.server import Server, serving

__all__ = ["measure_live"]

_SIZE: Final = "480p"
_SECONDS: Final = 20.0


def _ask(address: str, method: str, data: bytes | None = None) -> Any:
    request = urllib.request.Request(address, data, {"Content-Type": "video/mp4"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        body = answer.read()
    return json.loads(body) if body else None


def _watch(server: Server) -> Recording:
    app = APPS["posedeck"]
    spawn = multiprocessing.get_context("spawn")
    inputs = app.size_inputs.get(_SIZE, ()) + app.inputs
    job = Job(server.address, server.pid, app.page, app.query, inputs, SIZES_WH[_SIZE], 1, _SECONDS)
    with ProcessPoolExecutor(1, mp_context=spawn) as process:
        return process.submit(watch, job).result()


def _rate_hz(recording: Recording) -> float:
    (one,) = recording.viewers
    rate: float = viewer_figures(one, recording.start_s, recording.end_s)["processed_hz"]
    return rate


def _once(film: bytes, model: str) -> dict[str, Any]:
    with serving() as server:
        jobs = f"{server.address}/api/v1/video"
        before_hz = _rate_hz(_watch(server))
        job = _ask(f"{jobs}?model={model}", "POST", film)["id"]
        done: list[tuple[float, float]] = []
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.5):
                done.append((time.perf_counter(), _ask(f"{jobs}/{job}", "GET")["done"]))

        looking = threading.Thread(target=look)
        looking.start()
        try:
            recording = _watch(server)
        finally:
            over.set()
            looking.join()
        beside_hz = _rate_hz(recording)
        inside = [at for at in done if recording.start_s <= at[0] <= recording.end_s]
        worked_s = inside[-1][1] - inside[0][1] if inside else 0.0
        state = _ask(f"{jobs}/{job}", "GET")["state"]
        for _ in range(2):  # stop it, and forget it
            _ask(f"{jobs}/{job}", "DELETE")
        after_hz = _rate_hz(_watch(server))
    return {
        "alone_before_hz": before_hz,
        "beside_hz": beside_hz,
        "alone_after_hz": after_hz,
        "kept": round(2 * beside_hz / (before_hz + after_hz), 3),
        "film_s_meanwhile": round(worked_s, 1),
        "job_state_at_end": state,
    }


def measure_live(film: bytes, model: str, runs: int) -> dict[str, Any]:
    """Measure each run with a new server: 20 s alone, 20 s while the film is analysed, 20 s alone.

    The film must be longer than that takes.
    """
    return {
        "machine": describe_machine(),
        "model": model,
        "runs": [_once(film, model) for _ in range(runs)],
    }

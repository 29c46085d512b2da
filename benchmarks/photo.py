"""How long a picture takes without a browser: ``python -m benchmarks.photo [--out FILE]``.

Three questions, each answered with the functions that the Photo page calls, on the shipped samples (960x720 PNG):

- steps: decode, inference, draw, and encode the two JPEGs of the page's before/after picture, for each variant. Only
  samples with people count, since an empty room needs only one of the two networks.
- first request: is the first one after the application's own warm-up as fast as the tenth? A process has only one first
  request, so every repetition is a new process.
- two at once: pictures a second with two threads, against one after the other.

What is compared takes turns, so that a disturbance affects all of it. ``--out benchmarks/results/photo.json`` saves the
figures; ``make bench OUT=benchmarks/results`` measures and saves everything.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import interleaved, save, spread, summary, table
from pose_core.media.images import encode_jpeg
from pose_core.models.pool import PosePool
from pose_core.performer.samples import SAMPLES, sample_bytes
from pose_core.pipeline.photo import analyse_photo, annotate_photo
from pose_core.settings import VARIANTS, DetectionSettings, PoseSettings
from pose_core.skeleton import LANDMARK_NAMES

__all__ = ["REQUESTS", "STEPS", "first_requests", "measure", "report"]

STEPS: Final = ("decode", "inference", "draw", "encode", "total")
REQUESTS: Final = 10  # the first is compared with the last
_FIRST_SAMPLE: Final = "squat"  # what the page shows a first visitor; the warm-up uses another one
_LABELS: Final = {name: name.replace("_", " ") for name in LANDMARK_NAMES}


def _request(data: bytes, settings: PoseSettings, pool: PosePool) -> dict[str, float]:
    """Process one picture from file to the two JPEGs that the page shows; return milliseconds of each of `STEPS`."""
    start_s = time.perf_counter()
    result, picture = analyse_photo(data, settings, pool)
    drawn_rgb, draw_ms = annotate_photo(result, picture.frame_rgb, settings, names=_LABELS)
    encode_s = time.perf_counter()
    encode_jpeg(picture.frame_rgb)
    encode_jpeg(drawn_rgb)
    end_s = time.perf_counter()
    return {
        "decode": result.times_ms["decode"],
        "inference": result.times_ms["inference"],
        "draw": draw_ms,
        "encode": (end_s - encode_s) * 1000,
        "total": (end_s - start_s) * 1000,
    }


def _pictures() -> list[bytes]:
    return [sample_bytes(sample.id) for sample in SAMPLES if sample.people]


def _measure_steps(rounds: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return milliseconds by variant and step; variants take turns on every picture."""
    pictures = _pictures()
    choices = {name: PoseSettings(DetectionSettings(model=name)) for name in VARIANTS}
    pool = PosePool(image_limit=len(VARIANTS))
    times: dict[str, list[dict[str, float]]] = {name: [] for name in VARIANTS}
    try:
        for name in interleaved(VARIANTS, 3):  # warm-up
            _request(pictures[0], choices[name], pool)
        turns = interleaved(VARIANTS, rounds * len(pictures))
        for data in interleaved(pictures, rounds):
            for name in itertools.islice(turns, len(VARIANTS)):
                times[name].append(_request(data, choices[name], pool))
    finally:
        pool.close()
    return {name: {step: summary([one[step] for one in times[name]]) for step in STEPS} for name in VARIANTS}


def first_requests() -> list[float]:
    """Return milliseconds of this process's first `REQUESTS` requests after the application's warm-up."""
    from pose_ui.shell.resources import close_pool, pool, warm_up

    data = sample_bytes(_FIRST_SAMPLE)
    warm_up()
    try:
        return [_request(data, PoseSettings(), pool())["total"] for _ in range(REQUESTS)]
    finally:
        close_pool()


def _measure_first(processes: int) -> dict[str, Any]:
    firsts, lasts = [], []
    for _ in range(processes):
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            times_ms = process.submit(first_requests).result()
        firsts.append(times_ms[0])
        lasts.append(times_ms[-1])
    first_ms, tenth_ms = summary(firsts), summary(lasts)
    return {
        "first_ms": first_ms,
        "tenth_ms": tenth_ms,
        "first_to_tenth": round(first_ms["median"] / tenth_ms["median"], 3),
    }


def _seconds(threads: ThreadPoolExecutor, pictures: Sequence[bytes], pool: PosePool) -> float:
    start_s = time.perf_counter()
    list(threads.map(lambda data: _request(data, PoseSettings(), pool), pictures))
    return time.perf_counter() - start_s


def _measure_two_at_once(rounds: int) -> dict[str, Any]:
    pictures = _pictures() * 2  # twice, so that both threads get equally many
    pool = PosePool(image_limit=2)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(2) as two:
        try:
            _seconds(two, pictures, pool)  # warm-up of both landmarkers
            for threads, executor in interleaved([(1, one), (2, two)], rounds):
                seconds[threads].append(_seconds(executor, pictures, pool))
        finally:
            pool.close()
    rates = {threads: summary([len(pictures) / s for s in values]) for threads, values in seconds.items()}
    return {
        "one_after_other_per_s": rates[1],
        "two_at_once_per_s": rates[2],
        "throughput_ratio": round(rates[2]["median"] / rates[1]["median"], 3),
    }


def measure(rounds: int = 20, processes: int = 5) -> dict[str, Any]:
    """Measure everything.

    Parameters
    ----------
    rounds : int
        How often each variant gets each picture, and how often two at once are compared with one after the other.
    processes : int
        In how many new processes the first request is measured.

    Returns
    -------
    dict
        Ready for JSON.
    """
    machine = describe_machine()
    return {
        "benchmark": "photo",
        "machine": machine,
        "rounds": rounds,
        "processes": processes,
        "pictures": [sample.id for sample in SAMPLES if sample.people],
        "steps_ms": _measure_steps(rounds),
        "first_request": _measure_first(processes),
        "two_at_once": _measure_two_at_once(rounds),
    }


def report(result: dict[str, Any]) -> str:
    """Return the figures as readable text."""
    steps = result["steps_ms"]
    first, two = result["first_request"], result["two_at_once"]
    rows = [["model", *STEPS], *([name, *(spread(steps[name][step]) for step in STEPS)] for name in steps)]
    return "\n".join(
        [
            machine_lines(result["machine"]),
            "",
            f"Milliseconds of each step, median / p95, {len(result['pictures'])} samples x {result['rounds']}:",
            table(rows),
            "",
            f"First request after warm-up {spread(first['first_ms'])} ms, tenth {spread(first['tenth_ms'])} ms, "
            f"in {result['processes']} new processes: {first['first_to_tenth']:.2f} times the tenth.",
            f"Pictures a second: one after the other {spread(two['one_after_other_per_s'])}, "
            f"two at once {spread(two['two_at_once_per_s'])}: {two['throughput_ratio']:.2f} times as many.",
        ]
    )


def main() -> None:
    """Measure, print, and save the figures if asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.photo", description="How long a picture takes."
    )
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--processes", type=int, default=5)
    choices = parser.parse_args()
    result = measure(choices.rounds, choices.processes)
    print(report(result))
    if choices.out:
        save(result, choices.out)


if __name__ == "__main__":
    main()

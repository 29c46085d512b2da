"""How fast this machine is, at each size and with each model: ``python -m benchmarks.resolution [--out FILE]``.

The same measurement as the Benchmark page, from the command line: ``--preset quick``, ``standard`` (the default) or
``thorough``; ``--source FILE`` measures on your own clip or picture; ``--report FILE`` writes the HTML report and
``--csv FILE`` a table. Ctrl-C stops it and keeps what was measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.machine import machine_lines
from benchmarks.report import table
from pose_core.benchmark import (
    PRESETS,
    BenchmarkResult,
    BenchmarkRun,
    BenchmarkRunner,
    BenchmarkSource,
    make_plan,
)
from pose_core.benchmark.recommend import GOALS, recommend
from pose_core.benchmark.report import report_html
from pose_core.benchmark.texts import advice_text, finding_text, loss_table, notes, scaling_text, speed_table
from pose_core.errors import PoseCoreError
from pose_ui.texts import Translator

__all__ = ["read_source", "text_report"]

_texts: Final = Translator("en")
_PICTURES: Final = (".jpg", ".jpeg", ".png", ".webp", ".gif")


def read_source(path: Path | None) -> BenchmarkSource:
    """Return the source for a file, by its name; without a file, the performer."""
    if path is None:
        return BenchmarkSource()
    return BenchmarkSource("picture" if path.suffix.lower() in _PICTURES else "clip", path.read_bytes())


def text_report(result: BenchmarkResult) -> str:
    """Return the result as text."""
    t = _texts
    parts = [machine_lines(result.machine), *notes(result, t)]
    head, rows = speed_table(result, t)
    parts.append(table([head, *rows]))
    head, rows = loss_table(result, t)
    parts.append(table([head, *rows]))
    finding = finding_text(result, t)
    parts += [finding] if finding else []
    if result.scaling:
        rows = [
            [
                str(one.streams),
                *(f"{value:.1f}" for value in (one.total_fps, one.slowest_fps, one.cores, one.memory_mb)),
            ]
            for one in result.scaling
        ]
        parts.append(table([["streams", "frames/s", "slowest", "cores", "MB a stream"], *rows]))
        parts.append(scaling_text(result, t))
    for goal in GOALS:
        advice = recommend(result, goal)
        if advice is not None:
            parts.append(f"{t(f'benchmark.goal_{goal}')}: {advice_text(advice, t)}")
    return "\n\n".join(parts)


def _watch(run: BenchmarkRun) -> None:
    """Show progress until the run is over; Ctrl-C stops it."""
    try:
        while not run.wait(0.5):
            status = run.status()
            left = "" if status.left_s is None else f", {status.left_s:.0f} s left"
            text = f"{_texts(f'benchmark.stage_{status.stage}')}: {status.share:4.0%}{left}"
            print(f"\r{text:<60}", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        run.stop(5.0)
    print(f"\r{'':<60}\r", end="", file=sys.stderr, flush=True)


def main() -> int:
    """Measure, print, and write the files asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--preset", choices=PRESETS, default="standard")
    parser.add_argument("--source", type=Path, help="clip or picture; default the performer")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--csv", type=Path, help="CSV file to write")
    parser.add_argument("--report", type=Path, help="HTML file to write")
    options = parser.parse_args()
    run = BenchmarkRunner().start(make_plan(options.preset), read_source(options.source))
    _watch(run)
    error: PoseCoreError | None = run.status().error
    if error is not None:
        print(error, file=sys.stderr)
    result = run.result()
    if result is None:
        return 1
    print(text_report(result))
    files: tuple[tuple[Path | None, Callable[[], bytes]], ...] = (
        (options.out, result.to_json),
        (options.csv, result.to_csv),
        (options.report, partial(report_html, result, "coaching", _texts, "en")),
    )
    for path, make in files:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(make())
            print(f"Written to {path}")
    return 1 if error is not None else 0


if __name__ == "__main__":
    sys.exit(main())

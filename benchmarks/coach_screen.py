"""How soon a count is on the screen: ``python -m benchmarks.coach_screen [--counts 60] [--exercise jumping_jack]``.

One window of Chromium on the Coach page, with the performer as its source, on the same cores as the server. Measured
is the time from the processed frame, when the coach had seen it, to the browser's next drawing with the new number:
the way through the feed and the page. Server and browser share one clock.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.server import serving
from pose_core.movement.catalogue import EXERCISE_NAMES

__all__ = ["main", "measure"]

_LOOK_EVERY_MS = 500
_WAIT_MS = 60_000
_FLAGS = ("--no-sandbox", "--disable-gpu")
_DELAYS = "box => [...(box.view?.delays ?? [])]"


def measure(exercise: str, counts: int, most_s: float) -> list[float]:
    """Milliseconds for each count; fewer than `counts` if they take longer than `most_s`."""
    from playwright.sync_api import sync_playwright

    from tests.support.browser import chromium_executable

    with serving() as server, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_executable(), args=_FLAGS)
        page = chromium.new_page(locale="en-GB", viewport={"width": 1280, "height": 800})
        page.set_default_timeout(_WAIT_MS)
        page.goto(f"{server.address}/coach?coach_exercise={exercise}")
        page.get_by_role("button", name="Start").click()  # the performer, unless somebody chose a camera
        delays_ms: list[float] = []
        for _ in range(int(most_s * 1000 / _LOOK_EVERY_MS)):
            page.wait_for_timeout(_LOOK_EVERY_MS)
            delays_ms = page.locator(".posedeck-coach").evaluate(_DELAYS)
            if len(delays_ms) >= counts:
                break
        chromium.close()
    return delays_ms[:counts]


def main(argv: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--counts", type=int, default=60)
    parser.add_argument("--exercise", choices=EXERCISE_NAMES, default="jumping_jack")
    parser.add_argument("--seconds", type=float, default=400.0, help="at most this long")
    arguments = parser.parse_args(argv)
    delays_ms = measure(arguments.exercise, arguments.counts, arguments.seconds)
    print(machine_lines(describe_machine()))
    if not delays_ms:
        raise SystemExit("Nothing was counted.")
    middle, p95 = np.percentile(delays_ms, (50, 95))
    print(
        f"{len(delays_ms)} counts: {middle:.0f} ms from the processed frame to the screen in the median, "
        f"{p95:.0f} ms (p95), {max(delays_ms):.0f} ms at most"
    )


if __name__ == "__main__":
    main()

"""What fifty starts and stops of a live stream leave behind in the server: threads and memory.

``python -m benchmarks.live_restarts [--rounds 50] [--out FILE]``: one visitor of the Live page starts the camera, sees
the first pictures, and stops, again and again; the first two rounds are a warm-up.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any, Final

from benchmarks.live import APPS, SERVER_DRAWS
from benchmarks.live_client import Input, StreamlitPage, Viewer, opened_page
from benchmarks.live_clip import SIZES_WH, Clip, performer_clip
from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import save, table
from benchmarks.server import Server, memory_mb, serving

_WARM: Final = 2
_WATCHED_S: Final = 1.0
_SETTLE_S: Final = 3.0  # for what ends after the browser has disconnected


def _threads(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())


def _held(server: Server) -> dict[str, float]:
    memory = memory_mb(server.pid)
    assert memory is not None, "This measurement needs /proc (Linux)."
    return {**memory, "threads": _threads(server.pid)}


async def _round(page: StreamlitPage, clip: Clip, turn: int) -> None:
    viewer = Viewer(page, clip)
    page.component_args = None
    report = f'{{"report": {{"turn": {turn}, "state": "ready", "cameras": 1}}}}'
    await viewer.start(
        (
            SERVER_DRAWS,
            Input("live_start", "trigger_value", True),
            Input("live_camera_check", "json_value", report),
        )
    )
    await asyncio.sleep(_WATCHED_S)
    stop = page.find("live_stop")
    assert stop is not None
    runs = page.runs
    page.set(stop, "trigger_value", True)
    await page.until("The page", lambda: page.runs > runs)
    await viewer.stop()
    await asyncio.sleep(1.0)


async def _measure(server: Server, rounds: int) -> list[dict[str, float]]:
    clip = performer_clip(SIZES_WH["480p"])
    app = APPS["posedeck"]
    held = []
    async with opened_page(server.address, app.page, app.query) as page:
        for turn in range(1, _WARM + rounds + 1):
            await _round(page, clip, turn)
            if turn >= _WARM and (turn - _WARM) % 10 == 0:
                await asyncio.sleep(_SETTLE_S)
                held.append({"restarts": turn - _WARM, **_held(server)})
    return held


def main() -> None:
    """Measure, print, and save the figures if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    machine = describe_machine()
    with serving() as server:
        held = asyncio.run(_measure(server, options.rounds))
    print(machine_lines(machine), end="\n\n")
    rows: list[list[str]] = [["restarts", "MB resident", "MB private", "threads"]]
    rows += [[str(one[name]) for name in ("restarts", "rss", "private", "threads")] for one in held]
    print(table(rows))
    result: dict[str, Any] = {"machine": machine, "held": held}
    if options.out:
        save(result, options.out)


if __name__ == "__main__":
    main()

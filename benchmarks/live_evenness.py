"""Whether the live picture stutters when the charts beside it are redrawn: ``python -m benchmarks.live_evenness``.

A real server and a real Chromium on the same cores, the performer as the source. The same page in turns with no chart
and with each kind of chart; for each, when the browser presented the pictures of the returned video
(``requestVideoFrameCallback``): how many a second, and the gaps between them. A callback that came late because the
page was busy makes the gap look longer than the eye sees it, never shorter. Needs what ``make setup-dev`` installs.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import interleaved, save, table
from benchmarks.server import serving
from pose_core.angles import LIMB_ANGLES
from pose_ui.texts import Translator

if TYPE_CHECKING:
    from playwright.sync_api import Page

_texts: Final = Translator("en")
_NO_CHART: Final = "none"
_CHARTS: Final = (_NO_CHART, "angles", "visibility", "world")
_ROUNDS: Final = 3
_WAIT_MS: Final = 60_000
_SETTLE_MS: Final = 2_000
#: Longer than three pictures at 30 a second: what an eye notices as a stutter.
_STUTTER_MS: Final = 100

#: Presentation times in ms, and how many pictures were presented until then, for as long as asked.
_WATCH: Final = """async (video, ms) => {
  const seen = [];
  const end = performance.now() + ms;
  while (performance.now() < end) {
    seen.push(await new Promise(resolve => video.requestVideoFrameCallback(
      (now, frame) => resolve([frame.presentationTime, frame.presentedFrames]))));
  }
  return seen;
}"""


def _show(page: Page, chart: str) -> None:
    """Choose a chart; none is the angles without a joint."""
    kind = "angles" if chart == _NO_CHART else chart
    page.get_by_role("radio", name=_texts(f"live.chart_{kind}")).click()
    if kind == "angles":
        for joint in LIMB_ANGLES:
            pill = page.get_by_role("button", name=_texts(f"joint.{joint}"), exact=True)
            if (pill.get_attribute("aria-pressed") == "true") != (chart == "angles"):
                pill.click()
    page.wait_for_timeout(_SETTLE_MS)


def _measure(page: Page, seconds: float) -> dict[str, Any]:
    """Figures for each kind of chart over all rounds."""
    page.get_by_role("radio", name=_texts("live.source_performer")).click()
    page.get_by_role("button", name=_texts("live.start")).click()
    page.get_by_text(re.compile(r"\d+/s")).first.wait_for(timeout=_WAIT_MS)
    video = page.frame_locator("iframe[title^=streamlit_webrtc]").locator("video")
    gaps_ms: dict[str, list[float]] = {chart: [] for chart in _CHARTS}
    presented = dict.fromkeys(_CHARTS, 0)
    _show(page, "angles")
    page.wait_for_timeout(5_000)  # the connection's bitrate has climbed by then
    for chart in interleaved(_CHARTS, _ROUNDS):
        print(f"... {chart}", file=sys.stderr, flush=True)
        _show(page, chart)
        seen = np.array(video.evaluate(_WATCH, seconds * 1000))
        gaps_ms[chart] += np.diff(seen[:, 0]).tolist()
        presented[chart] += int(seen[-1, 1] - seen[0, 1])
    return {
        chart: {
            "pictures_per_s": round(presented[chart] / sum(gaps) * 1000, 1),
            **{f"gap_p{part}_ms": round(float(np.percentile(gaps, part)), 1) for part in (50, 95, 99)},
            "gap_longest_ms": round(max(gaps), 1),
            "stutters_per_min": round(sum(gap > _STUTTER_MS for gap in gaps) / sum(gaps) * 60_000, 1),
        }
        for chart, gaps in gaps_ms.items()
    }


def main() -> None:
    """Measure, print, and write if asked."""
    from benchmarks.visitor import browser

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each chart is watched a round")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    machine = describe_machine()
    with serving() as server, browser() as chromium:
        page = chromium.new_page(locale="en-GB", viewport={"width": 1280, "height": 900})
        page.goto(f"{server.address}/live?lang=en")
        charts = _measure(page, options.seconds)
    print(machine_lines(machine), end="\n\n")
    rows = [
        ["chart", "pictures/s", "gap ms p50/p95/p99", "longest ms", f"gaps over {_STUTTER_MS} ms a minute"]
    ]
    rows += [
        [
            chart,
            f"{one['pictures_per_s']:.1f}",
            f"{one['gap_p50_ms']:.0f} / {one['gap_p95_ms']:.0f} / {one['gap_p99_ms']:.0f}",
            f"{one['gap_longest_ms']:.0f}",
            f"{one['stutters_per_min']:.1f}",
        ]
        for chart, one in charts.items()
    ]
    print(table(rows))
    if options.out:
        save(
            {"machine": machine, "seconds": options.seconds, "rounds": _ROUNDS, "charts": charts}, options.out
        )


if __name__ == "__main__":
    main()

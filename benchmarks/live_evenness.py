"""Whether the live picture stutters when the charts beside it are redrawn: ``python -m benchmarks.live_evenness``.

A real server and a real Chromium on the same cores, with the performer as the source. The same page is shown in turns
without a chart and with each kind of chart. For each, this measures when the browser presents the pictures of the
returned video (``requestVideoFrameCallback``): how many a second, and the gaps between them.

The browser shows pictures on a different thread from the page's own, which runs the callbacks and Plotly. While that
thread is busy, callbacks are skipped, and several pictures are presented between two of them. So there are two counts
of stutters: at most, as if no picture was shown in a gap between callbacks, and at least, where the gap is too long
even for pictures evenly spread over it. The browser's own count of freezes (``getStats``: nothing shown for 150 ms
longer than usual) is listed beside them. Needs what ``make setup-dev`` installs.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import interleaved, save, table
from benchmarks.server import serving
from pose_core.arrays import FloatArray
from pose_core.geometry.angles import LIMB_ANGLES
from pose_ui.texts import Translator

if TYPE_CHECKING:
    from playwright.sync_api import Page

_texts: Final = Translator("en")
_NO_CHART: Final = "none"
_CHARTS: Final = (_NO_CHART, "angles", "visibility", "world")
_ROUNDS: Final = 3
_WAIT_MS: Final = 60_000
_SETTLE_MS: Final = 2_000
#: Three pictures at 30 a second; a longer gap is visible as a stutter.
_STUTTER_MS: Final = 100

#: Keeps each connection, so that its statistics can be read.
_KEEP: Final = """
window.posedeckConnections = [];
window.RTCPeerConnection = class extends window.RTCPeerConnection {
  constructor(...options) {
    super(...options);
    window.posedeckConnections.push(this);
  }
};
"""
#: How often the returned video has frozen so far, and for how many seconds.
_FREEZES: Final = """async () => {
  const sum = { count: 0, seconds: 0 };
  for (const connection of window.posedeckConnections) {
    for (const part of (await connection.getStats()).values()) {
      if (part.type !== "inbound-rtp" || part.kind !== "video") continue;
      sum.count += part.freezeCount;
      sum.seconds += part.totalFreezesDuration;
    }
  }
  return sum;
}"""
#: Presentation times in ms, and how many pictures had been presented by then, during the given time.
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
    """Choose a chart; no chart is the chart of angles with no joint selected."""
    kind = "angles" if chart == _NO_CHART else chart
    page.get_by_role("radio", name=_texts(f"live.chart_{kind}")).click()
    if kind == "angles":
        for joint in LIMB_ANGLES:
            pill = page.get_by_role("button", name=_texts(f"joint.{joint}"), exact=True)
            if (pill.get_attribute("aria-pressed") == "true") != (chart == "angles"):
                pill.click()
    page.wait_for_timeout(_SETTLE_MS)


def _measure(page: Page, seconds: float) -> dict[str, Any]:
    """Return the figures for each kind of chart over all rounds."""
    page.get_by_role("radio", name=_texts("live.source_performer")).click()
    page.get_by_role("button", name=_texts("live.start")).click()
    page.get_by_text(re.compile(r"\d+ frames/s")).first.wait_for(timeout=_WAIT_MS)
    video = page.frame_locator("iframe[title^=streamlit_webrtc]").locator("video")
    gaps_ms: dict[str, list[float]] = {chart: [] for chart in _CHARTS}
    pictures: dict[str, list[int]] = {
        chart: [] for chart in _CHARTS
    }  # presented in each gap, at its end included
    freezes = dict.fromkeys(_CHARTS, 0)
    frozen_s = dict.fromkeys(_CHARTS, 0.0)
    _show(page, "angles")
    page.wait_for_timeout(5_000)  # the connection's bitrate has climbed by then
    for chart in interleaved(_CHARTS, _ROUNDS):
        print(f"... {chart}", file=sys.stderr, flush=True)
        _show(page, chart)
        before = video.evaluate(_FREEZES)
        seen = np.array(video.evaluate(_WATCH, seconds * 1000))
        after = video.evaluate(_FREEZES)
        gaps_ms[chart] += np.diff(seen[:, 0]).tolist()
        pictures[chart] += np.diff(seen[:, 1]).astype(int).tolist()
        freezes[chart] += after["count"] - before["count"]
        frozen_s[chart] += after["seconds"] - before["seconds"]
    return {
        chart: evenness(np.array(gaps), np.array(pictures[chart]))
        | {"freezes": freezes[chart], "frozen_s": round(frozen_s[chart], 2)}
        for chart, gaps in gaps_ms.items()
    }


def evenness(gaps_ms: FloatArray, pictures: NDArray[np.int_]) -> dict[str, float]:
    """Return the figures of the gaps between callbacks.

    Parameters
    ----------
    gaps_ms : ndarray, shape (N,)
        Time between the pictures of two callbacks.
    pictures : ndarray, shape (N,)
        How many pictures were presented in each gap, including the one at its end.

    Examples
    --------
    >>> figures = evenness(np.array([40.0, 130.0, 260.0]), np.array([1, 2, 2]))
    >>> figures["stutters_per_min_at_most"], figures["stutters_per_min_at_least"]
    (279.1, 139.5)
    """
    minutes = gaps_ms.sum() / 60_000
    return {
        "pictures_per_s": round(float(pictures.sum() / minutes / 60), 1),
        **{f"gap_p{part}_ms": round(float(np.percentile(gaps_ms, part)), 1) for part in (50, 95, 99)},
        "gap_longest_ms": round(float(gaps_ms.max()), 1),
        "stutters_per_min_at_most": round(float((gaps_ms > _STUTTER_MS).sum() / minutes), 1),
        "stutters_per_min_at_least": round(float((gaps_ms / pictures > _STUTTER_MS).sum() / minutes), 1),
    }


def main() -> None:
    """Measure, print, and save the figures if asked."""
    from benchmarks.visitor import browser

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--seconds", type=float, default=15.0, help="how long each chart is watched in a round"
    )
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    machine = describe_machine()
    with serving() as server, browser() as chromium:
        page = chromium.new_page(locale="en-GB", viewport={"width": 1280, "height": 900})
        page.add_init_script(_KEEP)
        page.goto(f"{server.address}/live?lang=en")
        charts = _measure(page, options.seconds)
    print(machine_lines(machine), end="\n\n")
    head = [
        "chart",
        "pictures/s",
        "gap ms p50/p95/p99",
        "longest ms",
        f"over {_STUTTER_MS} ms a minute",
        "freezes",
    ]
    rows = [
        [
            chart,
            f"{one['pictures_per_s']:.1f}",
            f"{one['gap_p50_ms']:.0f} / {one['gap_p95_ms']:.0f} / {one['gap_p99_ms']:.0f}",
            f"{one['gap_longest_ms']:.0f}",
            f"{one['stutters_per_min_at_least']:.0f} to {one['stutters_per_min_at_most']:.0f}",
            f"{one['freezes']}, {one['frozen_s']:.1f} s",
        ]
        for chart, one in charts.items()
    ]
    print(table([head, *rows]))
    if options.out:
        save(
            {"machine": machine, "seconds": options.seconds, "rounds": _ROUNDS, "charts": charts}, options.out
        )


if __name__ == "__main__":
    main()

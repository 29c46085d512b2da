"""What real browsers get from a live page: ``python -m benchmarks.live_browsers [--out FILE]``.

Windows of one Chromium, on the same cores as the server, send a noisy clip of the performer as their camera. Each run
has its own server and browser; both ways of PoseDeck and the tutorial's app take turns. Needs what ``make setup-dev``
installs.

Measured for each window: new results each second, which are messages about people where the browser draws, and else
pictures shown whose number, drawn into the clip, differs from the one before (servers repeat a picture until the next
is ready; ``returned`` counts those, too). By the browser's own statistics: the size sent and returned, what limited
the size (``bandwidth``, ``cpu``), seconds in freezes, and the first one after Start. In all: processor time of server
and browser. Trust the ratios.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.live import APPS, serving_app
from benchmarks.live_client import cpu_s
from benchmarks.live_clip import COLUMNS, draw_code
from benchmarks.machine import describe_machine, machine_lines
from benchmarks.page import browser_starts
from benchmarks.report import interleaved, save, table
from pose_core.media.images import encode_jpeg
from pose_core.performer import Camera, render_frame

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, Page

__all__ = ["measure", "report", "write_clip"]

_CLIP_FRAMES: Final = 60
_CAMERA_WH: Final = {480: (640, 480), 720: (1280, 720)}
#: Like the grain of a webcam in a room: a clip without it is too easy to encode.
_NOISE: Final = 4.0
_WARM_UP_MS: Final = 6000
_WAIT_MS: Final = 60_000
_LOOK_EVERY_MS: Final = 30
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
#: The dashboard's two ways of drawing, by their values in the page's address, and the tutorial's app.
WAYS: Final = {"posedeck, browser draws": "browser", "posedeck, server draws": "server", "tutorial": None}
_KEEP_CONNECTIONS: Final = """
  window.connections = [];
  window.messages = 0;
  if (window.RTCPeerConnection) window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) { super(...given); window.connections.push(this); }
    createDataChannel(...given) {
      const channel = super.createDataChannel(...given);
      channel.addEventListener("message", () => { window.messages += 1; });
      return channel;
    }
  };
"""
_STATISTICS: Final = """async () => {
  const found = { decoded: window.messages, fresh: window.fresh ?? 0, freeze_s: 0, returned: "own" };
  for (const one of (await window.connections.at(-1).getStats()).values()) {
    if (one.type === "inbound-rtp" && one.kind === "video")
      Object.assign(found, { decoded: one.framesDecoded ?? 0, freeze_s: one.totalFreezesDuration ?? 0,
        returned: `${one.frameWidth}x${one.frameHeight}` });
    if (one.type === "outbound-rtp" && one.kind === "video")
      Object.assign(found, { sent: `${one.frameWidth}x${one.frameHeight}`, limited: one.qualityLimitationReason });
  }
  return found;
}"""
#: Counts pictures with a new number, as the window shows them: one row of pixels, a block of the number each.
_COUNT_NEW: Final = """(columns) => {
  window.fresh = 0;
  const video = document.querySelector("video");
  if (!video) return;
  const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let shown = "";
  const look = () => {
    const { videoWidth, videoHeight } = video;
    context.drawImage(video, 0, videoHeight / 60, videoWidth, videoHeight / 30, 0, 0, columns, 1);
    const { data } = context.getImageData(0, 0, columns, 1);
    let code = "";
    for (let block = 0; block < columns; block++) code += data[block * 4 + 1] > 128 ? 1 : 0;
    if (code[0] !== code.at(-1) && code !== shown) {
      window.fresh += 1;
      shown = code;
    }
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}"""


def write_clip(path: Path, height_px: int) -> None:
    """Write a clip that Chromium plays as a camera: the performer in motion, with a camera's noise, and numbered."""
    width, height = _CAMERA_WH[height_px]
    with path.open("wb") as file:
        for index in range(_CLIP_FRAMES):
            frame = render_frame(
                "squat", index / _CLIP_FRAMES, camera=Camera(width, height), noise=_NOISE, seed=index
            )
            draw_code(frame.rgb, index)
            file.write(encode_jpeg(frame.rgb, 90))


def _start(page: Page, way: str) -> None:
    if WAYS[way] is None:
        page.frame_locator("iframe[title^=streamlit_webrtc]").get_by_role("button", name="Start").click()
    else:
        page.get_by_role("button", name="Start").click()


def _connected(page: Page) -> Frame | None:
    return next((frame for frame in page.frames if frame.evaluate("window.connections?.length")), None)


def _first_pictures_s(pages: list[Page]) -> list[float]:
    """Wait for a picture in each window; seconds since the call, by which all have pressed Start."""
    began_s, first_s = time.perf_counter(), dict.fromkeys(range(len(pages)), 0.0)
    while not all(first_s.values()):
        for index, page in enumerate(pages):
            frame = _connected(page)
            if not first_s[index] and frame is not None and frame.evaluate(_STATISTICS)["decoded"]:
                first_s[index] = time.perf_counter() - began_s
        if time.perf_counter() - began_s > _WAIT_MS / 1000:
            raise TimeoutError("Each window must get a picture within a minute; at least one got none.")
        pages[0].wait_for_timeout(_LOOK_EVERY_MS)
    return list(first_s.values())


def _browser_cpu_s(chromium: Browser) -> float:
    session = chromium.new_browser_cdp_session()
    seconds: float = sum(one["cpuTime"] for one in session.send("SystemInfo.getProcessInfo")["processInfo"])
    session.detach()
    return seconds


def _one_run(way: str, height_px: int, windows: int, seconds: float, chromium: Browser) -> dict[str, Any]:
    draws = WAYS[way]
    setting = APPS["posedeck" if draws else "tutorial"]
    with serving_app(setting) as server:
        pages = []
        for _ in range(windows):
            context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
            context.set_default_timeout(_WAIT_MS)
            context.add_init_script(_KEEP_CONNECTIONS)
            page = context.new_page()
            choices = f"&live_height={height_px}&live_drawn_in={draws}" if draws else ""
            page.goto(f"{server.address}/{setting.page}?{setting.query}{choices}")
            if draws:
                page.get_by_role("button", name="Start").wait_for()
            pages.append(page)
        for page in pages:
            _start(page, way)
        first_s = _first_pictures_s(pages)
        pages[0].wait_for_timeout(_WARM_UP_MS)
        frames = [frame for page in pages if (frame := _connected(page)) is not None]
        for frame in frames if draws != "browser" else []:
            frame.evaluate(_COUNT_NEW, COLUMNS)
        before = [frame.evaluate(_STATISTICS) for frame in frames]
        used_s = cpu_s(server.pid)
        browser_s, began_s = _browser_cpu_s(chromium), time.perf_counter()
        pages[0].wait_for_timeout(seconds * 1000)
        span_s = time.perf_counter() - began_s
        after = [frame.evaluate(_STATISTICS) for frame in frames]
        figures = {
            "server_cpu_percent": round(100 * (cpu_s(server.pid) - used_s) / span_s, 1),
            "browser_cpu_percent": round(100 * (_browser_cpu_s(chromium) - browser_s) / span_s, 1),
        }
        for page in pages:
            page.context.close()
    counted = "decoded" if draws == "browser" else "fresh"
    each = [
        {
            "first_picture_s": round(first, 2),
            "new_hz": round((end[counted] - start[counted]) / span_s, 2),
            "returned_hz": round((end["decoded"] - start["decoded"]) / span_s, 2),
            "freeze_s": round(end["freeze_s"] - start["freeze_s"], 2),
            "sent": end.get("sent"),
            "returned": end.get("returned"),
            "limited": end.get("limited"),
        }
        for first, start, end in zip(first_s, before, after, strict=True)
    ]
    return {"way": way, "height_px": height_px, "windows": windows, "each": each, **figures}


def measure(heights_px: list[int], windows: list[int], seconds: float) -> dict[str, Any]:
    """Measure all ways with each number of windows at each height; ready for JSON."""
    from playwright.sync_api import sync_playwright

    from tests.support.browser import chromium_executable

    machine = describe_machine()
    runs = []
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        order = interleaved(list(WAYS), len(heights_px) * len(windows))
        for height_px in heights_px:
            clip = Path(folder, f"{height_px}.mjpeg")
            write_clip(clip, height_px)
            flags = [*_FLAGS, f"--use-file-for-fake-video-capture={clip}"]
            for count in windows:
                for _ in WAYS:
                    way = next(order)
                    print(f"... {way}, {height_px}p, windows: {count}", file=sys.stderr, flush=True)
                    chromium = playwright.chromium.launch(executable_path=chromium_executable(), args=flags)
                    runs.append(_one_run(way, height_px, count, seconds, chromium))
                    chromium.close()
    return {"benchmark": "live_browsers", "machine": machine, "runs": runs}


def _row(run: dict[str, Any]) -> list[str]:
    each = run["each"]
    rates = [one["new_hz"] for one in each]
    return [
        f"{run['way']}, {run['height_px']}p",
        str(run["windows"]),
        f"{min(rates):.1f} / {np.median(rates):.1f}",
        f"{np.median([one['returned_hz'] for one in each]):.1f}",
        " ".join(sorted({str(one["sent"]) for one in each})),
        " ".join(sorted({str(one["limited"]) for one in each})),
        f"{sum(one['freeze_s'] for one in each):.1f}",
        f"{max(one['first_picture_s'] for one in each):.1f}",
        f"{run['server_cpu_percent']:.0f} + {run['browser_cpu_percent']:.0f}",
    ]


def report(result: dict[str, Any]) -> str:
    """Return the figures as readable text."""
    head = [
        "way, size",
        "windows",
        "new/s min/median",
        "returned/s",
        "sent",
        "limited by",
        "freezes s",
        "first picture s",
        "CPU % server+browser",
    ]
    return "\n".join([machine_lines(result["machine"]), "", table([head, *map(_row, result["runs"])])])


def main() -> None:
    """Measure, print, and save the figures if asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.live_browsers", description="What real browsers get from a live page."
    )
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each run is measured")
    parser.add_argument("--windows", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--heights", type=int, nargs="+", choices=_CAMERA_WH, default=list(_CAMERA_WH))
    parser.add_argument("--out", type=Path, help="JSON file to write")
    choices = parser.parse_args()
    if not browser_starts():
        print(
            "Real browsers need Playwright and Chromium; `make setup-dev` installs them. Nothing was measured."
        )
        return
    result = measure(choices.heights, choices.windows, choices.seconds)
    print(report(result))
    if choices.out:
        save(result, choices.out)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # like Ctrl-C: the server must not be left running
    main()

"""The camera's three ways beside each other: ``python -m benchmarks.overlay [--out FILE]``.

Drawn by the server, drawn by the browser, and with the model itself in the browser. One real server and a real Chromium
on the same machine, whose camera is a clip: the performer slides from side to side, and each frame's number is written
into a corner. The ways take turns, at 480p and at 720p, with the quality fixed.

- CPU: the server's processor time for each frame that reached the browser. That is little affected by what else the
  machine does; rates and delays are.
- % of a core: the server's processor time for a second, of one core.
- first: from pressing Start, with nothing in the browser's cache, to the first figures beside the picture.
- landmarks: from the camera taking a frame until its people are known in the page (the browser draws).
- picture: from the camera taking a frame until its picture with people can be shown; the server's way returns it as
  video, whose number is read in the page. In the browser it is drawn at the screen's next refresh after the landmarks.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from benchmarks.live_client import cpu_s
from benchmarks.machine import describe_machine, machine_lines
from benchmarks.page import browser_starts
from benchmarks.report import interleaved, save, spread, summary, table
from benchmarks.server import Server, serving
from pose_core.media.images import encode_jpeg
from pose_core.performer import Camera, Person, render_scene
from pose_ui.live_view.choices import SIZES_WH

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["clip", "measure", "report"]

WAYS: Final = ("model", "browser", "server")
_NAMES: Final = {
    "model": "model in the browser",
    "browser": "drawn in the browser",
    "server": "on the server",
}
HEIGHTS: Final = (480, 720)
#: Of the clip: frames, bits of a number, and width of a bit's mark as a share of the picture's.
FRAMES, BITS, MARK = 60, 6, 1 / 40
_SLIDE: Final = 0.15
_WARM_S: Final = 6.0  # until the browser sends its full size, and rates are steady
_WAIT_MS: Final = 60_000
_NEEDS: Final = "This needs Playwright and Chromium; `make setup-dev` installs them. Nothing was measured."

#: In a window with a video: note when each numbered frame was shown, mirrored or not, and when the camera took it.
_NOTE_NUMBERS: Final = f"""
    (video, mirrored) => {{
        const seen = (window.posedeckSeen = []);
        const small = new OffscreenCanvas({BITS}, 1).getContext("2d", {{ willReadFrequently: true }});
        const look = (now, frame) => {{
            const [width, mark] = [video.videoWidth, video.videoWidth * {MARK}];
            for (let bit = 0; bit < {BITS}; bit += 1) {{
                const x = (bit + 0.25) * mark;
                small.drawImage(video, mirrored ? width - x - mark / 2 : x, mark / 4, mark / 2, mark / 2, bit, 0, 1, 1);
            }}
            const pixels = small.getImageData(0, 0, {BITS}, 1).data;
            let number = 0;
            for (let bit = 0; bit < {BITS}; bit += 1) number += (pixels[4 * bit] > 128) << bit;
            seen.push([number, performance.timeOrigin + (frame.captureTime ?? now), performance.timeOrigin + now]);
            video.requestVideoFrameCallback(look);
        }};
        video.requestVideoFrameCallback(look);
    }}
"""
#: A second look at the camera, which a browser gives to several at once.
_OPEN_CAMERA: Final = """
    async ([width, height]) => {
        const video = document.createElement("video");
        video.muted = true;
        video.srcObject = await navigator.mediaDevices.getUserMedia({
            video: { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 } } });
        await video.play();
        return video;
    }
"""


def _say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


def clip(size_wh: tuple[int, int]) -> bytes:
    """The camera's clip, as MJPEG: the performer sliding from side to side, numbered."""
    width, height = size_wh
    still_rgb = render_scene((Person("arm_raise", phase=0.3),), camera=Camera(width, height)).rgb
    mark = round(width * MARK)
    frames = []
    for number in range(FRAMES):
        slide = _SLIDE * width * np.sin(2 * np.pi * number / FRAMES)
        move = np.array([(1, 0, slide), (0, 1, 0)], dtype=np.float64)
        frame_rgb = cv2.warpAffine(still_rgb, move, size_wh, borderMode=cv2.BORDER_REPLICATE)
        for bit in range(BITS):
            frame_rgb[:mark, bit * mark : (bit + 1) * mark] = 255 * (number >> bit & 1)
        frames.append(encode_jpeg(np.asarray(frame_rgb, dtype=np.uint8), 92))
    return b"".join(frames)


@contextmanager
def _filming(height: int) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    from tests.support.browser import chromium_executable
    from tests.support.visit import CHROMIUM_FLAGS

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "camera.mjpeg"
        file.write_bytes(clip(SIZES_WH[height]))
        flags = [*CHROMIUM_FLAGS, f"--use-file-for-fake-video-capture={file}"]
        browser = playwright.chromium.launch(executable_path=chromium_executable(), args=flags)
        try:
            yield browser
        finally:
            browser.close()


def _prepare(page: Page, way: str, height: int) -> float:
    """Choose and start; seconds until the first figures."""
    from playwright.sync_api import expect

    from tests.support.live_page import choose_drawing, choose_model_place, gear, start
    from tests.support.visit import settle

    with gear(page):
        page.get_by_text("Adapt quality").first.click()
        settle(page)
        page.get_by_role("radio", name=f"{height}p").click()
        settle(page)
    if way == "model":
        choose_model_place(page, "your browser")
    else:
        choose_drawing(page, "in the browser" if way == "browser" else "on the server")
    began_s = time.perf_counter()
    start(page)
    first_s = time.perf_counter() - began_s
    expect(page.get_by_text("1 person", exact=True)).to_be_visible(timeout=_WAIT_MS)
    page.wait_for_timeout(_WARM_S * 1000)
    return first_s


def _picture_delays_ms(taken: list[list[float]], returned: list[list[float]]) -> list[float]:
    """From each returned frame's number: how long before, at most a round of the clip, the camera took that frame."""
    delays = []
    for number, _, shown_ms in returned:
        times = [taken_ms for one, taken_ms, _ in taken if one == number and taken_ms <= shown_ms]
        if times and shown_ms - times[-1] < FRAMES / 30 * 1000:
            delays.append(shown_ms - times[-1])
    return delays


def _watch(server: Server, browser: Browser, way: str, height: int, seconds: float) -> dict[str, Any]:
    from tests.support.live_page import stop
    from tests.support.visit import visit

    with visit(browser, f"{server.address}/live") as page:
        first_s = _prepare(page, way, height)
        overlay = page.locator(".posedeck-overlay")
        frame = page.frame_locator("iframe[title^=streamlit_webrtc]").locator("video")
        if way == "server":
            camera = page.evaluate_handle(_OPEN_CAMERA, list(SIZES_WH[height]))
            page.evaluate(f"({{ video }}) => ({_NOTE_NUMBERS})(video, false)", {"video": camera})
            frame.evaluate(_NOTE_NUMBERS, True)

        def count() -> int:
            if way != "server":
                received: int = overlay.evaluate("(box) => box.view.received")
                return received
            shown: int = frame.evaluate("(video) => video.getVideoPlaybackQuality().totalVideoFrames")
            return shown

        before, cpu, began_s = count(), cpu_s(server.pid), time.perf_counter()
        if way != "server":
            overlay.evaluate("(box) => { box.view.delaysMs = []; box.view.errorsMs = []; }")
        page.wait_for_timeout(seconds * 1000)
        frames, cpu, span_s = count() - before, cpu_s(server.pid) - cpu, time.perf_counter() - began_s
        result: dict[str, Any] = {
            "frames": frames,
            "per_s": frames / span_s,
            "cpu_ms": 1000 * cpu / max(1, frames),
            "cpu_percent": 100 * cpu / span_s,
            "first_s": first_s,
        }
        if way != "server":
            seen = overlay.evaluate(
                "({ view }) => ({ delays: view.delaysMs, errors: view.errorsMs ?? [], size: view.message.size })"
            )
            result |= {"delays_ms": seen["delays"], "errors_ms": seen["errors"], "size_wh": seen["size"]}
        else:
            returned = frame.evaluate(
                "(video) => [window.posedeckSeen, [video.videoWidth, video.videoHeight]]"
            )
            delays = _picture_delays_ms(page.evaluate("window.posedeckSeen"), returned[0])
            result |= {"delays_ms": delays, "size_wh": returned[1]}
        stop(page)
    return result


def measure(rounds: int = 4, seconds: float = 20.0) -> dict[str, Any]:
    """Measure all ways at both sizes, each once a round; ready for JSON."""
    runs: dict[str, list[dict[str, Any]]] = {f"{way} {height}": [] for height in HEIGHTS for way in WAYS}
    with serving() as server:
        for height in HEIGHTS:
            with _filming(height) as browser:
                for way in interleaved(WAYS, rounds):
                    _say(f"{way}, {height}p")
                    runs[f"{way} {height}"].append(_watch(server, browser, way, height, seconds))
    cases = []
    for name, results in runs.items():
        drawn, height_px = name.split()
        case: dict[str, Any] = {"way": drawn, "height_px": int(height_px), "size_wh": results[-1]["size_wh"]}
        for figure in ("cpu_ms", "cpu_percent", "per_s", "first_s"):
            case[figure] = summary([result[figure] for result in results])
        for figure in ("delays_ms", "errors_ms"):
            values = [value for result in results for value in result.get(figure, ())]
            case[figure] = summary(values) if values else None
        cases.append(case)
    return {"benchmark": "overlay", "machine": describe_machine(), "seconds": seconds, "cases": cases}


def report(result: dict[str, Any]) -> str:
    """Return the figures as readable text."""
    head = ["way", "size", "server CPU, ms a frame", "% of a core", "frames/s", "first, s", "delay, ms"]
    rows = [[*head, "out of step, ms"]]
    rows += [
        [
            _NAMES[case["way"]],
            "x".join(str(side) for side in case["size_wh"]),
            spread(case["cpu_ms"]),
            spread(case["cpu_percent"]),
            spread(case["per_s"]),
            spread(case["first_s"]),
            spread(case["delays_ms"], 0) if case["delays_ms"] else "-",
            spread(case["errors_ms"]) if case["errors_ms"] else "-",
        ]
        for case in result["cases"]
    ]
    return "\n".join([machine_lines(result["machine"]), "", "Median / 95th percentile", "", table(rows)])


def main() -> None:
    """Measure, print, and save the figures if asked; without Playwright or Chromium, only say what is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.overlay",
        description="The camera: model in the browser, drawn there, or on the server.",
    )
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    choices = parser.parse_args()
    if not browser_starts():
        print(_NEEDS)
        return
    result = measure(choices.rounds, choices.seconds)
    print(report(result))
    if choices.out:
        save(result, choices.out)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # like Ctrl-C: the server must not be left running
    main()

"""Four visitors start their cameras at the same moment: everybody gets a picture, and a closed tab frees its seat."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.live_page import FIGURES, choose_drawing, seats_taken, stop
from tests.support.server import Server, running_server
from tests.support.visit import visit
from tests.support.waiting import until

pytestmark = pytest.mark.e2e

VIEWERS = 4
PICTURE_WITHIN_S = 5.0
#: When the first picture with its people was there after the click, in seconds: one that was returned, or the first
#: message where the browser draws. It returns at once, and the page keeps counting.
CLICK_AND_WATCH = """
    button => {
        window.firstS = null;
        const began = performance.now();
        const overlay = (root) => {
            const here = root.querySelector(".posedeck-overlay");
            if (here) return here;
            for (const one of root.querySelectorAll("*")) {
                const inside = one.shadowRoot && overlay(one.shadowRoot);
                if (inside) return inside;
            }
            return null;
        };
        const look = () => {
            const frame = document.querySelector("iframe[title^=streamlit_webrtc]");
            const video = frame?.contentDocument?.querySelector("video");
            const returned = video?.videoWidth && video.readyState >= 2;
            const view = !frame && overlay(document)?.view;
            if (returned || view?.message) window.firstS = (performance.now() - began) / 1000;
            else setTimeout(look, 30);
        };
        setTimeout(() => { button.click(); look(); });
    }
"""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("crowd")


@pytest.fixture(scope="module")
def logging_server(log: Path) -> Iterator[Server]:
    with running_server(log / "server.txt", env={"POSEDECK_LOG_FOLDER": str(log)}) as server:
        yield server
        server.assert_no_traceback()


@contextmanager
def visitors(server: Server, browser: Browser, place: str) -> Iterator[list[Page]]:
    with ExitStack() as stack:
        pages = [stack.enter_context(visit(browser, f"{server.url}/live")) for _ in range(VIEWERS)]
        for page in pages:
            choose_drawing(page, place)
        yield pages


def all_start(pages: list[Page]) -> list[float]:
    """All press Start; return after how many seconds each saw a picture, once everybody's figures are there."""
    buttons = [page.get_by_role("button", name="Start").element_handle() for page in pages]
    for page, button in zip(pages, buttons, strict=True):
        page.evaluate(CLICK_AND_WATCH, button)
    for page in pages:
        expect(page.get_by_text(FIGURES)).to_be_visible(timeout=60_000)
        expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    until(lambda: all(page.evaluate("window.firstS") is not None for page in pages))
    return [page.evaluate("window.firstS") for page in pages]


def all_stop(pages: list[Page]) -> None:
    for page in pages:
        stop(page)


def events(log: Path) -> list[dict[str, Any]]:
    lines = map(json.loads, (log / "posedeck.log").read_text().splitlines())
    return [line for line in lines if line["event"] == "live"]


def report(times_s: list[float]) -> None:
    ranked = sorted(times_s)
    late = sum(time_s > PICTURE_WITHIN_S for time_s in ranked)
    sys.stdout.write(
        f"{len(ranked)} starts: first picture after {ranked[len(ranked) // 2]:.1f} s (median), {ranked[-1]:.1f} s "
        f"(longest); {late} later than {PICTURE_WITHIN_S:.0f} s\n"
    )


@pytest.mark.parametrize("starts", [1, pytest.param(5, marks=pytest.mark.nightly)])
def test_everybody_gets_a_picture_and_a_closed_tab_frees_its_seat(
    logging_server: Server, filmed: Browser, log: Path, starts: int
) -> None:
    times_s = []
    with visitors(logging_server, filmed, "on the server") as pages:
        for _ in range(starts - 1):
            times_s += all_start(pages)
            all_stop(pages)
        times_s += all_start(pages)
    until(lambda: seats_taken(urlsplit(logging_server.url).port) == 0)
    report(times_s)
    seen = events(log)
    for number in {event["connection"] for event in seen}:
        own = [event.get("step") or event["phase"] for event in seen if event["connection"] == number]
        assert {"frame_here", "offer", "answer", "received", "drawn", "returned"} <= set(own)


@pytest.mark.nightly
@pytest.mark.parametrize("place", ["in the browser", "on the server"])
def test_a_hundred_starts_of_four_on_a_busy_machine(
    logging_server: Server, filmed: Browser, place: str
) -> None:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    times_s: list[float] = []
    try:
        with visitors(logging_server, filmed, place) as pages:
            for _ in range(100):
                times_s += all_start(pages)
                all_stop(pages)
    finally:
        for process in busy:
            process.kill()
            process.wait()
        if times_s:
            report(times_s)
    assert len(times_s) == 100 * VIEWERS, "somebody had no picture"

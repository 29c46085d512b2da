"""Start, wait for a seat, stop, repeatedly: nobody hangs, on a busy machine or with a browser whose timer died."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.live_page import FIGURES, start, stop, watching
from tests.support.server import Server, running_server
from tests.support.visit import settle, visit

pytestmark = pytest.mark.e2e

#: The timers by which a browser draws the figures, each second or two, never fire.
NO_TIMER = """
    const setAnyInterval = window.setInterval;
    window.setInterval = (call, ms, ...more) =>
        [1000, 2000].includes(ms) ? 0 : setAnyInterval(call, ms, ...more);
"""


@pytest.fixture(scope="module")
def one_seat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("seat") / "log.txt", env={"POSEDECK_SEATS": "1"}) as server:
        yield server
    printed = server.log.read_text()
    assert "Traceback" not in printed, printed


@contextmanager
def two_visitors(server: Server, browser: Browser, script: str = "") -> Iterator[tuple[Page, Page]]:
    url = f"{server.url}/live"
    with visit(browser, "about:blank") as first, visit(browser, "about:blank") as second:
        for page in (first, second):
            page.add_init_script(script)
            page.goto(url)
            page.get_by_role("radio", name="Performer").click()
            settle(page)
        yield first, second


def a_round(first: Page, second: Page) -> dict[str, float]:
    """One visitor watches, the other waits and gets the seat; returns the seconds of each step."""
    took_s = {}
    began_s = time.monotonic()

    def done(step: str) -> None:
        nonlocal began_s
        now_s = time.monotonic()
        took_s[step], began_s = now_s - began_s, now_s

    start(first)
    done("start")
    second.get_by_role("button", name="Start").click()
    expect(second.get_by_text("All seats are taken: 1 of 1")).to_be_visible()
    done("wait")
    stop(first)
    done("stop")
    expect(second.get_by_text(FIGURES)).to_be_visible(timeout=60_000)
    done("next")
    stop(second)
    watching(second, 0)
    done("end")
    return took_s


def test_a_visitor_waits_while_all_seats_are_taken_and_gets_the_next(
    one_seat: Server, browser: Browser
) -> None:
    with two_visitors(one_seat, browser) as (first, second):
        for _ in range(2):
            a_round(first, second)
            first, second = second, first


def test_a_page_whose_timer_died_continues(one_seat: Server, browser: Browser) -> None:
    with two_visitors(one_seat, browser, NO_TIMER) as (first, second):
        a_round(first, second)


@pytest.mark.nightly
def test_fifty_rounds_on_a_busy_machine(one_seat: Server, browser: Browser) -> None:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    rounds: list[dict[str, float]] = []
    try:
        with two_visitors(one_seat, browser) as (first, second):
            for _ in range(50):
                rounds.append(a_round(first, second))
                first, second = second, first
    finally:
        for process in busy:
            process.kill()
            process.wait()
        sys.stdout.write(f"{len(rounds)} rounds\n")
        for step in rounds[0] if rounds else ():
            times_s = sorted(took_s[step] for took_s in rounds)
            sys.stdout.write(
                f"{step}: median {times_s[len(times_s) // 2]:.1f} s, longest {times_s[-1]:.1f} s\n"
            )

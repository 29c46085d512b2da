"""However a live stream ends, its seat is free afterwards, and the server is unharmed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import chromium_executable
from tests.support.live_page import FIGURES, seats_taken, start, stop, watching
from tests.support.server import Server, running_server
from tests.support.visit import CHROMIUM_FLAGS, go_to, until_on_page, visit
from tests.support.waiting import until

pytestmark = pytest.mark.e2e


def _threads(server: Server) -> int:
    return sum(1 for _ in Path(f"/proc/{server.process.pid}/task").iterdir())


def _wait_until_nobody_watches(server: Server) -> None:
    port = urlsplit(server.url).port
    # A killed browser does not hang up and counts as gone after about ten seconds.
    until(lambda: seats_taken(port) == 0)


def test_a_closed_tab_frees_its_seat(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        start(page, "Performer")
    _wait_until_nobody_watches(server)


def test_another_page_frees_the_seat_and_a_return_can_start_again(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        for _ in range(2):
            start(page, "Performer")
            watching(page, 1)
            go_to(page, "Home")
            expect(page.get_by_role("button", name="Go live")).to_be_visible()
            go_to(page, "Live")
            expect(page.get_by_role("button", name="Start")).to_be_enabled()
            watching(page, 0)


def test_two_tabs_of_one_person_are_two_streams_that_end_separately(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as first:
        second = first.context.new_page()
        second.goto(f"{server.url}/live")
        start(first, "Performer")
        start(second, "Video")
        watching(first, 2)
        stop(first)
        watching(second, 1)
        expect(second.get_by_text(FIGURES)).to_be_visible()
        stop(second)
        watching(second, 0)


def test_a_killed_browser_frees_its_seat(server: Server, browser: Browser) -> None:
    doomed = browser.browser_type.launch(executable_path=chromium_executable(), args=CHROMIUM_FLAGS)
    page = doomed.new_context(locale="en-US").new_page()
    page.goto(f"{server.url}/live")
    start(page, "Performer")
    session = doomed.new_browser_cdp_session()
    for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
        os.kill(process["id"], signal.SIGKILL)
    _wait_until_nobody_watches(server)


def test_starting_and_stopping_in_a_browser_leaves_no_thread_behind(server: Server, browser: Browser) -> None:
    rounds = 5
    with visit(browser, f"{server.url}/live") as page:
        counts = []
        for _ in range(rounds):
            start(page, "Performer")
            stop(page)
            watching(page, 0)
            counts.append(_threads(server))
        # A thread may take a moment to end, and pools fill up at first; a leak adds threads each round.
        until_on_page(page, lambda: _threads(server) <= counts[0] + rounds - 2)


def test_a_server_stopped_while_somebody_watches_ends_quietly_and_soon(
    browser: Browser, tmp_path: Path
) -> None:
    with running_server(tmp_path / "log.txt") as server, visit(browser, f"{server.url}/live") as page:
        start(page, "Performer")
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(20)
        server.assert_no_traceback()
        page.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_server_runs_on_the_event_loop_that_keeps_up_with_many_packets(server: Server) -> None:
    # asyncio's own loop reads one packet per socket and turn: with six viewers, pictures fell seconds behind.
    assert "/uvloop/" in Path(f"/proc/{server.process.pid}/maps").read_text()

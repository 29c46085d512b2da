"""A server with a password, a token and a log folder, as visitors and programs see it."""

from __future__ import annotations

import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from ops.log import FILE_NAME
from pose_core.performer.samples import sample_bytes
from tests.support.live_page import start, watching
from tests.support.rest_client import Client
from tests.support.server import Server, free_port, running, running_server
from tests.support.visit import go_to, settle, visit, wait_for_result

pytestmark = pytest.mark.e2e

PASSWORD = "four words nobody joins"
TOKEN = "a-token-of-the-tests-0123456789"
STAND = sample_bytes("stand")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("access") / "logs"


@pytest.fixture(scope="module")
def closed(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {
        "POSEDECK_PASSWORD": PASSWORD,
        "POSEDECK_API_TOKEN": TOKEN,
        "POSEDECK_LOG_FOLDER": str(logs),
    }
    with running_server(tmp_path_factory.mktemp("closed") / "log.txt", env=environment) as server:
        yield server


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Password").first.fill(password)
    page.get_by_role("button", name="Sign in").click()
    settle(page)


def program(server: Server) -> Client:
    return Client(urlsplit(server.url).port or 0)


def test_every_page_shows_only_the_form_before_sign_in(closed: Server, browser: Browser) -> None:
    with visit(browser, "about:blank") as page:
        for path in ("photo", "video", "live", "coach", "validate", "side_by_side", "benchmark", ""):
            page.goto(f"{closed.url}/{path}")
            expect(page.get_by_role("button", name="Sign in")).to_be_visible()
            settle(page)
            expect(page.get_by_role("link")).to_have_text(["Skip to main content"])
            expect(page.locator("img, video, iframe")).to_have_count(0)
            expect(page.get_by_role("button", name="Start")).to_have_count(0)


def test_a_visitor_signs_in_to_the_opened_page_works_and_signs_out(closed: Server, browser: Browser) -> None:
    with visit(browser, f"{closed.url}/photo") as page:
        sign_in(page, "wrong word")
        expect(page.get_by_text("The password does not match")).to_be_visible()
        expect(page.get_by_label("Password").first).to_have_value("")
        sign_in(page)
        wait_for_result(page)
        expect(page.get_by_role("radio", name="English")).to_be_checked()
        page.locator("input[type=file]").first.set_input_files(
            [{"name": "private.png", "mimeType": "image/png", "buffer": STAND}]
        )
        expect(page.get_by_alt_text(re.compile("private.png: "))).to_be_visible()
        go_to(page, "Live")
        start(page, "Performer")
        watching(page, 1)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        expect(page.locator("iframe")).to_have_count(0)
        sign_in(page)
        expect(page.get_by_role("radio", name="English")).to_be_checked()
        watching(page, 0)  # the stream ended with the visit
        go_to(page, "Photo")
        wait_for_result(page)
        expect(page.get_by_text("private")).to_have_count(0)


def test_a_reloaded_or_second_tab_has_to_sign_in_again(closed: Server, browser: Browser) -> None:
    with visit(browser, closed.url) as page:
        sign_in(page)
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        page.reload()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_the_language_can_be_chosen_before_sign_in(closed: Server, browser: Browser) -> None:
    with visit(browser, closed.url) as page:
        page.get_by_role("radio", name="中文").click()
        expect(page.get_by_role("button", name="登录")).to_be_visible()
        settle(page)
        page.get_by_label("密码").first.fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("button", name="退出登录")).to_be_visible()
        expect(page.get_by_role("radio", name="中文")).to_be_checked()


def test_the_form_is_in_chinese_too(closed: Server, browser: Browser) -> None:
    with visit(browser, closed.url, locale="zh-CN", width=390, height=844) as page:
        expect(page.get_by_role("button", name="登录")).to_be_visible()
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_label("密码").first.fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("button", name="退出登录")).to_be_visible()
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_programs_need_the_token_and_probes_do_not(closed: Server) -> None:
    assert program(closed).post("/predict", STAND).status == 401
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert program(closed).ask("GET", "/api/v1/models", headers=headers).status == 200
    assert program(closed).get("/api/v1/health").status == 200
    assert program(closed).get("/_stcore/health").status == 200


def test_the_log_has_what_happened_but_no_visitor_data(closed: Server, browser: Browser, logs: Path) -> None:
    with visit(browser, f"{closed.url}/photo") as page:
        sign_in(page)
        wait_for_result(page)
    assert program(closed).post("/predict", STAND, name="private.png").status == 401
    written = (logs / FILE_NAME).read_text("utf-8")
    events = [json.loads(line) for line in written.splitlines()]
    assert {"start", "page", "sign_in", "request"} <= {event["event"] for event in events}
    for word in ("private", "png", "nose", "landmark", PASSWORD, TOKEN, "wrong word", "127.0.0.1"):
        assert word not in written
    printed = closed.log.read_text()
    assert "Traceback" not in printed
    assert PASSWORD not in printed + written
    assert '"event"' not in printed  # the console has a short form of its own


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk without room")
def test_pages_and_programs_are_served_while_the_disk_is_full(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).symlink_to("/dev/full")
    with running_server(tmp_path / "log.txt", env={"POSEDECK_LOG_FOLDER": str(tmp_path)}) as server:
        # The very first visitor, directly on this page: until told otherwise, Streamlit runs files of pages/ alone.
        with visit(browser, f"{server.url}/photo") as page:
            wait_for_result(page)
            expect(page.get_by_role("link", name="Home")).to_be_visible()
            expect(page).to_have_title("Photo · PoseDeck")
        assert program(server).post("/predict", STAND).status == 200
        assert server.log.read_text().count("cannot be written (No space left on device)") == 1
        server.assert_no_traceback()


def test_uvicorn_serves_the_same_pages_with_the_headers(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port)]
    with running(command, f"http://127.0.0.1:{port}", tmp_path / "log.txt"):
        headers = Client(port).get("/").headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert Client(port).get("/api/v1/health").status == 200
    with socket.create_server(("127.0.0.1", port)):
        pass

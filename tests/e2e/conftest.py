"""A server and a browser with a fake camera, which all tests in this folder share."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from pose_core.media.images import encode_jpeg
from pose_core.performer import render_frame
from tests.support.browser import chromium_executable
from tests.support.live_page import POSTURE
from tests.support.server import Server, running_server
from tests.support.visit import CHROMIUM_FLAGS, visit, wait_for_result


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests; what it printed is shown when the session ends with it not clean."""
    with running_server(tmp_path_factory.mktemp("server") / "log.txt") as running:
        yield running
    printed = running.log.read_text()
    assert "Traceback" not in printed, printed
    assert not re.search(r"\.(png|jpe?g)|landmark", printed), printed  # no visitor's file, no result


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Started once: a second one beside it would not start."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(executable_path=chromium_executable(), args=CHROMIUM_FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def filmed(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose camera shows the performer, standing still."""
    jpeg = encode_jpeg(render_frame(*POSTURE).rgb, 95)
    clip = tmp_path_factory.mktemp("camera") / "performer.mjpeg"
    clip.write_bytes(jpeg * 30)
    flags = [*CHROMIUM_FLAGS, f"--use-file-for-fake-video-capture={clip}"]
    filming = playwright.chromium.launch(executable_path=chromium_executable(), args=flags)
    yield filming
    filming.close()


@pytest.fixture
def photo(server: Server, browser: Browser) -> Iterator[Page]:
    """A first visitor on the Photo page, once the first result is drawn."""
    with visit(browser, f"{server.url}/photo") as page:
        wait_for_result(page)
        yield page

"""A real server, and a real browser with a fake camera, for the tests in this folder."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.e2e.browser import chromium_executable

ROOT = Path(__file__).parents[2]
#: Slow machines get time; a healthy run never waits that long.
START_LIMIT_S = 120
expect.set_options(timeout=30_000)

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # WebGL for the 3-D view on a machine without a graphics card
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


@dataclass(frozen=True)
class Server:
    """A running dashboard."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def running_server(
    log: Path,
    prefix: Sequence[str] = (),
    folder: Path = ROOT,
    env: Mapping[str, str] | None = None,
    script: str = "app.py",
    base: str = "",
    port: int | None = None,
) -> Iterator[Server]:
    """Start the dashboard as `streamlit run app.py` does, and stop it afterwards.

    `env` adds to the environment; `base` is a path such as ``/some/where`` below which everything is to be.
    """
    port = port or free_port()
    url = f"http://localhost:{port}{base}"
    command = [*prefix, sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    command += ["--server.baseUrlPath", base] if base else []
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + START_LIMIT_S
            while not _answers(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the server did not start:\n{log.read_text()}")
                time.sleep(0.1)
            yield Server(url, process, log)
        finally:
            with suppress(ProcessLookupError):  # a test may have ended it
                # The group: `prefix` may be a program that starts the server.
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


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


_REFUSED = "refused:"
#: The event alone says which directive it was; it comes once for each refusal.
_TELL_REFUSALS = f"""
    document.addEventListener("securitypolicyviolation", event => console.error(
        "{_REFUSED}", event.effectiveDirective, event.blockedURI, event.sourceFile, event.lineNumber));
"""


def _note_refusal(text: str, refused: list[str]) -> None:
    # Chromium's own words are for what has no such event: features refused by Permissions-Policy.
    if text.startswith(_REFUSED) or "Permissions policy violation" in text:
        refused.append(text[:300])


@contextmanager
def visit(
    browser: Browser,
    url: str,
    *,
    width: int = 1280,
    height: int = 900,
    dark: bool = False,
    locale: str = "en-US",
    refused: list[str] | None = None,
) -> Iterator[Page]:
    """A new visitor at `url`.

    Errors of scripts fail the test, and so does what the browser refuses because of a header, in frames too; the latter
    goes to `refused` instead if that is given.
    """
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale=locale,
        accept_downloads=True,
    )
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    context.add_init_script(_TELL_REFUSALS)
    context.on("console", lambda message: _note_refusal(message.text, faults if refused is None else refused))
    try:
        page.goto(url)
        yield page
    finally:
        context.close()
    assert not faults, faults


@pytest.fixture
def photo(server: Server, browser: Browser) -> Iterator[Page]:
    """A first visitor on the Photo page, once the first result is drawn."""
    with visit(browser, f"{server.url}/photo") as page:
        wait_for_result(page)
        yield page


def wait_for_result(page: Page) -> None:
    """Until a picture is drawn, or a sentence says why not, and the page is at rest."""
    expect(page.get_by_text(" ms · ").first).to_be_visible()
    settle(page)


def settle(page: Page) -> None:
    """Until the server has nothing more to say."""
    expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")

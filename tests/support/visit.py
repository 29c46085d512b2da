"""A visitor in a real browser: opens pages, waits until they rest, uploads and downloads files."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.waiting import LONG_S

expect.set_options(timeout=30_000)

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # WebGL for the 3-D view on a machine without a graphics card
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
_LOOK_EVERY_MS = 50

_REFUSED = "refused:"
#: Only the event says which directive it was; it fires once for each refusal.
_TELL_REFUSALS = f"""
    document.addEventListener("securitypolicyviolation", event => console.error(
        "{_REFUSED}", event.effectiveDirective, event.blockedURI, event.sourceFile, event.lineNumber));
"""
#: The pixels of an image or video, as the browser decoded them: width, height, RGBA in base64.
_PIXELS = """
    async element => {
        for (let source = null; element.decode && source !== element.src;) {
            source = element.src;
            await element.decode().catch(error => {
                if (source === element.src) throw error;  // else the page has just replaced the picture
            });
        }
        const width = element.naturalWidth || element.videoWidth;
        const height = element.naturalHeight || element.videoHeight;
        if (!width) return null;
        const context = new OffscreenCanvas(width, height).getContext("2d");
        context.drawImage(element, 0, 0);
        const pixels = context.getImageData(0, 0, width, height).data;
        let text = "";
        for (let i = 0; i < pixels.length; i += 32768)
            text += String.fromCharCode(...pixels.subarray(i, i + 32768));
        return [width, height, btoa(text)];
    }
"""


def _note_refusal(text: str, refused: list[str]) -> None:
    # Chromium's own message covers what has no such event: features refused by Permissions-Policy.
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


def settle(page: Page) -> None:
    """Wait until the server has nothing more to send."""
    expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")


#: Page to the group of the menu that it is in.
GROUPS = {
    **dict.fromkeys(("Photo", "Video", "Live"), "See"),
    **dict.fromkeys(("照片", "视频", "实时"), "查看"),
    "Coach": "Use",
    "教练": "使用",
    "Validate": "Trust",
    "Side by side": "Trust",
    "Benchmark": "Trust",
    "测速": "验证",
}


def go_to(page: Page, name: str) -> None:
    """Choose a page in the menu at the top of a wide window."""
    if name in GROUPS:
        page.get_by_test_id("stTopNav").get_by_role("button", name=GROUPS[name]).click()
        page.get_by_role("menuitem", name=name, exact=True).click()
    else:
        page.get_by_test_id("stTopNav").get_by_role("link", name=name).click()


def wait_for_result(page: Page) -> None:
    """Wait until a picture is drawn or a message says why not, and the page is at rest."""
    expect(page.get_by_text(" ms · ").first).to_be_visible()
    settle(page)


def until_on_page(page: Page, happened: Callable[[], object], within_s: float = LONG_S) -> None:
    """Wait for something that Playwright's own `expect` does not cover, while the page's events continue."""
    deadline_s = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline_s, "it never happened"
        page.wait_for_timeout(_LOOK_EVERY_MS)


def upload(page: Page, *files: tuple[str, bytes]) -> None:
    """Choose own pictures on the Photo page, and wait until they replace the sample."""
    page.locator("input[type=file]").first.set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]  # type: ignore[arg-type]
    )
    expect(page.get_by_role("radio", checked=True, name="Squat")).to_have_count(0)
    settle(page)


def download(page: Page, button: Locator) -> tuple[str, bytes]:
    """Press a button; return name and contents of the downloaded file."""
    with page.expect_download() as waiting:
        button.click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def pixels(picture: Locator) -> Any:
    """What an image or a video shows, RGBA of shape (H, W, 4); None for a video that shows nothing yet."""
    found = picture.evaluate(_PIXELS)
    if found is None:
        return None
    width, height, data = found
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)

"""Take the pictures of the README again, from a running dashboard: ``make screenshots``.

Writes ``docs/images/*.png``. Needs what ``make setup-dev`` installs.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the project is run from its folder and not installed

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

from tests.support.browser import chromium_executable  # noqa: E402
from tests.support.server import running_server  # noqa: E402
from tests.support.visit import CHROMIUM_FLAGS, settle, visit, wait_for_result  # noqa: E402

FOLDER = ROOT / "docs" / "images"
#: Width of the window in pixels, and whether it is dark and Chinese.
LOOKS = ((1280, False), (1280, True), (390, False), (390, True))
#: So many seconds of angles are in the Live page's chart before its picture is taken.
HISTORY_S = 8
_HAS_HISTORY = """
    async ([chart, seconds]) => {
        for (;;) {
            const times = document.querySelector(`${chart} .js-plotly-plot`)?.data?.[0]?.x ?? [];
            if (times.at(-1) - times[0] >= seconds) return;
            await new Promise(requestAnimationFrame);
        }
    }
"""


def show_photo(page: Page) -> None:
    """Wait for the first sample's result."""
    wait_for_result(page)
    expect(page.get_by_alt_text(re.compile("squat")).first).to_be_visible()


def show_live(page: Page) -> None:
    """Play the performer until the chart has a history to show."""
    page.get_by_role("radio", name=re.compile("^(虚拟表演者|Performer)$")).click()
    settle(page)
    page.get_by_role("button", name=re.compile("(开始|Start)$")).click()
    expect(page.locator(".posedeck-live-chart .main-svg").first).to_be_visible(timeout=60_000)
    page.evaluate(_HAS_HISTORY, [".posedeck-live-chart", HISTORY_S])


def show_benchmark(page: Page) -> None:
    """Wait for the shipped result's chart."""
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    settle(page)


def show_home(page: Page) -> None:
    """Wait for the example."""
    expect(page.get_by_alt_text(re.compile("picture with"))).to_be_visible()
    settle(page)


def show_in_space(page: Page) -> None:
    """Open the 3-D view of the first sample."""
    wait_for_result(page)
    page.get_by_role("tab", name="3-D").click()
    expect(page.locator(".js-plotly-plot .gl-container canvas").first).to_be_visible()
    settle(page)


def take(
    browser: Browser, url: str, show: Callable[[Page], None], name: str, look: tuple[int, bool], height: int
) -> None:
    """Visit `url`, wait until `show` is done, and keep the picture under that name."""
    width, dark = look
    locale = "zh-CN" if dark else "en-US"
    with visit(browser, url, width=width, height=height, dark=dark, locale=locale) as page:
        show(page)
        path = FOLDER / f"{name}_{width}_{'dark_zh' if dark else 'light_en'}.png"
        page.screenshot(path=path)
        print(path.relative_to(ROOT), flush=True)


def main() -> None:
    """Take all pictures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder) / "log.txt") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_executable(), args=CHROMIUM_FLAGS)
        for name, show, phone_height in (
            ("photo", show_photo, 844),
            ("live", show_live, 844),
            ("benchmark", show_benchmark, 1700),
        ):
            for look in LOOKS:
                height = 1000 if look[0] > 600 else phone_height
                take(browser, f"{server.url}/{name}", show, name, look, height)
        take(browser, server.url, show_home, "home", LOOKS[0], 900)
        take(browser, f"{server.url}/photo", show_in_space, "photo_3d", LOOKS[0], 1500)
        browser.close()


if __name__ == "__main__":
    main()

"""Pictures of the pages for the README, taken from the running dashboard: `make screenshots` copies them to docs/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import ROOT, Server, settle, visit, wait_for_result

pytestmark = pytest.mark.e2e

FOLDER = ROOT / "build" / "screenshots"
TRIES = 30


@pytest.fixture(scope="module", autouse=True)
def _folder() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)


def _is_a_real_picture(path: Path, width: int) -> bool:
    with Image.open(path) as picture:
        return picture.width == width and len(picture.convert("RGB").getcolors(1 << 24) or []) > 1000


def _keep(page: Page, name: str, width: int) -> None:
    """Take the picture, again while there is little on it: on a busy machine a chart may be drawn twice."""
    path = FOLDER / f"{name}.png"
    for _ in range(TRIES):
        page.screenshot(path=path)
        if is_real := _is_a_real_picture(path, width):
            break
        page.wait_for_timeout(1000)
    assert is_real


@pytest.fixture(params=[(1280, False), (1280, True), (390, False), (390, True)], ids=str)
def look(request: pytest.FixtureRequest) -> tuple[int, bool]:
    """Width of the window in pixels, and whether it is dark and Chinese."""
    return tuple(request.param)  # type: ignore[return-value]


@contextmanager
def _looking(browser: Browser, url: str, look: tuple[int, bool], phone_height: int = 844) -> Iterator[Page]:
    width, dark = look
    height = 1000 if width > 600 else phone_height
    locale = "zh-CN" if dark else "en-US"
    with visit(browser, url, width=width, height=height, dark=dark, locale=locale) as page:
        yield page
        _keep(page, f"{url.rpartition('/')[2]}_{width}_{'dark_zh' if dark else 'light_en'}", width)


def test_photo_page(server: Server, browser: Browser, look: tuple[int, bool]) -> None:
    with _looking(browser, f"{server.url}/photo", look) as page:
        wait_for_result(page)
        expect(page.locator(".js-plotly-plot").first).to_be_visible()


def test_home_page(server: Server, browser: Browser) -> None:
    with visit(browser, server.url) as page:
        expect(page.get_by_alt_text(re.compile("picture with"))).to_be_visible()
        settle(page)
        _keep(page, "home_1280_light_en", 1280)


def test_live_page(server: Server, browser: Browser, look: tuple[int, bool]) -> None:
    with _looking(browser, f"{server.url}/live", look) as page:
        page.get_by_role("radio", name=re.compile("^(虚拟表演者|Performer)$")).click()
        settle(page)
        page.get_by_role("button", name=re.compile("(开始|Start)$")).click()
        expect(page.locator(".posedeck-live-chart .main-svg").first).to_be_visible(timeout=60_000)
        page.wait_for_timeout(8000)  # until the chart has a history to show


def test_benchmark_page(server: Server, browser: Browser, look: tuple[int, bool]) -> None:
    with _looking(browser, f"{server.url}/benchmark", look, phone_height=1700) as page:
        settle(page)
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()


def test_three_dimensional_view(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/photo", height=1500) as page:
        wait_for_result(page)
        page.get_by_role("tab", name="3-D").click()
        expect(page.locator(".js-plotly-plot .gl-container canvas").first).to_be_visible()
        settle(page)
        _keep(page, "photo_3d_1280_light_en", 1280)

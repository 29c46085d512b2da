"""Pictures of the pages for the README, taken from the running dashboard: `make screenshots` copies them to docs/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import ROOT, Server, settle, visit, wait_for_result

pytestmark = pytest.mark.e2e

FOLDER = ROOT / "build" / "screenshots"


@pytest.fixture(scope="module", autouse=True)
def _folder() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)


def _is_a_real_picture(path: Path, width: int) -> bool:
    with Image.open(path) as picture:
        return picture.width == width and len(picture.convert("RGB").getcolors(1 << 24) or []) > 1000


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_photo_page(server: Server, browser: Browser, width: int, dark: bool) -> None:
    locale = "zh-CN" if dark else "en-US"
    with visit(
        browser,
        f"{server.url}/photo",
        width=width,
        height=1000 if width > 600 else 844,
        dark=dark,
        locale=locale,
    ) as page:
        wait_for_result(page)
        expect(page.locator(".js-plotly-plot").first).to_be_visible()
        path = FOLDER / f"photo_{width}_{'dark_zh' if dark else 'light_en'}.png"
        page.screenshot(path=path)
        assert _is_a_real_picture(path, width)


def test_home_page(server: Server, browser: Browser) -> None:
    with visit(browser, server.url) as page:
        expect(page.get_by_alt_text(re.compile("picture with"))).to_be_visible()
        settle(page)
        path = FOLDER / "home_1280_light_en.png"
        page.screenshot(path=path)
        assert _is_a_real_picture(path, 1280)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_live_page(server: Server, browser: Browser, width: int, dark: bool) -> None:
    with visit(
        browser,
        f"{server.url}/live",
        width=width,
        height=1000 if width > 600 else 844,
        dark=dark,
        locale="zh-CN" if dark else "en-US",
    ) as page:
        page.get_by_role("radio", name="虚拟表演者" if dark else "Performer").click()
        settle(page)
        page.get_by_role("button", name="开始" if dark else "Start").click()
        expect(page.locator(".posedeck-live-chart .main-svg").first).to_be_visible(timeout=60_000)
        page.wait_for_timeout(8000)  # until the chart has a history to show
        path = FOLDER / f"live_{width}_{'dark_zh' if dark else 'light_en'}.png"
        page.screenshot(path=path)
        assert _is_a_real_picture(path, width)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_benchmark_page(server: Server, browser: Browser, width: int, dark: bool) -> None:
    with visit(
        browser,
        f"{server.url}/benchmark",
        width=width,
        height=1000 if width > 600 else 1700,
        dark=dark,
        locale="zh-CN" if dark else "en-US",
    ) as page:
        settle(page)
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        path = FOLDER / f"benchmark_{width}_{'dark_zh' if dark else 'light_en'}.png"
        page.screenshot(path=path)
        assert _is_a_real_picture(path, width)


def test_three_dimensional_view(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/photo", height=1500) as page:
        wait_for_result(page)
        page.get_by_role("tab", name="3-D").click()
        expect(page.locator(".js-plotly-plot .gl-container canvas").first).to_be_visible()
        settle(page)
        path = FOLDER / "photo_3d_1280_light_en.png"
        page.screenshot(path=path)
        assert _is_a_real_picture(path, 1280)

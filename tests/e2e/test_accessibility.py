"""What axe-core finds on each page, light and dark; headings; contrast of what axe does not judge."""

from __future__ import annotations

import re
import sys
from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pose_ui.shell.navigation import PAGES
from tests.support.server import Server
from tests.support.visit import settle, visit, wait_for_result
from tests.support.waiting import until

pytestmark = pytest.mark.e2e

NAMES = [name for _, name, _ in PAGES]
LEAST_CONTRAST = 4.5
_SERIOUS = ("serious", "critical")
#: Streamlit 1.67's own, in elements whose roles a page cannot set.
_STREAMLITS_OWN: frozenset[tuple[str, str]] = frozenset()
_OPTIONS = {"resultTypes": ["violations"]}
#: Text and background of an element as the browser paints them, sRGB 0 to 255.
_COLOURS = """
    element => {
        const paint = (colour) => {
            const context = new OffscreenCanvas(1, 1).getContext("2d");
            context.fillStyle = colour;
            context.fillRect(0, 0, 1, 1);
            return [...context.getImageData(0, 0, 1, 1).data];
        };
        const style = getComputedStyle(element);
        let behind = element;
        while (behind.parentElement && paint(getComputedStyle(behind).backgroundColor)[3] === 0)
            behind = behind.parentElement;
        return [
            paint(element instanceof SVGElement ? style.fill : style.color),
            paint(getComputedStyle(behind).backgroundColor),
        ];
    }
"""


def _luminance(colour: list[int]) -> float:
    """Relative luminance of WCAG 2."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in colour[:3])
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(colours: list[list[int]]) -> float:
    darker, lighter = sorted(map(_luminance, colours))
    return (lighter + 0.05) / (darker + 0.05)


def _rest(page: Page, name: str) -> None:
    if name == "photo":
        wait_for_result(page)
    if name in ("benchmark", "side_by_side"):
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=60_000)
    settle(page)


def _serious(page: Page) -> set[tuple[str, str, str]]:
    """What axe-core calls serious; printed too, for the report of a test that fails."""
    found = Axe().run(page, options=_OPTIONS).response["violations"]
    serious = {
        (one["id"], node["html"][:200], node.get("failureSummary", "")[:200])
        for one in found
        if one["impact"] in _SERIOUS
        for node in one["nodes"]
        if (one["id"], str(node["target"][0])) not in _STREAMLITS_OWN
    }
    for one in serious:
        sys.stdout.write(f"{one}\n")
    return serious


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_serious_and_headings_are_in_order(
    server: Server, browser: Browser, name: str, dark: bool
) -> None:
    with visit(browser, f"{server.url}/{'' if name == 'home' else name}", dark=dark) as page:
        _rest(page, name)
        until(lambda: not _serious(page))  # while parts fade in, their contrast is low
        levels = [
            int(tag[1])
            for tag in page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => one.tagName)")
        ]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_buttons_and_charts_have_enough_contrast(server: Server, browser: Browser, dark: bool) -> None:
    with visit(browser, f"{server.url}/benchmark", dark=dark) as page:
        _rest(page, "benchmark")
        run = page.get_by_role("button", name=re.compile("Run on this machine$"))
        assert _contrast(run.evaluate(_COLOURS)) >= LEAST_CONTRAST
        for kind in (".xtick text", ".ytick text", ".gtitle", ".legendtext"):
            text = page.locator(f".js-plotly-plot {kind}").first
            expect(text).to_be_attached()
            assert _contrast(text.evaluate(_COLOURS)) >= LEAST_CONTRAST, kind

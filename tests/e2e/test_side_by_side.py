"""The Side by side page as a visitor uses it: divider by key, frames, views, another page and back, files."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.server import Server
from tests.support.visit import download, go_to, settle, until_on_page, visit

pytestmark = pytest.mark.e2e

LIMIT_MS = 120_000
VIEW = "document.querySelector('.posedeck-sides').view"
QUICK = "sides_frames=100"


def frame(page: Page) -> int:
    return int(page.locator(".posedeck-sides").evaluate("root => root.view.frame"))


def ready(page: Page) -> None:
    """Both have people over the picture, and the page is at rest."""
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=LIMIT_MS)
    root = page.locator(".posedeck-sides")
    until_on_page(page, lambda: root.evaluate("root => Boolean(root.view?.seen)"))
    settle(page)


def test_a_visitor_compares_moves_the_divider_steps_and_saves(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/side_by_side?{QUICK}") as page:
        # It began by itself; another page does not end it.
        expect(page.get_by_role("button", name=re.compile("Stop$|Compare again$"))).to_be_visible()
        go_to(page, "Home")
        expect(page.get_by_role("listitem").first).to_be_visible()
        go_to(page, "Side by side")
        ready(page)
        expect(
            page.get_by_text(re.compile(r"A \(lite\) and B \(full\) are .* on 100 frames"))
        ).to_be_visible()

        root = page.locator(".posedeck-sides")
        divider = root.get_by_role("slider", name="Divider")
        divider.focus()
        page.keyboard.press("ArrowRight")
        expect(divider).to_have_value("51")
        assert root.evaluate("root => root.style.getPropertyValue('--at')") == "51%"

        root.get_by_role("button", name="Pause").click()
        root.get_by_role("slider", name="Frame").fill("40")
        assert frame(page) == 40
        root.get_by_role("button", name="Frame forward").click()
        assert frame(page) == 41
        people = root.evaluate(
            "root => root.view.panes.map(({ canvas }) => canvas.scene.people.map(({ tint }) => tint))"
        )
        assert people == [["#009E73"], ["#CC79A7"]]
        root.get_by_role("button", name="Overlay").click()
        until_on_page(
            page, lambda: root.evaluate("root => root.view.panes[0].canvas.scene.people.length === 2")
        )

        page.get_by_role("radiogroup", name="Where they differ most").get_by_role("radio").first.click()
        settle(page)
        until_on_page(page, lambda: frame(page) not in (41, 40))
        document = json.loads(download(page, page.get_by_role("button", name=re.compile("JSON$")))[1])
        worst = max(document["frames"], key=lambda one: one["apart_torso"])["frame"]
        assert frame(page) == worst


def test_both_look_at_each_frame_of_a_live_picture(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/side_by_side?sides_source=live") as page:
        settle(page)
        page.get_by_role("button", name=re.compile("Start$")).click()
        expect(page.get_by_text(re.compile(r"A \(lite\) and B \(full\) are .* apart"))).to_be_visible(
            timeout=LIMIT_MS
        )
        expect(page.get_by_text("1: A (lite) · 2: B (full)")).to_be_visible()
        page.get_by_role("button", name=re.compile("Stop$")).click()
        expect(page.get_by_role("button", name=re.compile("Start$"))).to_be_enabled(timeout=LIMIT_MS)
        settle(page)

"""The Side by side page as a visitor uses it: divider by key, frames, views, another page and back, files."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from pose_core.colours import PAIR, rgb
from pose_core.models.bundles import verified_path
from tests.support.server import Server
from tests.support.visit import download, go_to, pixels, settle, until_on_page, visit
from tests.support.waiting import LONG_S

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
        live(page, "A (lite) and B (full) are")
        expect(page.get_by_text("Where they differ most")).to_be_visible()
        expect(page.get_by_alt_text(re.compile(r"^\d+ s ago: \d+ %$")).first).to_be_visible()
        # The divider at its right end shows A alone, which is green; at its left end B, which is pink.
        for key, more, less in (("End", PAIR[0], PAIR[1]), ("Home", PAIR[1], PAIR[0])):
            slider = page.get_by_role("slider", name="Divider")
            slider.focus()
            page.keyboard.press(key)
            until_on_page(page, partial(_coloured, page, more, less), LONG_S)
        stop(page)


def test_the_camera_and_a_model_of_ones_own_are_compared_live(
    server: Server, browser: Browser, tmp_path: Path
) -> None:
    bundle = tmp_path / "mine.task"
    bundle.write_bytes(verified_path("lite").read_bytes())
    with visit(browser, f"{server.url}/side_by_side?sides_source=live") as page:
        settle(page)
        page.get_by_role("button", name="More").click()
        popover = page.get_by_test_id("stPopoverBody")
        popover.locator("input[type=file]").set_input_files(bundle)
        expect(popover.get_by_text("It works")).to_be_visible(timeout=LIMIT_MS)
        page.keyboard.press("Escape")
        settle(page)
        page.get_by_role("button", name="B: full").click()
        page.get_by_test_id("stPopoverBody").get_by_text("your own model").click()
        expect(page.get_by_role("button", name="B: own:mine")).to_be_visible()
        page.keyboard.press("Escape")
        settle(page)
        live(page, "A (lite, smoothed) and B (own:mine, not smoothed) are")
        stop(page)
        # The camera of the browser shows nobody, which both say; each of its frames is seen by both.
        page.get_by_role("radio", name="Camera").click()
        settle(page)
        live(page, "Nobody was found by both on")
        stop(page)


def live(page: Page, verdict: str) -> None:
    """Start, and wait for what is said about the first frames."""
    page.get_by_role("button", name=re.compile("Start$")).click()
    expect(page.get_by_text(verdict)).to_be_visible(timeout=LIMIT_MS)


def stop(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Stop$")).click()
    expect(page.get_by_role("button", name=re.compile("Start$"))).to_be_enabled(timeout=LIMIT_MS)
    settle(page)


def _coloured(page: Page, more: str, less: str) -> bool:
    """Whether the picture has much of one colour and hardly any of the other."""
    frame = next((frame for frame in page.frames if frame.locator("video").count()), None)
    shown = pixels(frame.locator("video").first) if frame is not None else None
    if shown is None:
        return False

    def amount(colour: str) -> int:
        return int((np.abs(shown[..., :3].astype(int) - np.array(rgb(colour))).max(axis=2) < 30).sum())

    return amount(more) > 3 * amount(less) + 200

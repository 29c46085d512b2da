"""Repetitions of an analysed film: counted below its player, and a click shows one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.server import Server
from tests.support.visit import settle, until_on_page, visit

pytestmark = pytest.mark.e2e


def _frame(player: Locator) -> int:
    frame: int = player.evaluate("root => root.player.frame")
    return frame


def _choose(page: Page, exercise: str) -> None:
    page.get_by_role("combobox", name="Repetitions").click()
    page.get_by_role("option", name=exercise, exact=True).click()


def test_a_recognised_repetition_is_a_bar_and_a_click_on_it_or_its_number_shows_its_far_end(
    server: Server, browser: Browser
) -> None:
    with visit(browser, f"{server.url}/video", height=1600) as page:
        page.get_by_role("button", name="Try it with the performer").click()
        player = page.locator(".posedeck-film")
        expect(page.get_by_text("Squat: 1")).to_be_visible(timeout=120_000)  # the model works first
        until_on_page(page, lambda: player.evaluate("root => root.player?.charts.bars?.length") == 1)
        settle(page)  # what comes below the curves may change their width
        left, top, right, bottom, far_end = player.evaluate("root => root.player.charts.bars[0]")
        assert right - left > 50

        player.locator(".plot").click(position={"x": left + 3, "y": (top + bottom) / 2})
        until_on_page(page, lambda: _frame(player) == far_end)
        settle(page)
        player.locator(".stage").focus()
        page.keyboard.press("Home")
        until_on_page(page, lambda: _frame(player) == 0)
        settle(page)
        page.get_by_role("radio", name="1", exact=True).click()
        until_on_page(page, lambda: _frame(player) == far_end)
        expect(page.get_by_text(", reached ")).to_be_visible()

        _choose(page, "Push-up")
        expect(page.get_by_text("No repetition of this exercise was found.")).to_be_visible()
        until_on_page(page, lambda: player.evaluate("root => root.player.charts.bars.length") == 0)

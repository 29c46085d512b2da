"""The frame around all pages: menu, address, what is remembered, and the rules of pose_ui.shell.style."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.live_page import gear
from tests.support.server import Server
from tests.support.visit import go_to, settle, visit, wait_for_result
from tests.support.waiting import until

pytestmark = pytest.mark.e2e


def open_settings(page: Page) -> None:
    """Show the choices on the Photo page, where they are behind a button."""
    page.get_by_role("button", name=re.compile("Settings|设置")).click()
    expect(page.get_by_role("radio", name=re.compile("^lite"))).to_be_visible()


def test_a_phones_menu_has_a_name_and_closes_after_a_choice(server: Server, browser: Browser) -> None:
    with visit(browser, server.url, width=390, height=844) as page:
        settle(page)
        opener = page.get_by_test_id("stExpandSidebarButton")
        assert "Menu" in opener.evaluate("button => getComputedStyle(button, '::after').content")
        opener.click()
        sidebar = page.get_by_test_id("stSidebar")
        expect(sidebar).to_have_attribute("data-collapsed", "false")
        sidebar.get_by_role("link", name="Benchmark").click()
        expect(page.get_by_role("heading", name="Benchmark", exact=True)).to_be_visible()
        expect(sidebar).to_have_attribute("data-collapsed", "true")
        expect(page.get_by_role("heading", name="Benchmark", exact=True)).to_be_in_viewport()


def test_choices_survive_a_reload_a_typed_address_and_a_second_tab(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/photo") as page:
        wait_for_result(page)
        open_settings(page)
        page.get_by_text("lite: fastest").click()
        expect(page).to_have_url(re.compile("model=lite"))
        page.keyboard.press("Escape")
        page.get_by_text("中文", exact=True).click()
        expect(page).to_have_url(re.compile("lang=zh"))
        settle(page)
        page.reload()
        wait_for_result(page)
        open_settings(page)
        expect(page.get_by_role("radio", name=re.compile("^lite"))).to_be_checked()
        page.goto(f"{server.url}/live")
        expect(page.get_by_role("heading", name="实时")).to_be_visible()
        page.get_by_role("button", name="设置").click()
        expect(page.get_by_role("radio", name=re.compile("^lite"))).to_be_checked()
        second = page.context.new_page()
        second.goto(f"{server.url}/photo?lang=en")
        open_settings(second)
        expect(second.get_by_role("radio", name=re.compile("^lite"))).to_be_checked()


def test_a_link_decides_for_the_choices_that_it_names(server: Server, browser: Browser) -> None:
    with visit(
        browser, f"{server.url}/live?live_source=performer&live_scene=lunge&live_fps=7&lang=en"
    ) as page:
        expect(page.get_by_role("radio", name="Performer")).to_be_checked()
        expect(page.get_by_role("combobox", name="Motion")).to_have_value("Lunge")
        with gear(page):
            expect(page.get_by_role("radio", name="30", exact=True)).to_be_checked()
        expect(page).not_to_have_url(re.compile("live_fps"))


def test_one_press_on_back_leads_to_the_page_before(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/photo") as page:
        wait_for_result(page)
        open_settings(page)
        page.get_by_text("lite: fastest").click()
        expect(page).to_have_url(re.compile("model=lite"))
        page.keyboard.press("Escape")
        settle(page)
        go_to(page, "Benchmark")
        expect(page.get_by_role("heading", name="Benchmark", exact=True)).to_be_visible()
        expect(page).not_to_have_url(re.compile("model="))
        settle(page)
        page.go_back()
        expect(page.get_by_role("heading", name="Photo", exact=True)).to_be_visible()
        wait_for_result(page)
        open_settings(page)
        expect(page.get_by_role("radio", name=re.compile("^lite"))).to_be_checked()


@pytest.mark.parametrize(
    "name", ["", "photo", "video", "live", "coach", "validate", "side_by_side", "benchmark"]
)
def test_the_page_begins_right_below_the_header(server: Server, browser: Browser, name: str) -> None:
    with visit(browser, f"{server.url}/{name}") as page:
        settle(page)
        bar, header = page.get_by_role("radiogroup", name="Language"), page.get_by_test_id("stHeader")
        first = page.locator("h1, [role=img]").first

        def in_place() -> bool:
            boxes = [one.bounding_box() for one in (bar, header, first)]
            (_, bar_end), (_, header_end), (top, _) = (
                (box["y"], box["y"] + box["height"]) if box is not None else (math.nan, math.nan)
                for box in boxes
            )
            return (
                bar_end <= header_end and 0 <= top - header_end <= 24
            )  # a title may be in the middle of its row

        until(in_place)


def test_only_the_keyboard_shows_where_it_is(server: Server, browser: Browser) -> None:
    ring = "button => { const s = getComputedStyle(button); return s.boxShadow + ' ' + s.outlineStyle; }"
    with visit(browser, f"{server.url}/benchmark") as page:
        settle(page)
        goal = page.get_by_role("radio", name="Most accurate")
        goal.click()
        settle(page)
        assert goal.evaluate(ring) == "none none"
        run = page.get_by_role("button", name=re.compile("What to measure"))
        run.focus()
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        assert focused.evaluate(ring) != "none none"

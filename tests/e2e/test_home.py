"""The Home page in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.support.server import Server
from tests.support.visit import settle, visit, wait_for_result

pytestmark = pytest.mark.e2e


def test_first_visit_shows_an_example_and_the_way_to_the_photo_page(server: Server, browser: Browser) -> None:
    with visit(browser, server.url) as page:
        expect(page).to_have_title("PoseDeck")
        example = page.get_by_alt_text(re.compile("Standing: picture with 1 person"))
        expect(example).to_be_visible()
        page.get_by_role("button", name="Try a photo").click()
        wait_for_result(page)
        expect(page).to_have_url(re.compile("/photo"))
        page.go_back()
        expect(page.get_by_text("nothing sent anywhere")).to_be_visible()


def test_examples_turn_by_themselves_until_one_is_chosen(server: Server, browser: Browser) -> None:
    with visit(browser, server.url) as page:
        expect(
            page.get_by_alt_text(re.compile("Squat: "))
        ).to_be_visible()  # the second one, after a few seconds
        page.get_by_role("radio", name="Lunge").click()
        expect(page.get_by_alt_text(re.compile("Lunge: "))).to_be_visible()
        expect(page.get_by_role("switch")).not_to_be_checked()


def test_a_chinese_browser_gets_chinese_and_can_switch(server: Server, browser: Browser) -> None:
    with visit(browser, server.url, locale="zh-CN") as page:
        expect(page.get_by_text("不向外发送任何数据")).to_be_visible()
        expect(page).to_have_url(re.compile("lang=zh"))
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        page.get_by_text("English", exact=True).click()
        expect(page.get_by_text("nothing sent anywhere")).to_be_visible()
        expect(page).to_have_url(re.compile("lang=en"))
        settle(page)
        page.get_by_role("button", name="Try a photo").click()
        wait_for_result(page)
        expect(page).to_have_url(re.compile("photo.*lang=en"))
        page.reload()
        wait_for_result(page)
        expect(page.get_by_role("heading", name="Photo")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "en")

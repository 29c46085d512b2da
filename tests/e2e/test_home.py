"""The Home page in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pose_core.performer.samples import sample_bytes, sample_clip
from pose_ui.home.gallery import CARDS
from tests.support.live_page import FIGURES
from tests.support.server import Server
from tests.support.visit import settle, visit, wait_for_result

pytestmark = pytest.mark.e2e


_RUNS = "video => new Promise(done => video.requestVideoFrameCallback(() => done(video.currentTime)))"


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").get_by_role("button", name=re.compile(f"^{name}"))


def test_the_first_visit_moves_and_says_what_this_is(server: Server, browser: Browser) -> None:
    with visit(browser, server.url, height=800) as page:
        expect(page).to_have_title("PoseDeck")
        expect(page.get_by_role("heading", name="See how a body moves.")).to_be_visible()
        film = page.get_by_role("img", name=re.compile("in motion, with the skeletons"))
        assert film.evaluate(_RUNS) != film.evaluate(_RUNS)
        box = film.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800
        assert box["width"] * box["height"] / (1280 * 800) > 0.38
        expect(page.get_by_role("listitem")).to_have_count(len(CARDS))
        for one in page.get_by_role("listitem").all():
            place = one.bounding_box()
            assert place is not None
            assert place["y"] + place["height"] <= 800


def test_how_we_know_opens_over_the_page_and_closes(server: Server, browser: Browser) -> None:
    with visit(browser, server.url) as page:
        settle(page)
        page.get_by_role("button", name="How we know").click()
        opened = page.get_by_role("dialog", name="Nothing leaves this machine")
        expect(opened.get_by_text("nothing is downloaded")).to_be_visible()
        page.keyboard.press("Escape")
        expect(opened).to_have_count(0)


def test_who_asked_for_less_motion_sees_stills(server: Server, browser: Browser) -> None:
    with visit(browser, "about:blank") as page:
        page.emulate_media(reduced_motion="reduce")
        page.goto(server.url)
        films = page.locator("video")
        expect(films).to_have_count(1 + len(CARDS))
        for film in films.all():
            expect(film).to_have_attribute("poster", re.compile(r"\.jpg$"))
            expect(film).not_to_have_attribute("src", re.compile("."))


@pytest.mark.parametrize("press", ["click", "dblclick"])
def test_one_press_on_a_card_leads_to_a_moving_skeleton(server: Server, browser: Browser, press: str) -> None:
    with visit(browser, server.url) as page:
        settle(page)
        getattr(card(page, "Live"), press)()
        expect(page.get_by_text(FIGURES)).to_be_visible(timeout=60_000)
        expect(page.get_by_role("radio", name="Performer")).to_be_checked()
        page.go_back()
        expect(page.get_by_role("heading", name="See how a body moves.")).to_be_visible()


def test_a_card_starts_its_page_with_the_performer(server: Server, browser: Browser) -> None:
    with visit(browser, server.url) as page:
        settle(page)
        card(page, "Video").click()
        stop = page.get_by_role("button", name=re.compile("Cancel|Stop and keep"))
        expect(stop.or_(page.locator(".posedeck-film .stage")).first).to_be_visible()
        page.go_back()
        card(page, "Validate").click()
        expect(page.get_by_role("button", name=re.compile("(Stop|Run again)$"))).to_be_visible()


def test_a_dropped_photo_opens_on_photo_and_a_film_on_video(server: Server, browser: Browser) -> None:
    with visit(browser, server.url) as page:
        settle(page)
        field = page.locator("input[type=file]")
        field.set_input_files([{"name": "me.png", "mimeType": "image/png", "buffer": sample_bytes("stand")}])
        expect(page.get_by_alt_text(re.compile("me.png")).first).to_be_visible()
        wait_for_result(page)
        page.go_back()
        expect(page.get_by_role("heading", name="See how a body moves.")).to_be_visible()
        settle(page)
        field.set_input_files([{"name": "me.mp4", "mimeType": "video/mp4", "buffer": sample_clip()}])
        expect(page.get_by_text("me.mp4")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("Analyse$"))).to_be_enabled()


def test_cards_work_with_the_keyboard_and_one_press_on_back_returns(server: Server, browser: Browser) -> None:
    with visit(browser, server.url) as page:
        settle(page)
        card(page, "Photo").press("Enter")
        wait_for_result(page)
        expect(page).to_have_url(re.compile("/photo"))
        page.go_back()
        card(page, "Benchmark").press("Space")
        expect(page.get_by_role("heading", name="Benchmark", exact=True)).to_be_visible()


def test_a_chinese_browser_gets_chinese_and_can_switch(server: Server, browser: Browser) -> None:
    with visit(browser, server.url, locale="zh-CN") as page:
        expect(page.get_by_text("看清身体如何运动")).to_be_visible()
        expect(page).to_have_url(re.compile("lang=zh"))
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        page.get_by_text("English", exact=True).click()
        expect(page.get_by_text("See how a body moves.")).to_be_visible()
        expect(page).to_have_url(re.compile("lang=en"))
        settle(page)
        card(page, "Photo").click()
        wait_for_result(page)
        expect(page).to_have_url(re.compile("photo.*lang=en"))
        page.reload()
        wait_for_result(page)
        expect(page.get_by_role("heading", name="Photo")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "en")

"""How much of the window the live picture has, and presenter mode: the picture alone, driven by keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.live_page import FIGURES, gear, start, stop
from tests.support.server import Server
from tests.support.visit import settle, until_on_page, visit

pytestmark = pytest.mark.e2e

LEAST_SHARE, LEAST_SHARE_PRESENTED = 0.45, 0.85
#: The part of the window that the picture takes without scrolling, and where its edges are; null without one.
_SHARE = """
    () => {
        const frame = document.querySelector("iframe[title^=streamlit_webrtc]");
        const video = frame?.contentDocument?.querySelector("video");
        if (!video?.videoWidth) return null;
        const [outer, inner] = [frame.getBoundingClientRect(), video.getBoundingClientRect()];
        const width = Math.min(outer.right, innerWidth) - Math.max(outer.left, 0);
        const bottom = Math.min(outer.top + inner.bottom, outer.bottom, innerHeight);
        const height = bottom - Math.max(outer.top, 0);
        return { share: (width * height) / (innerWidth * innerHeight), left: outer.left, right: outer.right,
                 bottom: outer.top + inner.bottom };
    }
"""


@pytest.fixture(scope="module")
def playing(server: Server, browser: Browser) -> Iterator[Page]:
    with visit(browser, f"{server.url}/live", height=800) as page:
        start(page, "Performer")
        expect(page.locator(".posedeck-live-chart .main-svg").first).to_be_visible(timeout=60_000)
        yield page


def test_the_picture_has_its_part_of_the_window_with_figures_and_chart_in_view(playing: Page) -> None:
    def large() -> bool:
        found = playing.evaluate(_SHARE)
        return found is not None and found["share"] >= LEAST_SHARE and found["bottom"] <= 800

    until_on_page(playing, large)
    expect(playing.get_by_text(FIGURES)).to_be_in_viewport(ratio=1)
    expect(playing.locator(".posedeck-live-chart")).to_be_in_viewport(ratio=1)
    expect(playing.get_by_role("combobox", name="Motion")).to_have_value("Squat")


def test_the_settings_are_behind_a_gear(playing: Page) -> None:
    expect(playing.get_by_role("radio", name=re.compile("^lite"))).to_have_count(0)
    with gear(playing):
        expect(playing.get_by_role("radio", name="480p")).to_be_visible()


def test_presenter_mode_shows_the_picture_with_two_figures_obeys_keys_and_ends_with_escape(
    playing: Page,
) -> None:
    playing.get_by_role("button", name="Present").click()

    def large() -> bool:
        found = playing.evaluate(_SHARE)
        return found is not None and found["share"] >= LEAST_SHARE_PRESENTED

    until_on_page(playing, large)
    assert playing.evaluate("Boolean(document.fullscreenElement)")
    figures = playing.locator(".posedeck-shown li")
    expect(figures).to_have_count(2)
    expect(figures.first).to_have_text(FIGURES)
    settle(playing)

    playing.keyboard.press("1")
    expect(playing).to_have_url(re.compile("model=lite"))
    playing.keyboard.press("m")
    expect(playing).to_have_url(re.compile("live_mirror=0"))
    playing.keyboard.press(" ")
    expect(figures).to_have_count(0)
    expect(playing.get_by_text("Press Start to watch the performer")).to_be_visible()
    settle(playing)
    playing.keyboard.press(" ")
    expect(figures).to_have_count(2, timeout=60_000)
    expect(figures.first).to_have_text(
        FIGURES, timeout=60_000
    )  # of the new stream: there is a picture to take

    playing.keyboard.press("f")
    expect(playing.locator("[data-presenting]")).to_have_count(0)
    assert not playing.evaluate("Boolean(document.fullscreenElement)")
    playing.keyboard.press("f")
    expect(playing.locator("[data-presenting]")).to_have_count(1)
    settle(playing)
    playing.keyboard.press("s")
    settle(playing)
    expect(playing).to_have_url(re.compile("/live"))  # the show goes on
    playing.keyboard.press("Escape")
    expect(playing.get_by_alt_text(re.compile(r"live_\d+\.png"))).to_be_visible(timeout=60_000)


def test_keys_do_nothing_while_the_picture_is_not_presented(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        expect(page.get_by_role("button", name="Start")).to_be_enabled()
        until_on_page(page, lambda: page.evaluate("Boolean(window.posedeckPresenter?.data)"))
        for key in (" ", "1", "m", "s"):
            page.keyboard.press(key)
        page.keyboard.press("f")
        expect(page.locator("[data-presenting]")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator("[data-presenting]")).to_have_count(0)
        settle(page)
        expect(page).not_to_have_url(re.compile("model|mirror"))
        expect(page.get_by_role("button", name="Start")).to_be_enabled()


def test_on_a_phone_the_picture_has_the_full_width_of_the_first_screen(
    server: Server, browser: Browser
) -> None:
    with visit(browser, f"{server.url}/live", width=390, height=844) as page:
        start(page, "Performer")

        def full() -> bool:
            found = page.evaluate(_SHARE)
            return (
                found is not None and found["left"] <= 16 and found["right"] >= 374 and found["bottom"] <= 844
            )

        until_on_page(page, full)
        stop(page)

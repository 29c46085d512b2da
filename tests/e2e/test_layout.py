"""Each page in a wide window and on a phone, in both languages: all in place, no overlap, no text cut."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pose_ui.home.gallery import CARDS
from pose_ui.texts import Translator
from tests.support.layout import assert_sound, faults_of, misplaced, too_small_for_a_thumb
from tests.support.server import Server
from tests.support.visit import settle, visit, wait_for_result

pytestmark = pytest.mark.e2e

Rows = Sequence[Sequence[Locator]]
WIDE_WH, PHONE_WH = (1280, 800), (390, 844)
CHART = ".js-plotly-plot"
LIVE_CHART = ".posedeck-live-chart"


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(rf"(^|\s){re.escape(name)}$"))


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("heading", name=name, exact=True)


# ---------------------------------------------------------------------- what a page shows, and where
def home(page: Page, t: Translator, wide: bool) -> Rows:
    film, claim = page.get_by_role("img", name=t("home.film_alt")), heading(page, t("home.claim"))
    go_live, drop = button(page, t("home.go_live")), page.get_by_text(t("home.drop"), exact=True)
    items = page.get_by_test_id("stMain").get_by_role("listitem")  # the menu of a phone is a list too
    expect(items).to_have_count(len(CARDS))
    cards = items.all()
    pairs = [cards[at : at + 2] for at in range(0, len(cards), 2)]
    return [[film, claim], cards] if wide else [[film], [claim], [go_live], [drop], *pairs]


def photo(page: Page, t: Translator, wide: bool) -> Rows:
    wait_for_result(page)
    picture, angles = page.get_by_alt_text(re.compile("squat")).first, page.get_by_role("table").first
    explore = page.get_by_role("radio", name=t("photo.tab_explore"))
    if not page.locator(CHART).count():
        explore.click()
        expect(page.locator(CHART).first).to_be_visible()
        settle(page)
    heading(page, t("photo.title")).scroll_into_view_if_needed()
    middle = [[picture, angles]] if wide else [[picture], [angles]]
    return [[heading(page, t("photo.title"))], *middle, [explore], [page.locator(CHART).first]]


def video(page: Page, t: Translator, wide: bool) -> Rows:
    film, drop = page.get_by_role("img", name=t("film.performer_alt")), page.locator(".drop")
    performer = button(page, t("film.try_performer"))
    middle = [[film, drop], [performer]] if wide else [[film], [performer], [drop]]
    return [[heading(page, t("film.title"))], *middle]


def live(page: Page, t: Translator, wide: bool) -> Rows:
    video, chart = page.locator("iframe[title^=streamlit_webrtc]"), page.locator(LIVE_CHART)
    expect(chart.locator(".main-svg").first).to_be_visible(timeout=60_000)
    title, source = heading(page, t("live.title")), page.get_by_role("radio", name=t("live.source_performer"))
    stop, settings = button(page, t("live.stop")), page.get_by_role("button", name=t("photo.settings"))
    rate = page.get_by_text(t("live.big_rate"), exact=True)
    seats = page.get_by_text(re.compile(t("live.seats", watching=r"\d+", seats=r"\d+")))
    record = button(page, t("live.record"))
    if wide:
        return [[title, source, stop, settings], [video, rate]]
    return [[title, settings], [source], [stop], [video], [rate], [chart], [seats], [record]]


def coach(page: Page, t: Translator, wide: bool) -> Rows:
    video, dial = page.locator("iframe[title^=streamlit_webrtc]"), page.locator(".posedeck-coach .dial")
    expect(dial.locator(".number")).not_to_have_text("", timeout=60_000)
    title, source = (
        heading(page, t("coach.title")),
        page.get_by_role("radio", name=t("live.source_performer")),
    )
    plain = page.get_by_text(t("coach.no_medical_device"))
    if wide:
        return [[title, source, button(page, t("live.stop"))], [video, dial], [plain]]
    return [[title], [source], [video], [dial], [plain]]


def benchmark(page: Page, t: Translator, wide: bool) -> Rows:
    chart = page.locator(CHART).first
    expect(chart.locator(".main-svg").first).to_be_visible()
    goal = page.get_by_role("radiogroup", name=t("benchmark.goal"))
    return [[heading(page, t("benchmark.title"))], [chart], [goal], [page.locator(CHART).nth(1)]]


def validate(page: Page, t: Translator, wide: bool) -> Rows:
    source = page.get_by_role("radiogroup", name=t("validate.source"))
    model, run = page.get_by_test_id("stCheckbox").first, button(page, t("validate.run"))
    pictures = page.get_by_alt_text(re.compile("^view")).first
    expect(pictures).to_be_visible()
    top = [[source, model, run]] if wide else [[source], [model, run]]
    return [[heading(page, t("validate.title"))], *top, [pictures]]


def side_by_side(page: Page, t: Translator, wide: bool) -> Rows:
    source = page.get_by_role("radiogroup", name=t("sides.source"))
    picture, chart = page.locator(".posedeck-sides .frame"), page.locator(CHART).first
    expect(chart.locator(".main-svg").first).to_be_visible(timeout=60_000)
    largest = page.get_by_role("radiogroup", name=t("sides.largest_film"))
    compare = button(page, t("sides.again"))
    if wide:
        return [[heading(page, t("sides.title"))], [source, compare], [picture, chart], [largest]]
    return [[heading(page, t("sides.title"))], [source], [compare], [picture], [largest], [chart]]


def start_performer(page: Page) -> None:
    page.get_by_role("button", name="Start").click()


#: What each page shows, and at least how many things there are to see.
PAGES: dict[str, tuple[Callable[[Page, Translator, bool], Rows], int]] = {
    "": (home, 20),
    "photo": (photo, 60),
    "video": (video, 8),
    "live": (live, 25),
    "coach": (coach, 14),
    "benchmark": (benchmark, 25),
    "validate": (validate, 15),
    "side_by_side": (side_by_side, 25),
}


@pytest.mark.parametrize("wide", [True, False], ids=["wide", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_everything_is_in_place_and_nothing_overlaps_or_is_cut(
    server: Server, browser: Browser, name: str, wide: bool
) -> None:
    places, at_least = PAGES[name]
    width, height = WIDE_WH if wide else PHONE_WH
    with visit(browser, f"{server.url}/{name}", width=width, height=height) as page:
        settle(page)
        if name in ("live", "coach"):
            start_performer(page)
        assert_sound(page, places(page, Translator("en"), wide), at_least)
        assert wide or not too_small_for_a_thumb(page)
        page.get_by_text("中文", exact=True).click()
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        settle(page)
        assert_sound(page, places(page, Translator("zh"), wide), at_least)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        ("heading => heading.style.marginBottom = '-60px'", "overlap"),
        ("heading => Object.assign(heading.style, { width: '60px', overflow: 'hidden' })", "is cut"),
        ("heading => heading.style.marginLeft = '-1000px'", "is cut"),
        ("heading => heading.style.width = '3000px'", "wider than the window"),
        ("heading => heading.style.transform = 'translateY(2000px)'", "is not below"),
    ],
)
def test_a_broken_layout_would_be_noticed(server: Server, browser: Browser, spoil: str, fault: str) -> None:
    with visit(browser, server.url, width=WIDE_WH[0], height=WIDE_WH[1]) as page:
        settle(page)
        rows = home(page, Translator("en"), True)
        assert_sound(page, rows, 20)
        claim = page.get_by_role("heading", name=Translator("en")("home.claim"))
        claim.evaluate(f"heading => {{ heading.style.whiteSpace = 'nowrap'; ({spoil})(heading); }}")
        assert fault in "\n".join([*faults_of(page, 20), *misplaced(rows)])

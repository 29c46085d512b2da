"""The Video page in a browser: a film in, its frames and its curves on one clock, and files out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.numbered_film import FPS, number_in, numbered_film
from tests.support.server import Server
from tests.support.visit import download, go_to, pixels, settle, until_on_page, visit

pytestmark = pytest.mark.e2e

FRAMES = 50
#: Fractions of the width of the curves at which they are clicked.
CLICKS = (0.1, 0.35, 0.6, 0.9)


def _choose(page: Page, data: bytes, name: str = "squat.mp4") -> None:
    page.locator(".drop input[type=file]").set_input_files(
        [{"name": name, "mimeType": "video/mp4", "buffer": data}]
    )


def _player(page: Page) -> Locator:
    """The player, once people and the first picture are there."""
    player = page.locator(".posedeck-film")
    expect(player.locator(".stage")).to_be_visible(timeout=120_000)  # the model works first
    until_on_page(
        page,
        lambda: player.evaluate(
            "root => root.player?.film && root.player.video.readyState >= 2 && root.player.shownMediaS >= 0"
        ),
    )
    return player


def _at(player: Locator) -> dict[str, Any]:
    """The frame that the curves mean, and the time of the picture that the browser says it shows."""
    told: dict[str, Any] = player.evaluate(
        "root => ({ frame: root.player.frame, mediaS: root.player.shownMediaS,"
        " timeS: root.player.film.timeS[root.player.frame] })"
    )
    return told


@pytest.fixture(scope="module")
def film() -> bytes:
    return numbered_film(FRAMES)


@pytest.fixture(scope="module")
def page(server: Server, browser: Browser, film: bytes) -> Iterator[Page]:
    """A visitor whose film is analysed."""
    with visit(browser, f"{server.url}/video") as visited:
        _choose(visited, film)
        visited.get_by_role("button", name="Analyse").click()
        _player(visited)
        settle(visited)
        yield visited


def test_a_click_on_the_curve_shows_the_frame_that_it_means(page: Page) -> None:
    player = _player(page)
    plot, video = player.locator(".plot"), player.locator("video")
    box = plot.bounding_box()
    assert box is not None
    for share in CLICKS:
        x = 36 + share * (box["width"] - 42)
        plot.click(position={"x": x, "y": 60})
        meant = round(share * (FRAMES - 1))
        until_on_page(page, lambda: number_in(pixels(video)) == _at(player)["frame"])
        at = _at(player)
        assert abs(at["frame"] - meant) <= 1
        assert at["mediaS"] == pytest.approx(at["timeS"], abs=0.5 / FPS)


def test_arrow_keys_step_by_a_frame_and_with_shift_by_a_second(page: Page) -> None:
    player = _player(page)
    video = player.locator("video")
    player.locator(".stage").focus()
    page.keyboard.press("Home")
    for key, frame in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("Shift+ArrowRight", 2 + FPS),
        ("ArrowLeft", 1 + FPS),
    ):
        page.keyboard.press(key)
        until_on_page(page, lambda wanted=frame: number_in(pixels(video)) == wanted)
        assert _at(player)["frame"] == frame


def test_the_cursor_follows_the_playing_picture(page: Page) -> None:
    player = _player(page)
    player.locator(".stage").focus()
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    until_on_page(page, lambda: _at(player)["frame"] > 5)
    page.keyboard.press(" ")
    until_on_page(page, lambda: number_in(pixels(player.locator("video"))) == _at(player)["frame"])
    moved = player.locator(".cursor").evaluate(
        "cursor => new DOMMatrix(getComputedStyle(cursor).transform).e"
    )
    meant = player.evaluate("root => root.player.charts.x(root.player.frame)")
    assert moved == pytest.approx(meant, abs=1)


def test_left_and_right_are_exchanged_from_the_cursor_on_and_back(page: Page) -> None:
    player = _player(page)
    left_hip = "root => [5, 45].map(i => root.player.film.xy[i * 66 + 46])"
    before = player.evaluate(left_hip)
    player.locator(".stage").focus()
    page.keyboard.press("Home")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.get_by_text("and corrections").click()
    button = page.get_by_role("button", name="exchange left and right from 0.80 s on")
    expect(button).to_be_visible()
    button.click()
    until_on_page(page, lambda: player.evaluate(left_hip)[1] != before[1])
    assert player.evaluate(left_hip)[0] == before[0]
    page.get_by_role("button", name="Undo").click()
    until_on_page(page, lambda: player.evaluate(left_hip) == before)


def test_the_result_is_there_after_another_page_and_after_a_reload(page: Page) -> None:
    _player(page)
    go_to(page, "Home")
    expect(page.get_by_role("listitem").first).to_be_visible()
    go_to(page, "Video")
    _player(page)
    page.reload()
    _player(page)
    expect(page.get_by_text("squat.mp4")).to_be_visible()
    settle(page)


def test_the_table_of_angles_has_a_row_for_each_frame(page: Page) -> None:
    _player(page)
    settle(page)
    name, data = download(page, page.get_by_role("button", name="CSV", exact=True))
    assert name == "squat_angles.csv"
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert len({row["frame"] for row in rows}) > 0.9 * FRAMES


def test_a_film_that_cannot_be_read_is_refused_with_its_sentence(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/video") as page:
        _choose(page, b"no film at all" * 100, "notes.mp4")
        expect(page.get_by_role("alert").filter(has_text="notes.mp4")).to_be_visible()
        page.get_by_role("button", name="Another film").click()
        expect(page.get_by_text("Drop a film here")).to_be_visible()
        _choose(page, b"", "empty.mp4")
        expect(page.get_by_text("this one is empty")).to_be_visible()

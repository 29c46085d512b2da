"""What is chosen on the Video page counts: part, body height, speed, loop; so does what other tabs do meanwhile."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pose_core.media.encoder import ClipEncoder
from tests.support.numbered_film import FPS, number_in, numbered_film, numbered_turning
from tests.support.server import Server
from tests.support.visit import download, go_to, pixels, settle, until_on_page, visit

pytestmark = pytest.mark.e2e

FRAMES = 40
#: Frames in which the person is seen from behind, and the first frame of the chosen part: 0.2 s.
TURNED, FIRST = (20, 21), 5
#: Plays until the film has gone back to an earlier frame, and notes every frame on the way.
PLAY_UNTIL_IT_JUMPS_BACK = """async root => {
  const { player } = root;
  const noted = [];
  player.toggle();
  await new Promise(resolve => {
    const next = () => {
      noted.push(player.frame);
      if (noted.at(-1) < noted.at(-2)) resolve();
      else requestAnimationFrame(next);
    };
    next();
  });
  player.pause();
  return noted;
}"""
BYTES_OF_THE_PICTURE = """async root => {
  const bytes = new Uint8Array(await (await fetch(root.player.video.src)).arrayBuffer());
  return Array.from(bytes);
}"""


def _choose(page: Page, data: bytes, name: str) -> None:
    page.locator(".drop input[type=file]").set_input_files(
        [{"name": name, "mimeType": "video/mp4", "buffer": data}]
    )


@pytest.fixture(scope="module")
def pages(server: Server, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """Two tabs of one visitor: in the first a part of an HEVC film is analysed, the second was opened before."""
    film = numbered_turning(FRAMES, TURNED, codec="libx265", **{"x265-params": "log-level=none"})
    with visit(browser, f"{server.url}/video?model=lite", height=1600) as page:
        expect(page.get_by_text("Drop a video here")).to_be_visible()
        other = page.context.new_page()
        other.goto(f"{server.url}/video?model=lite")
        expect(other.get_by_text("Drop a video here")).to_be_visible()
        _choose(page, film, "raise.mp4")
        start = page.get_by_role("slider").first
        start.focus()
        for _ in range(2):
            start.press("ArrowRight")
        first = page.get_by_test_id("stImage").locator("img").first
        until_on_page(page, lambda: number_in(pixels(first)) == FIRST)
        settle(page)
        page.get_by_role("button", name="Analyse", exact=True).click()
        player = page.locator(".posedeck-film")
        expect(player.locator(".stage")).to_be_visible(timeout=120_000)  # the model works first
        until_on_page(page, lambda: player.evaluate("root => root.player?.film && root.player.loaded"))
        settle(page)
        yield page, other


@pytest.fixture
def page(pages: tuple[Page, Page]) -> Page:
    return pages[0]


@pytest.fixture
def player(page: Page) -> Locator:
    return page.locator(".posedeck-film")


def _told(player: Locator, what: str) -> Any:
    return player.evaluate(f"root => root.player.{what}")


def test_only_the_chosen_part_is_there_and_a_film_that_no_browser_plays_has_its_pictures(
    page: Page, player: Locator
) -> None:
    assert _told(player, "film.frames") == FRAMES - FIRST
    assert _told(player, "film.timeS[0]") == pytest.approx(FIRST / FPS)
    player.locator(".stage").focus()
    page.keyboard.press("Home")
    for frame in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        until_on_page(page, lambda at=frame: number_in(pixels(player.locator("video"))) == FIRST + at)
    with av.open(io.BytesIO(bytes(player.evaluate(BYTES_OF_THE_PICTURE)))) as copy:
        assert copy.streams.video[0].codec_context.name == "h264"


def test_frames_in_which_left_and_right_were_put_right_are_named_and_marked(
    page: Page, player: Locator
) -> None:
    times = ", ".join(f"{frame / FPS:.2f} s" for frame in TURNED)
    said = f"In {len(TURNED)} frames the model took somebody's left for right; they were put right: {times}."
    expect(page.get_by_text(said)).to_be_visible()
    assert _told(player, "data.flips") == pytest.approx([frame / FPS for frame in TURNED])


def test_two_keys_mark_a_loop_that_plays_at_the_chosen_speed(page: Page, player: Locator) -> None:
    player.locator(".stage").focus()
    page.keyboard.press("Home")
    for key, times in (("ArrowRight", 4), ("a", 1), ("ArrowRight", 6), ("b", 1)):
        for _ in range(times):
            page.keyboard.press(key)
    assert _told(player, "range") == [4, 10]
    speed = player.get_by_role("combobox", name="Speed of the video")
    assert speed.locator("option").all_inner_texts() == ["0.1×", "0.25×", "0.5×", "1×", "2×"]
    for chosen in ("2", "0.5"):
        speed.select_option(chosen)
        assert _told(player, "video.playbackRate") == float(chosen)
    noted = player.evaluate(PLAY_UNTIL_IT_JUMPS_BACK)
    assert (min(noted), noted[-1]) == (4, 4)
    assert max(noted) <= 11
    player.locator(".stage").focus()
    page.keyboard.press("Escape")
    assert _told(player, "range") is None


def test_a_drag_on_the_curves_chooses_a_part_for_corrections(page: Page, player: Locator) -> None:
    plot = player.locator(".plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    ends = [box["x"] + player.evaluate(f"root => root.player.charts.x({frame})") for frame in (8, 16)]
    page.mouse.move(ends[0], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(ends[1], box["y"] + 60, steps=4)
    page.mouse.up()
    first, last = _told(player, "range")
    assert max(abs(first - 8), abs(last - 16)) <= 1
    times = [(FIRST + frame) / FPS for frame in (first, last)]
    page.get_by_text("and corrections").click()
    expect(
        page.get_by_role("button", name=f"swap left and right from {times[0]:.2f} s to {times[1]:.2f} s")
    ).to_be_visible()
    player.get_by_role("button", name="No loop (Esc)").click()
    assert _told(player, "range") is None
    settle(page)


def test_twice_the_height_gives_twice_the_metres(page: Page) -> None:
    field = page.get_by_role("spinbutton", name="Body height in cm")
    found = []
    for height_cm in ("100", "200"):
        field.fill(height_cm)
        field.press("Enter")
        settle(page)
        _, trc = download(page, page.get_by_role("button", name="TRC", exact=True))
        row = trc.decode().split("\n")[6].split("\t")
        found.append(float(row[2]))  # from the left edge of the picture to the nose
    assert found[1] == pytest.approx(2 * found[0], rel=1e-3)


def test_a_language_chosen_beside_a_result_keeps_it(page: Page, player: Locator) -> None:
    page.get_by_text("中文", exact=True).click()
    expect(player.get_by_role("button", name="平滑")).to_be_visible()
    assert _told(player, "film.frames") == FRAMES - FIRST
    page.get_by_text("English", exact=True).click()
    expect(player.get_by_role("button", name="Smoothed")).to_be_visible()
    settle(page)


def test_a_moment_goes_to_the_photo_page_and_the_result_waits(page: Page, player: Locator) -> None:
    page.get_by_role("button", name="To the Photo page").click()
    expect(page.get_by_alt_text(re.compile(r"^raise_\d\.\d\ds\.jpg: "))).to_be_visible()
    settle(page)
    go_to(page, "Video")
    until_on_page(
        page, lambda: player.evaluate_all("found => found[0]?.player?.film?.frames") == FRAMES - FIRST
    )
    settle(page)


def test_a_film_sent_from_an_older_tab_is_the_one_that_follows(pages: tuple[Page, Page]) -> None:
    page, other = pages
    _choose(other, numbered_film(30), "newer.mp4")
    expect(other.get_by_role("strong").filter(has_text="newer.mp4")).to_be_visible()
    expect(other.get_by_role("button", name="Analyse", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("strong").filter(has_text="newer.mp4")).to_be_visible()
    settle(page)


def test_a_film_on_its_way_is_still_there_after_another_page(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/video") as page:
        expect(page.get_by_text("Drop a video here")).to_be_visible()
        slow = page.context.new_cdp_session(page)

        def upload_at(bytes_s: int) -> None:
            slow.send(
                "Network.emulateNetworkConditions",
                {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_s},
            )

        upload_at(100_000)
        data = numbered_film(20)
        free = 3_000_000
        _choose(page, data + free.to_bytes(4) + b"free" + bytes(free - 8), "long.mp4")
        expect(page.locator(".drop .share")).to_have_text(re.compile(r"0\.[1-9] / [\d.]+ MB"))
        go_to(page, "Home")
        expect(page.get_by_role("listitem").first).to_be_visible()
        go_to(page, "Video")
        expect(page.locator(".drop .name")).to_have_text("long.mp4")
        expect(page.locator(".drop .share")).to_have_text(re.compile(r"\d\.\d / [\d.]+ MB"))
        upload_at(-1)
        expect(page.get_by_role("button", name="Analyse", exact=True)).to_be_visible()


def test_slow_motion_is_asked_for_and_a_film_that_breaks_off_says_up_to_where_it_was_read(
    server: Server, browser: Browser
) -> None:
    file = io.BytesIO()
    encoder = ClipEncoder(file)  # its index is at the front
    random = np.random.default_rng(1)
    for number in range(480):
        encoder.add(number / 120, random.integers(100, 140, (48, 64, 3), np.uint8))
    encoder.finish()
    data = file.getvalue()
    with visit(browser, f"{server.url}/video?model=lite", width=390, height=844) as page:
        expect(page.get_by_text("Drop a video here")).to_be_visible()
        _choose(page, data[: len(data) * 2 // 3], "broken.mp4")
        expect(page.get_by_text(re.compile(r"This video has 1[12]\d frames a second\."))).to_be_visible()
        picture = page.get_by_test_id("stImage").locator("img").bounding_box()
        assert picture is not None
        assert picture["x"] + picture["width"] <= 390  # of a phone
        page.get_by_role("button", name="Analyse", exact=True).click()
        expect(page.get_by_text(re.compile("the first 0:0[12] of 0:04 could be read"))).to_be_visible(
            timeout=60_000
        )
        expect(page.get_by_text("Nobody was found in this video.")).to_be_visible()

"""The Live page in a browser, as a visitor uses it: with the performer as a fake camera, and without a camera."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import openpyxl
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pose_core.performer import render_frame
from pose_core.skeleton import INDEX
from scripts.turn_demo import running_turn
from tests.support.live_page import (
    FIGURES,
    POSTURE,
    choose_drawing,
    choose_source,
    gear,
    open_details,
    start,
    stop,
    watching,
)
from tests.support.relay import PICTURES, figures_of_stream, needs_coturn
from tests.support.server import Server, running_server
from tests.support.visit import download, go_to, pixels, settle, until_on_page, visit

pytestmark = pytest.mark.e2e


def _returned(page: Page) -> Any:
    """A frame of the returned video, shape (H, W, 4); None before the first."""
    return pixels(page.frame_locator("iframe[title^=streamlit_webrtc]").locator("video"))


def _red_near(picture: Any, x: float, y: float, reach: int = 14) -> bool:
    area = picture[int(y) - reach : int(y) + reach + 1, int(x) - reach : int(x) + reach + 1].astype(int)
    return bool(
        ((area[..., 0] > 150) & (area[..., 0] - area[..., 1] > 60) & (area[..., 0] - area[..., 2] > 60)).any()
    )


def _button(page: Page, label: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("button", name=label, exact=isinstance(label, str))


# ---------------------------------------------------------------------- the camera
def test_the_camera_picture_returns_mirrored_with_dots_on_the_joints_and_live_figures(
    server: Server, filmed: Browser
) -> None:
    truth = render_frame(*POSTURE).landmarks_px[0] / (640, 480)
    with visit(filmed, f"{server.url}/live") as page:
        choose_drawing(page, "on the server")
        start(page)
        expect(page.get_by_text("1 person", exact=True)).to_be_visible(timeout=60_000)
        watching(page, 1)
        joints = ("left_shoulder", "right_shoulder", "left_knee", "right_ankle")

        def dotted() -> bool:
            picture = _returned(page)
            if picture is None:
                return False
            height, width = picture.shape[:2]
            places = [((1 - x) * width, y * height) for x, y in (truth[INDEX[joint]] for joint in joints)]
            return all(_red_near(picture, *place) for place in places)

        # The browser's sending size grows at first, and the first frames may be without.
        until_on_page(page, dotted)
        chart = page.locator(".posedeck-live-chart .main-svg").first
        expect(chart).to_be_visible()
        stop(page)
        watching(page, 0)


def test_an_empty_picture_says_where_to_stand(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        start(page)
        expect(page.get_by_text("step back until head to feet are in the picture")).to_be_visible()
        stop(page)


@contextmanager
def started_with_camera(server: Server, browser: Browser, answer: str) -> Iterator[Page]:
    """The Live page after Start, where a request for the camera returns this promise."""
    with visit(browser, "about:blank") as page:
        page.add_init_script(
            f"navigator.mediaDevices && (navigator.mediaDevices.getUserMedia = () => {answer})"
        )
        page.goto(f"{server.url}/live")
        choose_source(page, "Camera")
        page.get_by_role("button", name="Start").click()
        yield page


def test_a_refused_camera_is_explained_with_ways_to_continue(server: Server, browser: Browser) -> None:
    with started_with_camera(
        server, browser, "Promise.reject(new DOMException('no', 'NotAllowedError'))"
    ) as page:
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        expect(page.get_by_role("alert").first).to_contain_text("camera")
        watching(page, 0)
        page.get_by_role("button", name="Watch the performer").click()
        expect(page.get_by_text(FIGURES)).to_be_visible(timeout=60_000)
        stop(page)


def _start_with_the_server_drawing(page: Page) -> None:
    choose_drawing(page, "on the server")
    page.get_by_role("button", name="Start").click()


@needs_coturn
def test_pictures_flow_through_a_relay_alone(filmed: Browser, tmp_path: Path) -> None:
    with (
        running_turn(tmp_path) as turn,
        running_server(tmp_path / "server.txt", env=turn.environment()) as server,
    ):
        figures = figures_of_stream(filmed, f"{server.url}/live", _start_with_the_server_drawing)
    assert figures["pair"] == ["relay", "relay"], figures
    assert figures["returned"] >= PICTURES


# ---------------------------------------------------------------------- without a camera
def test_the_performer_can_be_recorded_and_downloaded(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        start(page, "Performer")
        page.get_by_text("with video").click()
        settle(page)
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.get_by_text(re.compile(r"Recording: ([2-9]|\d\d+) s"))).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Stop recording").click()
        expect(page.get_by_role("heading", name="Last recording")).to_be_visible()
        name, data = download(page, _button(page, "CSV"))
        assert re.fullmatch(r"posedeck_[\d-]+_\d+_landmarks.csv", name)
        rows = list(csv.DictReader(io.StringIO(data.decode())))
        frames = {row["frame"] for row in rows}
        assert len(frames) > 5
        assert len(rows) == 33 * len(frames)
        _, data = download(page, _button(page, "JSON"))
        assert len(json.loads(data)["time_s"]) == len(frames)
        _, data = download(page, _button(page, "XLSX"))
        assert len(openpyxl.load_workbook(io.BytesIO(data), read_only=True).sheetnames) >= 2
        name, data = download(page, _button(page, re.compile("^Video")))
        assert name.endswith(".mp4")
        with av.open(io.BytesIO(data)) as clip:
            assert clip.streams.video[0].codec_context.name == "h264"
            assert sum(1 for _ in clip.decode(video=0)) > 5
        name, data = download(page, _button(page, "Report"))
        assert name.endswith("_report.html")
        html = data.decode()
        assert "Performer: Squat" in html
        assert len(re.findall("<figure>", html)) >= 1, "pictures of the recording"
        stop(page)
        expect(page.get_by_role("heading", name="Last recording")).to_be_visible()  # nothing is lost


def test_a_clip_plays_and_a_wrong_file_is_explained(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        start(page, "Video")
        page.get_by_role("button", name="Sample video").click()
        page.locator("input[type=file]").first.set_input_files(
            {"name": "no.mp4", "mimeType": "video/mp4", "buffer": b"no video at all"}
        )
        expect(page.get_by_role("alert").first).to_contain_text("video")
        page.keyboard.press("Escape")
        stop(page)


def test_a_snapshot_goes_to_the_photo_page_and_the_seat_is_freed(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        start(page, "Performer")
        page.get_by_role("button", name="Snapshot").click()
        expect(page.get_by_alt_text(re.compile(r"live_\d+\.png"))).to_be_visible(timeout=60_000)
        go_to(page, "Live")
        expect(page.get_by_role("button", name="Start")).to_be_enabled()
        watching(page, 0)


def test_start_right_after_a_choice_plays_what_was_chosen(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        expect(page.get_by_role("button", name="Start")).to_be_enabled()
        settle(page)
        clip = page.get_by_role("radio", name="Video").element_handle()
        button = page.get_by_role("button", name="Start").element_handle()
        # both clicks before the server can answer the first
        page.evaluate("clicked => clicked.forEach(element => element.click())", [clip, button])
        expect(page.get_by_text(FIGURES)).to_be_visible(timeout=60_000)
        expect(page.get_by_role("button", name="Sample video")).to_be_visible()
        stop(page)


@pytest.mark.nightly
@pytest.mark.parametrize("gap_ms", range(0, 40, 5))
def test_stop_counts_even_if_another_click_follows_at_once(
    server: Server, browser: Browser, gap_ms: int
) -> None:
    with visit(browser, f"{server.url}/live") as page:
        start(page, "Performer")
        button = page.get_by_role("button", name="Stop", exact=True).element_handle()
        clip = page.get_by_role("radio", name="Video").element_handle()
        # The second may arrive before the run of the page for the first has begun.
        page.evaluate(
            "([first, second, gap]) => { first.click(); setTimeout(() => second.click(), gap); }",
            [button, clip, gap_ms],
        )
        expect(page.get_by_role("button", name="Start")).to_be_enabled()


def test_another_source_can_be_chosen_while_the_browser_asks_for_the_camera(
    server: Server, browser: Browser
) -> None:
    with started_with_camera(server, browser, "new Promise(() => { window.asks = true })") as page:
        expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
        page.wait_for_function("window.asks")
        page.get_by_role("radio", name="Performer").click()
        expect(page.get_by_text(FIGURES)).to_be_visible(timeout=60_000)
        stop(page)


def test_model_and_size_can_change_while_playing(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        start(page, "Performer")
        open_details(page)
        with gear(page):
            page.get_by_text("lite: fastest").click()
        expect(page.get_by_text(re.compile("^lite · "))).to_be_visible(timeout=60_000)
        with gear(page):
            page.get_by_role("radio", name="360p").click()
        expect(page.get_by_text("640×360 delivered")).to_be_visible(timeout=60_000)
        watching(page, 1)
        stop(page)

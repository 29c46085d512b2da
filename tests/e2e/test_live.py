"""The Live page in a browser, as a person uses it: the performer as a fake camera, and without any camera."""

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
import numpy as np
import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from pose_core.media.images import encode_jpeg
from pose_core.performer import render_frame
from pose_core.skeleton import INDEX
from tests.e2e.browser import chromium_executable
from tests.e2e.conftest import CHROMIUM_FLAGS, Server, running_server, settle, visit
from tests.e2e.live_page import FIGURES, start, stop, watching
from tests.e2e.test_turn import figures_of_stream, needs_coturn, running_turn

pytestmark = pytest.mark.e2e

POSTURE = ("arm_raise", 0.3)
#: A picture of the returned video as the browser decoded it: width, height, RGBA in base64.
GRAB = """
    async video => {
        while (video.videoWidth === 0) await new Promise(later => setTimeout(later, 50));
        const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
        const context = canvas.getContext("2d");
        context.drawImage(video, 0, 0);
        const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
        let text = "";
        for (let i = 0; i < pixels.length; i += 32768)
            text += String.fromCharCode(...pixels.subarray(i, i + 32768));
        return [canvas.width, canvas.height, btoa(text)];
    }
"""


@pytest.fixture(scope="session")
def filmed(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose camera shows the performer, standing still."""
    jpeg = encode_jpeg(render_frame(*POSTURE).rgb, 95)
    clip = tmp_path_factory.mktemp("camera") / "performer.mjpeg"
    clip.write_bytes(jpeg * 30)
    flags = [*CHROMIUM_FLAGS, f"--use-file-for-fake-video-capture={clip}"]
    filming = browser.browser_type.launch(executable_path=chromium_executable(), args=flags)
    yield filming
    filming.close()


def _returned(page: Page) -> Any:
    """A frame of the returned video, shape (H, W, 4)."""
    import base64

    video = page.frame_locator("iframe[title^=streamlit_webrtc]").locator("video")
    width, height, data = video.evaluate(GRAB)
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)


def _red_near(picture: Any, x: float, y: float, reach: int = 14) -> bool:
    area = picture[int(y) - reach : int(y) + reach + 1, int(x) - reach : int(x) + reach + 1].astype(int)
    return bool(
        ((area[..., 0] > 150) & (area[..., 0] - area[..., 1] > 60) & (area[..., 0] - area[..., 2] > 60)).any()
    )


def _download(page: Page, label: str | re.Pattern[str]) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label, exact=isinstance(label, str)).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


# ---------------------------------------------------------------------- the camera
def test_the_camera_comes_back_mirrored_with_dots_on_the_joints_and_live_figures(
    server: Server, filmed: Browser
) -> None:
    truth = render_frame(*POSTURE).landmarks_px[0] / (640, 480)
    with visit(filmed, f"{server.url}/live") as page:
        start(page)
        expect(page.get_by_text("1 person", exact=True)).to_be_visible(timeout=60_000)
        watching(page, 1)
        joints = ("left_shoulder", "right_shoulder", "left_knee", "right_ankle")
        for _ in range(100):  # the browser's sending size grows at first, and the first frames may be without
            picture = _returned(page)
            height, width = picture.shape[:2]
            places = {
                joint: ((1 - truth[INDEX[joint]][0]) * width, truth[INDEX[joint]][1] * height)
                for joint in joints
            }
            if all(_red_near(picture, *place) for place in places.values()):
                break
            page.wait_for_timeout(100)
        else:
            pytest.fail("no red dots near the joints within 10 seconds")
        chart = page.locator(".posedeck-live-chart .main-svg").first
        expect(chart).to_be_visible()
        stop(page)
        watching(page, 0)


@contextmanager
def started_with_camera(server: Server, browser: Browser, answer: str) -> Iterator[Page]:
    """The Live page, once Start was pressed, where asking for the camera gives this promise."""
    with visit(browser, "about:blank") as page:
        page.add_init_script(
            f"navigator.mediaDevices && (navigator.mediaDevices.getUserMedia = () => {answer})"
        )
        page.goto(f"{server.url}/live")
        page.get_by_role("button", name="Start").click()
        yield page


def test_a_refused_camera_is_explained_with_ways_on(server: Server, browser: Browser) -> None:
    with started_with_camera(
        server, browser, "Promise.reject(new DOMException('no', 'NotAllowedError'))"
    ) as page:
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        expect(page.get_by_role("alert").first).to_contain_text("camera")
        watching(page, 0)
        page.get_by_role("button", name="Watch the performer").click()
        expect(page.get_by_text(FIGURES)).to_be_visible(timeout=60_000)
        stop(page)


@needs_coturn
def test_pictures_flow_through_nothing_but_a_relay(filmed: Browser, tmp_path: Path) -> None:
    with (
        running_turn(tmp_path) as turn,
        running_server(tmp_path / "server.txt", env=turn.environment()) as server,
    ):
        figures = figures_of_stream(
            filmed, f"{server.url}/live", lambda page: page.get_by_role("button", name="Start").click()
        )
    assert figures["pair"] == ["relay", "relay"], figures
    assert figures["returned"] >= 30


# ---------------------------------------------------------------------- without a camera
def test_the_performer_can_be_recorded_and_taken_away(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        start(page, "Performer")
        page.get_by_text("with video").click()
        settle(page)
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.get_by_text(re.compile(r"Recording: [2-9] s"))).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Stop recording").click()
        expect(page.get_by_role("heading", name="Last recording")).to_be_visible()
        name, data = _download(page, "CSV")
        assert re.fullmatch(r"posedeck_[\d-]+_\d+_landmarks.csv", name)
        rows = list(csv.DictReader(io.StringIO(data.decode())))
        frames = {row["frame"] for row in rows}
        assert len(frames) > 5
        assert len(rows) == 33 * len(frames)
        _, data = _download(page, "JSON")
        assert len(json.loads(data)["time_s"]) == len(frames)
        _, data = _download(page, "XLSX")
        assert len(openpyxl.load_workbook(io.BytesIO(data), read_only=True).sheetnames) >= 2
        name, data = _download(page, re.compile("^Video"))
        assert name.endswith(".mp4")
        with av.open(io.BytesIO(data)) as clip:
            assert clip.streams.video[0].codec_context.name == "h264"
            assert sum(1 for _ in clip.decode(video=0)) > 5
        stop(page)
        expect(page.get_by_role("heading", name="Last recording")).to_be_visible()  # nothing is lost


def test_a_clip_is_played_and_a_wrong_file_explained(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        start(page, "Clip")
        page.locator("input[type=file]").first.set_input_files(
            {"name": "no.mp4", "mimeType": "video/mp4", "buffer": b"no video at all"}
        )
        expect(page.get_by_role("alert").first).to_contain_text("video")
        stop(page)


def test_a_snapshot_goes_to_the_photo_page_and_the_seat_is_freed(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        start(page, "Performer")
        page.get_by_role("button", name="Snapshot").click()
        expect(page.get_by_alt_text(re.compile(r"live_\d+\.png"))).to_be_visible(timeout=60_000)
        page.get_by_role("link", name="Live").click()
        expect(page.get_by_role("button", name="Start")).to_be_enabled()
        watching(page, 0)


def test_start_right_after_the_choice_plays_what_was_chosen(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/live") as page:
        expect(page.get_by_role("button", name="Start")).to_be_enabled()
        settle(page)
        performer = page.get_by_role("radio", name="Performer").element_handle()
        button = page.get_by_role("button", name="Start").element_handle()
        # both clicks before the server can answer the first
        page.evaluate("clicked => clicked.forEach(element => element.click())", [performer, button])
        expect(page.get_by_text(FIGURES)).to_be_visible(timeout=60_000)
        stop(page)


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
        page.get_by_text("lite: quickest").click()
        expect(page.get_by_text(re.compile("^lite · "))).to_be_visible(timeout=60_000)
        page.get_by_role("radio", name="360p").click()
        expect(page.get_by_text("640×360 delivered")).to_be_visible(timeout=60_000)
        watching(page, 1)
        stop(page)


def test_who_comes_when_all_seats_are_taken_waits_and_gets_the_next(browser: Browser, tmp_path: Path) -> None:
    with running_server(tmp_path / "log.txt", env={"POSEDECK_SEATS": "1"}) as server:
        url = f"{server.url}/live"
        with visit(browser, url) as first, visit(browser, url) as second:
            start(first, "Performer")
            second.get_by_role("radio", name="Performer").click()
            settle(second)
            second.get_by_role("button", name="Start").click()
            expect(second.get_by_text("All seats are taken: 1 of 1")).to_be_visible()
            stop(first)
            expect(second.get_by_text(FIGURES)).to_be_visible(timeout=60_000)
            stop(second)
            watching(second, 0)


@pytest.mark.parametrize("width", [1280, 390])
def test_chinese_and_phone_width(server: Server, browser: Browser, width: int) -> None:
    with visit(browser, f"{server.url}/live", width=width, locale="zh-CN", dark=True) as page:
        expect(page.get_by_role("heading", name="实时", exact=True)).to_be_visible()
        page.get_by_role("radio", name="虚拟表演者").click()
        settle(page)
        page.get_by_role("button", name="开始").click()
        expect(page.get_by_text(re.compile("已处理"))).to_be_visible(timeout=60_000)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.get_by_role("button", name="停止", exact=True).click()
        expect(page.get_by_role("button", name="开始")).to_be_enabled()

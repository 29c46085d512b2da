"""The camera's picture drawn on in the browser, as a visitor sees it."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import av
import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from pose_core.media.images import encode_jpeg
from pose_core.performer import render_frame
from pose_core.skeleton import INDEX
from tests.support.browser import chromium_executable
from tests.support.live_page import (
    POSTURE,
    choose_drawing,
    gear,
    open_details,
    seats_taken,
    start,
    stop,
    watching,
)
from tests.support.server import Server
from tests.support.visit import CHROMIUM_FLAGS, download, settle, until_on_page, visit
from tests.support.waiting import until

pytestmark = pytest.mark.e2e

OVERLAY = ".posedeck-overlay"
WIDTH, HEIGHT = 640, 480
JOINTS = ("left_shoulder", "right_shoulder", "left_knee", "right_knee")
#: The clip of the sliding performer: frames, how far each shifts the picture, and the number written into it.
FRAMES, REACH_PX, BIT_PX, BITS = 60, 110, 16, 6

#: What the canvas shows right after it was drawn, in the camera's own size, and which frame that is.
_SHOWN = """
    (box, [width, height]) => {
        const view = box.view;
        const message = view?.message;
        if (!message?.frame || !message.people.length) return null;
        view.canvas.draw();
        const copy = new OffscreenCanvas(width, height).getContext("2d");
        copy.drawImage(view.canvas.canvas, 0, 0, width, height);
        let text = "";
        const pixels = copy.getImageData(0, 0, width, height).data;
        for (let i = 0; i < pixels.length; i += 32768) text += String.fromCharCode(...pixels.subarray(i, i + 32768));
        return { pixels: btoa(text), offMs: Math.abs(message.frame.atMs - message.takenMs) };
    }
"""


def slide_px(number: int) -> int:
    return round(REACH_PX * np.sin(2 * np.pi * number / FRAMES))


@pytest.fixture(scope="module")
def sliding(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose camera shows the performer sliding from side to side, with each frame's number in a corner."""
    still = render_frame(*POSTURE).rgb
    clip = tmp_path_factory.mktemp("camera") / "sliding.mjpeg"
    with clip.open("wb") as file:
        for number in range(FRAMES):
            move = np.array([(1, 0, slide_px(number)), (0, 1, 0)], dtype=np.float64)
            frame = cv2.warpAffine(still, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
            for bit in range(BITS):
                frame[:BIT_PX, bit * BIT_PX : (bit + 1) * BIT_PX] = 255 * (number >> bit & 1)
            file.write(encode_jpeg(frame, 95))
    flags = [*CHROMIUM_FLAGS, f"--use-file-for-fake-video-capture={clip}"]
    browser = playwright.chromium.launch(executable_path=chromium_executable(), args=flags)
    yield browser
    browser.close()


def shown(page: Page) -> tuple[Any, float] | None:
    """The picture with its people, RGB, and by how many milliseconds the two differ; None while there are no people."""
    found = page.locator(OVERLAY).evaluate(_SHOWN, [WIDTH, HEIGHT])
    if found is None:
        return None
    pixels = np.frombuffer(base64.b64decode(found["pixels"]), np.uint8).reshape(HEIGHT, WIDTH, 4)
    return pixels[..., :3], found["offMs"]


def red_near(picture: Any, x: float, y: float, reach: int = 14) -> bool:
    area = picture[
        max(0, int(y) - reach) : int(y) + reach + 1, max(0, int(x) - reach) : int(x) + reach + 1
    ].astype(int)
    return bool(((area[..., 0] > 200) & (area[..., 1] < 110) & (area[..., 2] < 110)).any())


def dotted(picture: Any, truth_px: Any, slide: int = 0) -> bool:
    """Whether a mirrored picture has red dots on all `JOINTS`."""
    return all(
        red_near(picture, WIDTH - (x + slide), y) for x, y in (truth_px[INDEX[joint]] for joint in JOINTS)
    )


def nobody_watches(server: Server) -> None:
    until(lambda: seats_taken(urlsplit(server.url).port) == 0)


def test_the_skeleton_lies_on_the_performer_in_the_cameras_own_mirrored_picture(
    server: Server, filmed: Browser
) -> None:
    frame = render_frame(*POSTURE)
    with visit(filmed, f"{server.url}/live") as page:
        choose_drawing(page, "in the browser")
        start(page)
        watching(page, 1)
        seen: list[Any] = []

        def lies() -> bool:
            found = shown(page)
            if found is None:
                return False
            seen[:] = [found[0]]
            return dotted(found[0], frame.landmarks_px[0])

        until_on_page(page, lies)
        # Covered, so all but a corner need not be composed. A hidden video would keep the camera's few frames.
        expect(page.locator(f"{OVERLAY} video")).to_have_css("clip-path", re.compile(r"^inset\("))
        expect(page.locator(f"{OVERLAY} video")).to_be_visible()
        # Fake cameras stretch the contrast, and the canvas is as small as its place on the page. But the boards of the
        # floor are where they are in a mirror.
        floor = np.s_[-HEIGHT // 6 :, : WIDTH // 4, 1]
        here, mirrored, plain = (
            cv2.blur(np.ascontiguousarray(picture), (5, 5))[floor].ravel()
            for picture in (seen[0], frame.rgb[:, ::-1], frame.rgb)
        )
        assert np.corrcoef(here, mirrored)[0, 1] > max(0.9, np.corrcoef(here, plain)[0, 1])
        open_details(page)
        expect(page.get_by_text("drawn in your browser")).to_be_visible()
        expect(page.locator("iframe[title^=streamlit_webrtc]")).to_have_count(0)
        expect(page.locator(".posedeck-live-chart .main-svg").first).to_be_visible()
        stop(page)
        watching(page, 0)


@pytest.mark.nightly
def test_picture_and_skeleton_are_of_the_same_moment(server: Server, sliding: Browser) -> None:
    truth_px = render_frame(*POSTURE).landmarks_px[0]
    with visit(sliding, f"{server.url}/live") as page:
        choose_drawing(page, "in the browser")
        with gear(page):
            page.get_by_text("Smooth", exact=True).click()  # a filter lags by itself
        start(page)
        numbers: set[int] = set()

        def on_time() -> bool:
            found = shown(page)
            # A busy browser skips frames of the camera; then the nearest is shown, which is not what is judged here.
            if found is None or found[1] > 5:
                return False
            picture, _ = found
            corner = picture[BIT_PX // 2, ::-1][BIT_PX // 2 :: BIT_PX][:BITS, 0]
            number = sum(1 << bit for bit in range(BITS) if corner[bit] > 128)
            if number < FRAMES and dotted(picture, truth_px, slide_px(number)):
                numbers.add(number)
            return len({slide_px(number) // 40 for number in numbers}) >= 4

        until_on_page(page, on_time)
        stop(page)


@pytest.mark.nightly
def test_another_page_or_a_closed_tab_frees_the_seat_and_a_second_viewer_is_not_disturbed(
    server: Server, filmed: Browser
) -> None:
    with visit(filmed, f"{server.url}/live") as first, visit(filmed, f"{server.url}/live") as second:
        for page in (first, second):
            choose_drawing(page, "in the browser")
            start(page)
        watching(first, 2)
        first.get_by_role("link", name="Home").click()
        expect(first.get_by_role("button", name="Go live")).to_be_visible()
        watching(second, 1)
        first.get_by_role("link", name="Live", exact=True).click()
        expect(first.get_by_role("button", name="Start")).to_be_enabled()
        start(first)
        watching(second, 2)
        first.close()
        watching(second, 1)
        received = second.locator(OVERLAY).evaluate("(box) => box.view.received")
        until_on_page(
            second, lambda: second.locator(OVERLAY).evaluate("(box) => box.view.received") > received + 5
        )
    nobody_watches(server)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(
            "RTCPeerConnection.prototype.createDataChannel = () => { throw new Error(); }", id="no channel"
        ),
        pytest.param("RTCPeerConnection = undefined", id="no connection"),
    ],
)
@pytest.mark.nightly
def test_where_the_browser_cannot_connect_for_it_the_server_draws(
    server: Server, filmed: Browser, broken: str
) -> None:
    with visit(filmed, "about:blank") as page:
        # Only in the page itself: the server's way has a frame of its own.
        page.add_init_script(f"if (window === window.top) {{ {broken}; }}")
        page.goto(f"{server.url}/live")
        choose_drawing(page, "in the browser")
        start(page)
        expect(page.get_by_text("so the server draws it")).to_be_visible()
        expect(page.locator("iframe[title^=streamlit_webrtc]")).to_be_visible()
        stop(page)
        watching(page, 0)


@pytest.mark.nightly
def test_after_a_change_of_way_landmarks_and_film_are_recorded_and_a_snapshot_goes_to_the_photo_page(
    server: Server, filmed: Browser
) -> None:
    truth_px = render_frame(*POSTURE).landmarks_px[0]
    with visit(filmed, f"{server.url}/live") as page:
        choose_drawing(page, "on the server")
        start(page)
        expect(page.locator("iframe[title^=streamlit_webrtc]")).to_be_visible()
        choose_drawing(page, "in the browser")  # goes on by itself, the other way
        until_on_page(page, lambda: shown(page) is not None)
        page.get_by_text("with video").click()
        settle(page)
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.get_by_text(re.compile(r"Recording: ([2-9]|\d\d+) s"))).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Stop recording").click()
        expect(page.get_by_role("heading", name="Last recording")).to_be_visible()
        _, data = download(page, page.get_by_role("button", name="CSV", exact=True))
        rows = list(csv.DictReader(io.StringIO(data.decode())))
        assert len({row["frame"] for row in rows}) > 3
        _, data = download(page, page.get_by_role("button", name=re.compile("^Video")))
        with av.open(io.BytesIO(data)) as film:
            pictures = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
        scale = pictures[-1].shape[0] / HEIGHT
        x, y = truth_px[INDEX["left_shoulder"]] * scale
        assert red_near(pictures[-1], pictures[-1].shape[1] - x, y), "the film is drawn on by the server"
        page.get_by_role("button", name="Snapshot").click()
        expect(page.get_by_text(re.compile("snapshot", re.IGNORECASE)).first).to_be_visible()
        page.wait_for_url(re.compile("/photo"))
    nobody_watches(server)

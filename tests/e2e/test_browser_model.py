"""The model in the visitor's own browser: what it finds, whom it asks, and what happens where it cannot run."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Response, expect

from pose_core.arrays import FloatArray, FrameRGB
from pose_core.export.landmarks_message import decode_landmarks
from pose_core.media.images import encode_png
from pose_core.models.landmarker import StreamLandmarker
from pose_core.performer import render_frame
from pose_core.pipeline.live import ToldFrame
from pose_core.pose import Pose
from pose_core.settings import DetectionSettings
from pose_core.tracking.people import PeopleTracker
from pose_core.tracking.smoothing import SmoothingSettings
from pose_ui.live_view.browser_model.files import BUNDLE, LOADER, PROGRAM
from pose_ui.live_view.browser_model.landmarks_route import LANDMARKS_PATH
from pose_ui.live_view.browser_model.route import browser_model_folder
from pose_ui.shell.module_route import module_path
from tests.support.landmarks import landmarks_message
from tests.support.live_page import choose_model_place, gear, seats_taken, stop, watching
from tests.support.poses import PoseMaker
from tests.support.server import Server, running_server
from tests.support.visit import go_to, settle, until_on_page, visit

pytestmark = pytest.mark.e2e

VIEW = ".posedeck-overlay"
FPS = 15
#: Frames of one repetition of the performer: 2 s.
CYCLE = 30
WIDTH, HEIGHT = 640, 480

#: Pictures one after the other through the worker that the page uses, and what it finds in each.
_FIND = """
    async ([path, folder, options, pictures, stepMs]) => {
        const worker = new Worker(new URL(path, document.baseURI), { type: "module" });
        const answer = () => new Promise((done, failed) => {
            worker.onmessage = ({ data }) => (data.failed ? failed(new Error(data.failed)) : done(data));
            worker.onerror = ({ message }) => failed(new Error(message));
        });
        const ready = answer();
        worker.postMessage({ files: new URL(folder, document.baseURI).href, options });
        await ready;
        const found = [];
        for (const [number, text] of pictures.entries()) {
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
            const frame = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
            const people = answer();
            worker.postMessage({ frame, timeMs: 1000 + number * stepMs }, [frame]);
            const data = await people;
            data.frame.close();
            found.push(data.people.map(({ number, points, visibility }) => [number, [...points], [...visibility]]));
        }
        worker.terminate();
        return found;
    }
"""
#: Frames of given poses through the tracker.
_TRACK = """
    async ([path, smoothing, most, size, frames]) => {
        const { PeopleTracker } = await import(new URL(path, document.baseURI).href);
        const tracker = new PeopleTracker();
        tracker.smoothing = smoothing;
        return frames.map(([timeS, poses]) =>
            tracker.update(
                poses.map(([points, depths, world, visibility]) => ({
                    points: Float64Array.from(points), depths: Float64Array.from(depths),
                    world: Float64Array.from(world), visibility: Float64Array.from(visibility),
                })),
                timeS, most, size,
            ).map(({ number, points }) => [number, [...points]]));
    }
"""


@pytest.fixture(scope="module")
def page(server: Server, browser: Browser) -> Iterator[Page]:
    """A page of the server, with its headers, beside which a worker can run."""
    with visit(browser, f"{server.url}/live") as page:
        settle(page)
        yield page


def received(page: Page) -> int:
    count: int = page.locator(VIEW).evaluate("(box) => box.view?.received ?? 0")
    return count


def runs_on(page: Page) -> None:
    """Wait for more frames."""
    before = received(page)
    until_on_page(page, lambda: received(page) > before + 3)


def begin(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    until_on_page(page, lambda: received(page) > 3)


# ---------------------------------------------------------------------- what it finds
def compare(page: Page, model: Any, motion: str, frames: int, people: int = 1) -> Any:
    """Distances in pixels, shape (frames, 33), between browser and Python on the performer, tracked alike."""
    settings = DetectionSettings(model=model, people=people)
    pictures = [render_frame(motion, number / CYCLE).rgb for number in range(frames)]
    options = {
        "model": f"{model}.task",
        "people": people,
        "detection": settings.detection_confidence,
        "presence": settings.presence_confidence,
        "smoothing": None,
    }
    step_ms = 1000 // FPS
    texts = [base64.b64encode(encode_png(picture)).decode() for picture in pictures]
    found = page.evaluate(
        _FIND, [module_path("model_worker.js"), browser_model_folder(), options, texts, step_ms]
    )
    landmarker = StreamLandmarker(settings)
    try:
        distances = []
        for number, picture in enumerate(pictures):
            (pose,) = landmarker.detect(picture, (1000 + number * step_ms) / 1000)
            ((who, points, _),) = found[number]
            assert who == 1
            here_px = np.array(points).reshape(33, 2) * (WIDTH, HEIGHT)
            distances.append(np.linalg.norm(here_px - pose.image_xy_px, axis=1))
    finally:
        landmarker.close()
    return np.array(distances)


def test_the_browser_finds_what_python_finds(page: Page) -> None:
    apart_px = compare(page, "lite", "squat", 10)
    assert np.median(apart_px) < 2
    assert np.quantile(apart_px, 0.95) < 6
    # Looking for several, MediaPipe smooths nobody: what is left is the arithmetic of two processors.
    assert np.median(compare(page, "lite", "squat", 6, people=2)) < 0.1


@pytest.mark.nightly
@pytest.mark.parametrize("model", ["lite", "full", "heavy"])
@pytest.mark.parametrize("motion", ["squat", "arm_raise", "lunge"])
def test_every_model_finds_what_python_finds(page: Page, model: str, motion: str) -> None:
    assert np.median(compare(page, model, motion, 60)) < 2
    assert np.median(compare(page, model, motion, 60, people=2)) < 0.1


@pytest.mark.nightly
def test_no_two_programs_could_agree_better_frame_by_frame() -> None:
    """Python against itself: one pixel of the first frame is one level brighter, and single joints go their own way."""
    pictures = [render_frame("lunge", number / CYCLE).rgb for number in range(60)]

    def found(first: FrameRGB) -> FloatArray:
        landmarker = StreamLandmarker(DetectionSettings(model="lite"))
        try:
            frames = enumerate([first, *pictures[1:]])
            return np.array([landmarker.detect(one, 1 + at / FPS)[0].image_xy_px for at, one in frames])
        finally:
            landmarker.close()

    truth = found(pictures[0])
    assert np.array_equal(found(pictures[0]), truth)
    farthest_px = []
    for y, x in ((180, 320), (240, 310), (240, 330), (300, 320)):
        brighter = pictures[0].copy()
        brighter[y, x] += np.where(brighter[y, x] < 255, 1, -1).astype(np.uint8)
        farthest_px.append(np.linalg.norm(found(brighter) - truth, axis=2).max())
    assert max(farthest_px) > 2


def _walk(make_pose: PoseMaker, seed: int = 5) -> list[tuple[float, list[Pose]]]:
    """Two people who sway, with noise, single jumps, a gap for one and a moment of nobody."""
    rng = np.random.default_rng(seed)
    frames = []
    for number in range(60):
        time_s = number / FPS + (2.0 if number >= 50 else 0.0)
        poses = []
        for who, x in enumerate((-150.0, 150.0)):
            pose = make_pose(shift_xy=(x + 40 * np.sin(number / 6 + who), 5 * np.cos(number / 5)), scale=0.9)
            xy = pose.image_xy_px + rng.normal(0, 1.5, (33, 2))
            if number in (20, 21, 33, 34, 35, 36):
                xy[15 + who] += (90.0, -70.0)
            if not (who == 1 and 25 <= number < 30):
                world = pose.world_xyz_m + rng.normal(0, 0.01, (33, 3))
                poses.append(make_pose(image_xy_px=xy, world_xyz_m=world))
        frames.append((time_s, poses[:: -1 if number % 2 else 1]))
    return frames


@pytest.mark.parametrize("smoothing", [None, SmoothingSettings(), SmoothingSettings(1.5, 2.0)])
def test_people_are_numbered_and_smoothed_as_on_the_server(
    page: Page, make_pose: PoseMaker, smoothing: SmoothingSettings | None
) -> None:
    frames = _walk(make_pose)

    def sent(pose: Pose) -> Sequence[list[float]]:
        points = pose.image_xy_px / (WIDTH, HEIGHT)
        parts = (points, pose.image_z_px / WIDTH, pose.world_xyz_m, pose.visibility)
        return [part.ravel().tolist() for part in parts]

    found = page.evaluate(
        _TRACK,
        [
            module_path("people_tracker.js"),
            smoothing and {"minCutoffHz": smoothing.min_cutoff_hz, "beta": smoothing.beta},
            2,
            [WIDTH, HEIGHT],
            [(time_s, [sent(pose) for pose in poses]) for time_s, poses in frames],
        ],
    )
    tracker = PeopleTracker(smoothing)
    for (time_s, poses), here in zip(frames, found, strict=True):
        people = tracker.update(poses, time_s, 2)
        assert [number for number, _ in here] == [person.number for person in people]
        for (_, points), person in zip(here, people, strict=True):
            here_px = np.array(points).reshape(33, 2) * (WIDTH, HEIGHT)
            np.testing.assert_allclose(here_px, person.pose.image_xy_px, atol=1e-3)


# ---------------------------------------------------------------------- the page
def test_nothing_is_sent_to_anybody_and_it_goes_on_without_a_network(
    server: Server, filmed: Browser, tmp_path: Path
) -> None:
    asked: list[str] = []
    sent: list[int] = []
    with visit(filmed, "about:blank") as page:
        page.context.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(len(data))))
        page.goto(f"{server.url}/live?model=lite")
        choose_model_place(page, "your browser")
        begin(page)
        expect(page.get_by_text("The model runs in your browser")).to_be_visible()
        expect(page.get_by_text("Nothing is sent to this server at the moment.")).to_be_visible()
        expect(page.get_by_text("1 person", exact=True)).to_be_visible()
        assert seats_taken(urlsplit(server.url).port) == 0
        settle(page)
        sent.clear()
        requests = len(asked)
        for _ in range(3):
            runs_on(page)
        assert (sent, len(asked)) == ([], requests), "while it runs, the server hears nothing at all"
        served = {urlsplit(url).path.rsplit("/", 1)[-1] for url in asked}
        assert {BUNDLE, LOADER, PROGRAM, "lite.task"} <= served, "what the worker asks for is seen"
        assert {urlsplit(url).netloc for url in asked if urlsplit(url).scheme not in ("data", "blob")} == {
            urlsplit(server.url).netloc
        }

        with page.expect_download() as waiting:
            page.get_by_role("button", name="Snapshot").click()
        assert re.fullmatch(r"posedeck_\d{14}\.png", waiting.value.suggested_filename)

        page.get_by_role("button", name="Present").click()
        expect(page.locator("[data-presenting]")).to_be_visible()
        mirrored = page.locator(VIEW).evaluate("(box) => box.view.data.look.mirrored")
        page.keyboard.press("m")
        until_on_page(
            page,
            lambda: page.locator(VIEW).evaluate("(box) => box.view.data.look.mirrored") is not mirrored,
        )
        page.keyboard.press("Escape")
        settle(page)

        page.context.set_offline(True)
        runs_on(page)
        page.context.set_offline(False)
        stop(page)
        watching(page, 0)


_SENDER_RESTS = "({ view }) => view.sender.address === null && !view.sender.busy"


class Sent:
    """What a page sends about people, and how the server answers."""

    def __init__(self, page: Page) -> None:
        self.frames: list[ToldFrame] = []
        self.answers: list[int] = []
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if LANDMARKS_PATH in response.url:
            body = response.request.post_data_buffer
            assert body is not None
            self.frames += decode_landmarks(body).frames
            self.answers.append(response.status)

    def more(self, page: Page) -> None:
        """Wait for some."""
        answers = len(self.answers)
        until_on_page(page, lambda: len(self.answers) > answers + 2)
        assert set(self.answers[answers:]) == {204}

    def nothing_more(self, page: Page) -> None:
        until_on_page(page, lambda: page.locator(VIEW).evaluate(_SENDER_RESTS))
        runs_on(page)  # what was under way is answered
        answers = len(self.answers)
        for _ in range(3):
            runs_on(page)
        assert len(self.answers) == answers


def test_landmarks_are_sent_while_they_are_recorded_or_charted_and_then_no_more(
    server: Server, filmed: Browser
) -> None:
    with visit(filmed, f"{server.url}/live?model=lite") as page:
        sent = Sent(page)
        choose_model_place(page, "your browser")
        begin(page)
        sent.nothing_more(page)
        assert sent.answers == []

        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.get_by_text("Landmarks are sent to this server at the moment")).to_be_visible()
        sent.more(page)
        expect(page.get_by_text(re.compile(r"Recording: [1-9]\d* s"))).to_be_visible()
        page.get_by_role("button", name="Stop recording").click()
        expect(page.get_by_text("Nothing is sent to this server at the moment.")).to_be_visible()
        sent.nothing_more(page)
        shown = page.get_by_test_id("stMetric").filter(has_text="Frames").inner_text()
        recorded = int(re.findall(r"\d+", shown)[-1])
        # Those of the last message may have arrived just after the recording's end.
        assert len(sent.frames) - 30 <= recorded <= len(sent.frames)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="JSON").click()
        data = json.loads(Path(waiting.value.path()).read_text())
        (person,) = data["people"]
        told = [pose for frame in sent.frames for _, pose in frame.people]
        first_px = np.array([person["x_raw_px"][0], person["y_raw_px"][0]]).T
        assert min(np.abs(first_px - pose.image_xy_px).max() for pose in told) < 0.1
        assert seats_taken(urlsplit(server.url).port) == 0, "and the server's model has no part in it"

        page.get_by_text("Charts (sends landmarks to this server)").click()
        sent.more(page)
        expect(page.get_by_role("img", name=re.compile("^Angles of the last"))).to_be_visible()
        page.get_by_text("Charts (sends landmarks to this server)").click()
        expect(page.get_by_text("Nothing is sent to this server at the moment.")).to_be_visible()
        sent.nothing_more(page)
        stop(page)


def test_the_coach_counts_what_the_browser_finds(server: Server, filmed: Browser) -> None:
    with visit(filmed, f"{server.url}/live?model=lite") as page:
        sent = Sent(page)
        choose_model_place(page, "your browser")
        go_to(page, "Coach")
        page.get_by_role("button", name="Start").click()
        until_on_page(page, lambda: received(page) > 3)
        sent.more(page)
        expect(page.get_by_text("Landmarks are sent to this server at the moment")).to_be_visible()
        assert seats_taken(urlsplit(server.url).port) == 0
        stop(page)
        go_to(page, "Live")
        begin(page)
        sent.nothing_more(page)


def test_what_is_sent_is_read_as_it_was(page: Page, make_pose: PoseMaker) -> None:
    poses = [make_pose(), make_pose(shift_xy=(-700.0, 30.0))]
    parts = [
        [
            part.ravel().tolist()
            for part in (one.image_xy_norm, one.image_z_norm, one.world_xyz_m, one.visibility)
        ]
        for one in poses
    ]
    written = page.evaluate(
        """async ([path, parts]) => {
            const { encodeLandmarks } = await import(new URL(path, document.baseURI).href);
            const people = parts.map(([points, depths, world, visibility], place) => ({ number: place + 1, pose: {
                points: Float64Array.from(points), depths: Float64Array.from(depths),
                world: Float64Array.from(world), visibility: Float32Array.from(visibility),
            } }));
            const frames = [
                { timeMs: 1000, size: [640, 480], people }, { timeMs: 1040.5, size: [640, 480], people: [] },
            ];
            return [...new Uint8Array(encodeLandmarks(3, frames))];
        }""",
        [module_path("landmarks_sender.js"), parts],
    )
    people = [(number, pose) for number, pose in enumerate(poses, start=1)]
    expected = landmarks_message((1000.0, (WIDTH, HEIGHT), people), (1040.5, (WIDTH, HEIGHT), []), turn=3)
    assert bytes(written) == expected


def test_a_foreign_request_of_a_worker_would_be_noticed(browser: Browser) -> None:
    asked: list[str] = []
    with visit(browser, "about:blank") as page:  # on a PoseDeck page the browser would refuse it
        page.context.on("request", lambda request: asked.append(request.url))
        page.evaluate(
            """() => new Promise((done) => {
                const code = "fetch('http://127.0.0.2:9/').catch(() => 0).then(() => postMessage(0))";
                new Worker(URL.createObjectURL(new Blob([code]))).onmessage = done;
            })"""
        )
        until_on_page(page, lambda: any("127.0.0.2" in url for url in asked))


def test_a_worker_may_ask_only_the_own_server(server: Server, browser: Browser) -> None:
    refused: list[str] = []
    with visit(browser, server.url, refused=refused) as page:
        settle(page)
        started = page.evaluate(
            """async () => {
                const started = (address) => new Promise((done) => {
                    try {
                        const worker = new Worker(address);
                        worker.onerror = () => done(false);
                        setTimeout(() => done(true), 3000);
                    } catch { done(false); }
                });
                return Promise.all([
                    started(URL.createObjectURL(new Blob(["0"]))), started("data:text/javascript,0"),
                ]);
            }"""
        )
    assert started == [False, False]
    assert any(text.startswith("refused: worker-src ") for text in refused)


def test_without_simd_the_server_runs_the_model_and_the_page_says_so(server: Server, filmed: Browser) -> None:
    with visit(filmed, "about:blank") as page:
        page.add_init_script("WebAssembly.validate = () => false")
        page.goto(f"{server.url}/live?model=lite")
        choose_model_place(page, "your browser")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("it lacks WebAssembly SIMD")).to_be_visible(timeout=60_000)
        watching(page, 1)
        expect(page.get_by_text("model on this server")).to_be_visible()
        stop(page)
        watching(page, 0)


@pytest.mark.nightly
def test_behind_a_password_below_a_path_it_runs_as_well(filmed: Browser, tmp_path: Path) -> None:
    secret = "four words nobody joins"
    with (
        running_server(tmp_path / "log.txt", base="/some/where", env={"POSEDECK_PASSWORD": secret}) as server,
        visit(filmed, f"{server.url}/live?model=lite") as page,
    ):
        page.get_by_label("Password").first.fill(secret)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        choose_model_place(page, "your browser")
        begin(page)
        stop(page)


@pytest.mark.nightly
def test_a_model_that_cannot_be_loaded_is_run_by_the_server(server: Server, filmed: Browser) -> None:
    with visit(filmed, "about:blank") as page:
        page.context.route("**/lite.task", lambda route: route.abort())
        page.goto(f"{server.url}/live?model=lite")
        choose_model_place(page, "your browser")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("could not load or run the model")).to_be_visible(timeout=60_000)
        watching(page, 1)
        stop(page)
        watching(page, 0)


@pytest.mark.nightly
def test_other_models_sizes_and_the_way_back_while_it_runs(server: Server, filmed: Browser) -> None:
    with visit(filmed, f"{server.url}/live?model=lite") as page:
        choose_model_place(page, "your browser")
        begin(page)
        page.get_by_role("button", name="Present").click()
        page.keyboard.press("2")  # full
        until_on_page(
            page,
            lambda: page.locator(VIEW).evaluate("(box) => box.view.data.options.model") == "full.task",
        )
        runs_on(page)
        page.keyboard.press("Escape")
        with gear(page):
            turn = page.locator(VIEW).evaluate("(box) => box.view.turn")
            page.get_by_role("radio", name="720p").click()
            settle(page)
        # The test's camera has one size only: what counts is that all begins again.
        until_on_page(page, lambda: page.locator(VIEW).evaluate("(box) => box.view.turn") > turn)
        runs_on(page)
        choose_model_place(page, "this server (standard)")
        watching(page, 1)
        expect(page.get_by_text("model on this server")).to_be_visible()
        choose_model_place(page, "your browser")
        runs_on(page)
        until_on_page(page, lambda: seats_taken(urlsplit(server.url).port) == 0)
        page.locator(VIEW).evaluate(
            "(box) => box.view.stream.getVideoTracks()[0].dispatchEvent(new Event('ended'))"
        )
        expect(page.get_by_text("cannot find a camera")).to_be_visible()

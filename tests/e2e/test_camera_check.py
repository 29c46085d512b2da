"""The camera check against real refusals of a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import get_args

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from pose_ui.live_view.camera_check import _JS, CameraState
from pose_ui.live_view.trouble import LiveTrouble, fallbacks
from pose_ui.texts import LANGUAGES
from tests.support.browser import chromium_executable
from tests.support.server import free_port, running_server
from tests.support.visit import settle

pytestmark = pytest.mark.e2e

APP = "tests/e2e/camera_check_app.py"
#: A name that leads to this machine, and yet is not one of those that a browser trusts without HTTPS.
OUTSIDE_NAME = "posedeck.test"
FAKE_CAMERA = "--use-fake-device-for-media-stream"
SAY_YES = "--use-fake-ui-for-media-stream"

#: What the page asked for, how many of its questions have no answer yet, and every track that it was given, for a look
#: at whether it was let go.
WATCH_TRACKS = """
  window.wanted = [];
  window.unanswered = 0;
  window.tracks = [];
  if (navigator.mediaDevices) {
    const watched = (name, note) => {
      const ask = navigator.mediaDevices[name].bind(navigator.mediaDevices);
      navigator.mediaDevices[name] = async (...given) => {
        window.unanswered += 1;
        try { return note(await ask(...given), ...given); } finally { window.unanswered -= 1; }
      };
    };
    watched("getUserMedia", (stream, constraints) => {
      window.wanted.push(constraints);
      window.tracks.push(...stream.getTracks());
      return stream;
    });
    watched("enumerateDevices", (devices) => devices);
  }
"""
#: Keeps the component's limit of 8 s from doing what a test wants to see done for another reason.
WITHOUT_LIMIT = """
  const later = window.setTimeout;
  window.setTimeout = (what, delay, ...rest) => delay === 8000 ? 0 : later(what, delay, ...rest);
"""
#: What another program that has the camera does to a page, and what no flag of Chromium can.
FAIL_WITH = """
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("provoked", "{name}"));
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where the small app answers."""
    log = tmp_path_factory.mktemp("camera_check") / "log.txt"
    number = free_port()
    options = {"browser.serverAddress": OUTSIDE_NAME}
    with running_server(log, script=APP, port=number, options=options) as running:
        yield number
    running.assert_no_traceback()


@contextmanager
def launched(playwright: Playwright, *flags: str) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(
        executable_path=chromium_executable(), args=["--no-sandbox", "--disable-gpu", *flags]
    )
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def willing(playwright: Playwright) -> Iterator[Browser]:
    """A browser with two cameras that always grants permission."""
    with launched(playwright, SAY_YES, f"{FAKE_CAMERA}=device-count=2") as chromium:
        yield chromium


@pytest.fixture(scope="module")
def asking(playwright: Playwright) -> Iterator[Browser]:
    """A browser with a camera, where the test sets the permission."""
    with launched(playwright, FAKE_CAMERA) as chromium:
        yield chromium


@contextmanager
def blank(browser: Browser, url: str, script: str = "") -> Iterator[Page]:
    """A page in a new context, with its tracks watched."""
    context = browser.new_context()
    context.add_init_script(WATCH_TRACKS + script)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(url)
    yield page
    context.close()
    assert not faults, faults


@contextmanager
def opened(browser: Browser, url: str, script: str = "") -> Iterator[Page]:
    """The app in a new context, at rest."""
    with blank(browser, url, script) as page:
        expect(page.get_by_text("turn 0: no answer")).to_be_visible()
        yield page


def ask(page: Page) -> None:
    page.get_by_role("button", name="Ask").click()


def tick(page: Page, name: str) -> None:
    page.get_by_text(name, exact=True).click()
    settle(page)


def expect_tracks(page: Page, live: list[bool]) -> None:
    """Wait until exactly these tracks are running."""
    page.wait_for_function(
        "live => JSON.stringify(window.tracks.map((track) => track.readyState === 'live')) === live",
        arg=str(live).lower().replace(" ", ""),
    )


def live_tracks(page: Page) -> list[bool]:
    """For each track the page ever got, whether it is still running."""
    states: list[bool] = page.evaluate("window.tracks.map((track) => track.readyState === 'live')")
    return states


def allow_camera(page: Page, allowed: bool) -> None:
    """Grant or withdraw the page's permission, like the switch next to the browser's address."""
    target = page.context.new_cdp_session(page).send("Target.getTargetInfo")["targetInfo"]
    chromium = page.context.browser
    assert chromium is not None
    chromium.new_browser_cdp_session().send(
        "Browser.setPermission",
        {
            "permission": {"name": "camera"},
            "setting": "granted" if allowed else "denied",
            "browserContextId": target["browserContextId"],
        },
    )


# ---------------------------------------------------------------------- what it reports
def test_nothing_is_asked_before_the_first_turn(willing: Browser, port: int) -> None:
    with opened(willing, f"http://localhost:{port}") as page:
        page.get_by_role("button", name="Run again").click()
        settle(page)
        assert live_tracks(page) == []


def test_a_camera_that_opens_is_ready(willing: Browser, port: int) -> None:
    with opened(willing, f"http://localhost:{port}") as page:
        ask(page)
        expect(page.get_by_text("turn 1: ready")).to_be_visible()
        assert page.evaluate("window.wanted") == [
            {"video": {"width": {"ideal": 640}, "height": {"ideal": 480}}, "audio": False}
        ]


def test_each_turn_asks_once_however_often_the_page_runs(willing: Browser, port: int) -> None:
    with opened(willing, f"http://localhost:{port}") as page:
        ask(page)
        expect(page.get_by_text("turn 1: ready")).to_be_visible()
        for _ in range(3):
            page.get_by_role("button", name="Run again").click()
            settle(page)
        assert len(live_tracks(page)) == 1
        ask(page)
        expect(page.get_by_text("turn 2: ready")).to_be_visible()
        assert len(live_tracks(page)) == 2


def test_an_address_without_https_is_insecure(playwright: Playwright, port: int) -> None:
    resolver = f"--host-resolver-rules=MAP {OUTSIDE_NAME} 127.0.0.1"
    with (
        launched(playwright, SAY_YES, FAKE_CAMERA, resolver) as chromium,
        opened(chromium, f"http://{OUTSIDE_NAME}:{port}") as page,
    ):
        ask(page)
        expect(page.get_by_text("turn 1: insecure")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text(f"http://localhost:{port}")


def test_a_machine_without_a_camera_is_no_camera(playwright: Playwright, port: int) -> None:
    # No camera, even on a machine that has one.
    with (
        launched(playwright, SAY_YES, f"{FAKE_CAMERA}=device-count=0") as chromium,
        opened(chromium, f"http://localhost:{port}") as page,
    ):
        ask(page)
        expect(page.get_by_text("turn 1: no_camera")).to_be_visible()


def test_a_person_who_refuses_may_allow_it_later(asking: Browser, port: int) -> None:
    with opened(asking, f"http://localhost:{port}") as page:
        allow_camera(page, False)
        ask(page)
        expect(page.get_by_text("turn 1: refused")).to_be_visible()
        expect(page.get_by_role("alert").get_by_role("listitem")).to_have_count(3)
        allow_camera(page, True)
        ask(page)
        expect(page.get_by_text("turn 2: ready")).to_be_visible()


def test_withdrawn_permission_is_reported_with_the_same_turn(asking: Browser, port: int) -> None:
    with opened(asking, f"http://localhost:{port}") as page:
        allow_camera(page, True)
        tick(page, "Hold")
        ask(page)
        expect(page.get_by_text("turn 1: ready")).to_be_visible()
        allow_camera(page, False)
        expect(page.get_by_text("turn 1: refused")).to_be_visible()
        assert live_tracks(page) == [False]


def test_an_element_that_returns_still_notices_that_permission_is_gone(asking: Browser, port: int) -> None:
    with opened(asking, f"http://localhost:{port}") as page:
        allow_camera(page, True)
        ask(page)
        expect(page.get_by_text("turn 1: ready")).to_be_visible()
        tick(page, "Show")
        tick(page, "Show")
        expect(page.get_by_text("turn 1: ready")).to_be_visible()
        allow_camera(page, False)
        expect(page.get_by_text("turn 1: refused")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("NotReadableError", "busy"),
        ("AbortError", "busy"),
        ("SecurityError", "refused"),
        ("TypeError", "failed"),
    ],
)
def test_a_provoked_error_of_the_browser_becomes_a_state(
    willing: Browser, port: int, name: str, state: str
) -> None:
    with opened(willing, f"http://localhost:{port}", FAIL_WITH.format(name=name)) as page:
        ask(page)
        expect(page.get_by_text(f"turn 1: {state}")).to_be_visible()


def test_a_browser_without_a_camera_api_is_no_api(willing: Browser, port: int) -> None:
    old = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"
    with opened(willing, f"http://localhost:{port}", old) as page:
        ask(page)
        expect(page.get_by_text("turn 1: no_api")).to_be_visible()


# ---------------------------------------------------------------------- what to do about it
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_trouble_has_a_bold_sentence_and_one_to_three_steps(
    willing: Browser, port: int, lang: str
) -> None:
    with opened(willing, f"http://localhost:{port}/?all&lang={lang}") as page:
        expect(page.get_by_role("alert")).to_have_count(len(get_args(LiveTrouble)))
        for alert in page.get_by_role("alert").all():
            assert alert.locator("strong").inner_text()
            assert 1 <= alert.get_by_role("listitem").count() <= 3
            assert "{" not in alert.inner_text()


def test_every_camera_state_but_ready_is_a_trouble() -> None:
    assert set(get_args(CameraState)) - {"ready"} < set(get_args(LiveTrouble))


def test_fallbacks_do_not_need_what_is_missing() -> None:
    for state in set(get_args(CameraState)) - {"ready"}:
        assert "snapshot" not in fallbacks(state)  # it needs the camera too
    assert not {"performer", "clip"} & set(fallbacks("ice_failed"))  # they use the same connection
    assert "snapshot" in fallbacks("ice_failed")


@pytest.mark.parametrize("trouble", get_args(LiveTrouble))
def test_a_photo_is_always_a_fallback(trouble: LiveTrouble) -> None:
    ways = fallbacks(trouble)
    assert ways[-1] == "photo"
    assert len(set(ways)) == len(ways)
    assert ("retry" in ways) == (trouble not in ("insecure", "no_api"))


# ---------------------------------------------------------------------- release
def test_without_hold_the_camera_is_released_at_once(willing: Browser, port: int) -> None:
    with opened(willing, f"http://localhost:{port}") as page:
        ask(page)
        expect(page.get_by_text("turn 1: ready")).to_be_visible()
        assert live_tracks(page) == [False]


def test_held_until_hold_ends(willing: Browser, port: int) -> None:
    with opened(willing, f"http://localhost:{port}", WITHOUT_LIMIT) as page:
        tick(page, "Hold")
        ask(page)
        expect(page.get_by_text("turn 1: ready")).to_be_visible()
        page.get_by_role("button", name="Run again").click()
        settle(page)
        assert live_tracks(page) == [True]
        tick(page, "Hold")
        expect_tracks(page, [False])


def test_held_until_the_next_turn(willing: Browser, port: int) -> None:
    with opened(willing, f"http://localhost:{port}", WITHOUT_LIMIT) as page:
        tick(page, "Hold")
        ask(page)
        expect(page.get_by_text("turn 1: ready")).to_be_visible()
        ask(page)
        expect(page.get_by_text("turn 2: ready")).to_be_visible()
        assert live_tracks(page) == [False, True]


def test_held_until_the_element_goes(willing: Browser, port: int) -> None:
    with opened(willing, f"http://localhost:{port}", WITHOUT_LIMIT) as page:
        tick(page, "Hold")
        ask(page)
        expect(page.get_by_text("turn 1: ready")).to_be_visible()
        assert live_tracks(page) == [True]
        tick(page, "Show")
        expect_tracks(page, [False])


def test_held_for_eight_seconds_at_most(willing: Browser, port: int) -> None:
    with opened(willing, f"http://localhost:{port}") as page:
        tick(page, "Hold")
        page.clock.install()
        ask(page)
        expect(page.get_by_text("turn 1: ready")).to_be_visible()
        page.clock.pause_at(page.evaluate("Date.now() / 1000") + 1)
        assert live_tracks(page) == [True]
        page.clock.run_for(8000)
        assert live_tracks(page) == [False]


# ---------------------------------------------------------------------- the script by itself
#: Calls the component's script as Streamlit does: `steps(run, wait)` gets a caller with an element and a way to wait.
BY_ITSELF = """
async ([script, steps]) => {
  const module = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const element = document.createElement("div");
  const reports = [];
  const run = (data) => module.default({
    data: { turn: 1, size: [640, 480], hold: true, report: null, ...data },
    parentElement: element,
    setStateValue: (name, report) => reports.push(report.turn + " " + report.state),
  });
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  // Until the browser has answered all that it was asked; a turn later the script may have asked something else.
  const wait = async () => {
    for (let quiet = 0; quiet < 3; quiet = window.unanswered ? 0 : quiet + 1) await turn();
  };
  await (0, eval)(steps)(run, wait);
  await wait();
  return [reports, window.tracks.map((track) => track.readyState === "live")];
}
"""


@pytest.mark.parametrize(
    ("steps", "reports", "live"),
    [
        pytest.param(
            "async (run, wait) => { run({}); run({}); run({}); }",
            ["1 ready"],
            [True],
            id="runs_before_the_answer",
        ),
        pytest.param(
            "async (run, wait) => { run({})(); run({}); }",
            ["1 ready"],
            [False, True],
            id="mounted_gone_and_mounted_again",
        ),
        pytest.param(
            "async (run, wait) => { const end = run({}); run({}); end(); }",
            ["1 ready"],
            [True],
            id="end_of_an_overtaken_call",
        ),
        pytest.param(
            "async (run, wait) => { run({}); run({ turn: 2 }); }",
            ["2 ready"],
            [False, True],
            id="next_turn_before_the_answer",
        ),
        pytest.param(
            "async (run, wait) => { run({}); run({ hold: false }); }",
            ["1 ready"],
            [False],
            id="hold_ends_before_the_answer",
        ),
        pytest.param(
            "async (run, wait) => { run({}); await wait(); run({ turn: 0 }); }",
            ["1 ready"],
            [False],
            id="back_to_nothing_asked",
        ),
        pytest.param(
            "async (run) => { run({ report: { turn: 1, state: 'ready' } }); }",
            [],
            [],
            id="answered_in_a_former_life",
        ),
    ],
)
def test_the_script_is_steady_when_called_as_streamlit_calls_it(
    willing: Browser, port: int, steps: str, reports: list[str], live: list[bool]
) -> None:
    with blank(
        willing, f"http://localhost:{port}/_stcore/health"
    ) as page:  # any page of that address will do
        said, running = page.evaluate(BY_ITSELF, [_JS, steps])
        assert said == reports
        assert sorted(running) == sorted(live)

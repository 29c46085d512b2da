"""Take the pictures of the README again, from a running dashboard: ``make screenshots``.

Writes ``docs/images/*.png`` and the README's first picture, ``motion.gif``; names of pages, as ``photo home``, take
those pages alone. Needs what ``make setup-dev`` installs, and a font with Chinese characters: without one the browser
would draw boxes, and the script ends.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the project is run from its folder and not installed

import av  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

from pose_ui.home.films import FOLDER as FILMS  # noqa: E402
from pose_ui.texts import LANGUAGES, catalogue  # noqa: E402
from tests.support.browser import chromium_executable  # noqa: E402
from tests.support.server import running_server  # noqa: E402
from tests.support.visit import CHROMIUM_FLAGS, settle, visit, wait_for_result  # noqa: E402

FOLDER = ROOT / "docs" / "images"
#: Width of the window in pixels, and whether it is dark and Chinese.
LOOKS = ((1280, False), (390, True))
#: So many seconds of angles are in the Live page's chart before its picture is taken.
HISTORY_S = 8
#: The performer's film shows a squat there.
BENT_FRAME = 34
#: Every third frame of 25 a second, in this size and so many colours.
MOTION_EVERY, MOTION_WH, MOTION_COLOURS = 3, (640, 360), 64
_DIFFER = """
    () => {
        const drawn = (text) => {
            const context = new OffscreenCanvas(64, 64).getContext("2d");
            context.font = "48px sans-serif";
            context.fillText(text, 4, 52);
            return context.getImageData(0, 0, 64, 64).data.join();
        };
        return drawn("中") !== drawn("文");
    }
"""
_PAUSE_AT = """
    async (film, frame) => {
        while (!(film.player?.film && film.player.frame >= frame)) await new Promise(requestAnimationFrame);
        film.player.pause();
    }
"""
_HAS_HISTORY = """
    async ([chart, seconds]) => {
        for (;;) {
            const times = document.querySelector(`${chart} .js-plotly-plot`)?.data?.[0]?.x ?? [];
            if (times.at(-1) - times[0] >= seconds) return;
            await new Promise(requestAnimationFrame);
        }
    }
"""


def show_photo(page: Page) -> None:
    """Wait for the first sample's result."""
    wait_for_result(page)
    expect(page.get_by_alt_text(re.compile("squat")).first).to_be_visible()


def show_live(page: Page) -> None:
    """Play the performer until the chart has a history to show."""
    press(page, "live.start")
    expect(page.locator(".posedeck-live-chart .main-svg").first).to_be_visible(timeout=60_000)
    page.evaluate(_HAS_HISTORY, [".posedeck-live-chart", HISTORY_S])


def press(page: Page, key: str) -> None:
    """Press the button with this text of the catalogue, in either language."""
    settle(page)
    names = "|".join(re.escape(catalogue()[key][language]) for language in LANGUAGES)
    page.get_by_role("button", name=re.compile(f"({names})$")).first.click()


def show_video(page: Page) -> None:
    """Analyse the performer's film, and stop it where a knee is bent."""
    press(page, "film.try_performer")
    expect(page.locator(".posedeck-film .stage")).to_be_visible(timeout=120_000)
    page.locator(".posedeck-film").evaluate(_PAUSE_AT, BENT_FRAME)
    settle(page)


def show_coach(page: Page) -> None:
    """Let the performer squat until two are counted."""
    press(page, "live.start")
    expect(page.locator(".posedeck-coach .number")).to_have_text("2", timeout=120_000)


def show_validate(page: Page) -> None:
    """Run the small sample."""
    press(page, "validate.run")
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=120_000)
    settle(page)


def show_side_by_side(page: Page) -> None:
    """Wait until both models' people are over the picture, and the figures below it."""
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=180_000)
    settle(page)


def show_benchmark(page: Page) -> None:
    """Wait for the shipped result's chart."""
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    settle(page)


def show_home(page: Page) -> None:
    """Wait for the film."""
    film = page.get_by_role("img", name=re.compile("^(Two people|由本机绘制)"))
    film.evaluate("video => new Promise(done => video.requestVideoFrameCallback(done))")
    settle(page)


def has_chinese_font(browser: Browser) -> bool:
    """Whether two Chinese characters look different; without a font both are the same box."""
    page = browser.new_page()
    try:
        return bool(page.evaluate(_DIFFER))
    finally:
        page.close()


def write_motion() -> None:
    """The Home page's film as a GIF, since GitHub plays no video from the repository inside a README."""
    with av.open(str(FILMS / "hero.mp4")) as film:
        frames = [frame.to_image() for frame in film.decode(video=0)][::MOTION_EVERY]
    small = [frame.resize(MOTION_WH).quantize(MOTION_COLOURS, dither=Image.Dither.NONE) for frame in frames]
    path = FOLDER / "motion.gif"
    small[0].save(
        path, save_all=True, append_images=small[1:], duration=MOTION_EVERY * 40, loop=0, optimize=True
    )
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1024:.0f} KB", flush=True)


def show_in_space(page: Page) -> None:
    """Open the 3-D view of the first sample."""
    wait_for_result(page)
    page.get_by_role("radio", name="3-D").click()
    expect(page.locator(".js-plotly-plot .gl-container canvas").first).to_be_visible()
    settle(page)


def take(
    browser: Browser, url: str, show: Callable[[Page], None], name: str, look: tuple[int, bool], height: int
) -> None:
    """Visit `url`, wait until `show` is done, and keep the picture under that name."""
    width, dark = look
    locale = "zh-CN" if dark else "en-US"
    with visit(browser, url, width=width, height=height, dark=dark, locale=locale) as page:
        show(page)
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)  # of parts whose scripts are on their way
        path = FOLDER / f"{name}_{width}_{'dark_zh' if dark else 'light_en'}.png"
        page.screenshot(path=path)
        print(path.relative_to(ROOT), flush=True)


#: Name, what to wait for, look, and height of the window.
PICTURES = (
    *(("photo", show_photo, look, 800 if look[0] > 600 else 844) for look in LOOKS),
    *(("live", show_live, look, 800 if look[0] > 600 else 844) for look in LOOKS),
    *(("video", show_video, look, 800 if look[0] > 600 else 844) for look in LOOKS),
    *(("coach", show_coach, look, 800 if look[0] > 600 else 844) for look in LOOKS),
    *(("validate", show_validate, look, 1000 if look[0] > 600 else 844) for look in LOOKS),
    *(("side_by_side", show_side_by_side, look, 800 if look[0] > 600 else 844) for look in LOOKS),
    *(("benchmark", show_benchmark, look, 1000 if look[0] > 600 else 1700) for look in LOOKS),
    *(("home", show_home, look, 800 if look[0] > 600 else 844) for look in LOOKS),
    ("photo_3d", show_in_space, LOOKS[0], 1500),
)


def main(only: Sequence[str]) -> None:
    """Take the pictures of the pages named, or of all."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder) / "log.txt") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_executable(), args=CHROMIUM_FLAGS)
        if not has_chinese_font(browser):
            sys.exit(
                "There is no font with Chinese characters. Install one: sudo apt-get install fonts-noto-cjk"
            )
        if not only or "home" in only:
            write_motion()
        for name, show, look, height in PICTURES:
            place = name.removesuffix("_3d")
            if not only or place in only:
                address = server.url if place == "home" else f"{server.url}/{place}"
                take(browser, address, show, name, look, height)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])

"""A visitor of the Photo page, in a real Chromium driven by Playwright.

Times of what the visitor sees are taken inside the page, so that they do not include Playwright's own delays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, sync_playwright

from pose_ui.texts import Translator
from tests.support.browser import chromium_executable

__all__ = ["Visitor", "browser", "visiting"]

_WAIT_MS: Final = 60_000
_UPLOAD_WAIT_MS: Final = 600_000
_texts: Final = Translator("en")

#: Resolves with milliseconds since the page was opened once the before/after component shows a drawn picture other than
#: `old`: present, decoded, and two frames later, hence painted. It is in a component's shadow root. If it is not drawn
#: in time, an error says what is on the page.
_DRAWN: Final = """
  const frame = async (missing) => {
    if (performance.now() > deadline) throw new Error(`${missing} is missing; the page: ${document.body.innerText}`);
    await new Promise(requestAnimationFrame);
  };
  const find = () => {
    for (const host of document.querySelectorAll("*")) {
      const image = host.shadowRoot?.querySelector("img.after");
      if (image) return image;
    }
  };
  const drawnOther = async (old) => {
    let image = find();
    while (!image?.isConnected || !image.src || image.src === old || !image.complete || !image.naturalWidth) {
      await frame("The drawn picture");
      if (!image?.isConnected) image = find();
    }
    await image.decode();
    await frame();
    await frame();
    return { at: performance.now(), src: image.src };
  };
  const settled = async () => {
    while (!document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')) {
      await frame("The end of the script");
    }
    return performance.now();
  };
"""
_PRELUDE: Final = f"const deadline = performance.now() + {_WAIT_MS}; {_DRAWN}"
_FIRST: Final = f"async () => {{ {_PRELUDE} return (await drawnOther('')).at; }}"
# The promise is wrapped in an object, so that Playwright can click while it waits.
_NEXT: Final = f"""async () => {{ {_PRELUDE}
  const old = (await drawnOther("")).src;
  let pressed;
  addEventListener("click", event => {{ pressed = event.timeStamp; }}, {{ once: true, capture: true }});
  const wait = async () => {{
    const drawn = (await drawnOther(old)).at;
    return [drawn - pressed, (await settled()) - pressed];
  }};
  return {{ times: wait() }};
}}"""
# Every row of the batch's overview says what was found, and the script has ended. Without Playwright's
# wait_for_function, whose eval is blocked by the page's policy.
_BATCH_DONE: Final = """async ([total, limitMs]) => {
  const done = () => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning" &&
    [...document.querySelectorAll('[data-testid="stTable"] tbody')].some(body =>
      body.rows.length === total && [...body.rows].every(row => row.lastElementChild.innerText.trim()));
  const until = performance.now() + limitMs;
  while (!done()) {
    if (performance.now() > until) throw new Error("The pictures were not analysed in time.");
    await new Promise(requestAnimationFrame);
  }
}"""


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the Chromium that the browser tests use, too; raise playwright.sync_api.Error if there is none."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_executable(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield chromium
        finally:
            chromium.close()


class Visitor:
    """A visitor on the Photo page.

    Parameters
    ----------
    page : Page
        A new page on which the address has been opened.

    Attributes
    ----------
    first_ms : float
        From opening the address until the first result was on the screen.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self.first_ms: float = page.evaluate(_FIRST)

    def choose_sample(self, sample: str) -> tuple[float, float]:
        """Click a sample other than the one shown, one with people.

        Returns
        -------
        drawn_ms, settled_ms : float
            From the click until the new picture with its skeleton is painted, and until the page's script ends.
        """
        pill = self._page.get_by_role("radio", name=_texts(f"sample.{sample}"), exact=True)
        watch = self._page.evaluate_handle(_NEXT)
        pill.click()
        drawn_ms, settled_ms = watch.evaluate("watch => watch.times")
        return drawn_ms, settled_ms

    def upload(self, pictures: Sequence[tuple[str, bytes]]) -> None:
        """Upload JPEG files, and wait until all are analysed."""
        files: list[FilePayload] = [
            {"name": name, "mimeType": "image/jpeg", "buffer": data} for name, data in pictures
        ]
        self._page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)
        self._page.evaluate(_BATCH_DONE, [len(pictures), _UPLOAD_WAIT_MS])


@contextmanager
def visiting(chromium: Browser, address: str) -> Iterator[Visitor]:
    """Open the page as a new visitor with an empty browser cache, who leaves in the end."""
    context: BrowserContext = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(_WAIT_MS)
    try:
        page = context.new_page()
        page.goto(f"{address}/photo?lang=en", wait_until="commit")
        yield Visitor(page)
    finally:
        context.close()

"""What somebody sees first, and when: ``python -m benchmarks.first_minute [--address URL] [--out FILE]``.

A real Chromium with an empty cache opens pages of a server that has had a visitor before. Measured inside the page,
from the moment at which the address was entered or the mouse went down:

- open: until the first picture is painted, and until the first one that moves, by page. A picture is an image or a
  video that takes at least a twentieth of the window; films and photos count, icons and thumbnails do not.
- ways: from a press on Home until a picture moves that was not there before, and how many presses that took.
- share: how much of the window the largest picture takes, without scrolling; of Live also in presenter mode.

``--phone`` takes a window of 390x844 instead of 1280x800. ``--way live=link:Live,radio:Performer,button:Start``
replaces the presses that lead to a page: for an older version at ``--address``. Without an address, a server is started
as ``make run`` does.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.page import browser_starts
from benchmarks.report import save, spread, summary, table
from benchmarks.server import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

__all__ = ["measure", "report", "ways_of"]

WIDE_WH, PHONE_WH = (1280, 800), (390, 844)
PAGES: Final = ("home", "photo", "video", "live", "coach", "validate", "benchmark")
#: The presses on Home, by the page that they lead to: role and name of what is pressed.
WAYS: Final = {name: [("card", name.title())] for name in ("live", "coach", "video", "photo")}
#: A photo does not move: there, any picture will do.
_STILL: Final = ("photo",)
_WAIT_MS: Final = 90_000
_NEEDS: Final = "This needs Playwright and Chromium; `make setup-dev` installs them. Nothing was measured."

# Looks at every frame, also into components and into frames of this origin. Two frames later, what it found is painted.
_WATCH: Final = """
if (window === top) {
  const seen = (window.firstMinute = { since: 0, known: new WeakSet(), still: null, moving: null, share: 0 });
  const walk = function* (root, left, top) {
    for (const one of root.querySelectorAll("*")) {
      if (one.shadowRoot) yield* walk(one.shadowRoot, left, top);
      const box = one.getBoundingClientRect();
      if (one.tagName === "IFRAME") {
        let inside = null;
        try { inside = one.contentDocument; } catch { /* of another origin */ }
        if (inside) yield* walk(inside, left + box.left, top + box.top);
      } else if (/^(IMG|VIDEO)$/.test(one.tagName)) {
        const wide = Math.min(left + box.right, innerWidth) - Math.max(left + box.left, 0);
        const high = Math.min(top + box.bottom, innerHeight) - Math.max(top + box.top, 0);
        const share = Math.max(0, wide) * Math.max(0, high) / (innerWidth * innerHeight);
        if (share >= 0.05) yield [one, share];
      }
    }
  };
  const shows = (one) => (one.tagName === "IMG" ? one.complete && one.naturalWidth > 0 : one.readyState >= 2);
  const moves = (one) => one.tagName === "VIDEO" && !one.paused && one.getVideoPlaybackQuality().totalVideoFrames > 1;
  const look = () => {
    const found = [...walk(document, 0, 0)].filter(([one]) => shows(one));
    seen.share = Math.max(0, ...found.map(([, share]) => share));
    const fresh = found.map(([one]) => one).filter((one) => !seen.known.has(one));
    for (const [name, is] of [["still", () => true], ["moving", moves]])
      if (seen[name] === null && fresh.some(is)) {
        seen[name] = NaN;
        const since = seen.since;
        requestAnimationFrame(() => requestAnimationFrame(() => {
          if (since === seen.since) seen[name] = performance.now() - since;
        }));
      }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  seen.again = () => {
    for (const [one] of walk(document, 0, 0)) seen.known.add(one);
    Object.assign(seen, { since: 0, still: null, moving: null });
    addEventListener("pointerdown", (event) => { seen.since = event.timeStamp; }, { once: true, capture: true });
  };
}
"""
_FOUND: Final = """async ([name, limit]) => {
  for (const began = performance.now(); !(window.firstMinute[name] >= 0) || window.firstMinute[name] === null;) {
    if (performance.now() - began > limit) return null;
    await new Promise(requestAnimationFrame);
  }
  return window.firstMinute[name];
}"""
_REST: Final = """async (limit) => {
  const rests = () => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning";
  for (const began = performance.now(); !rests() && performance.now() - began < limit;)
    await new Promise(requestAnimationFrame);
}"""


def _say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


def ways_of(texts: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """The presses that ``--way`` describes, by page.

    Raises
    ------
    ValueError
        If one is not ``page=role:name,role:name``.

    Examples
    --------
    >>> ways_of(["live=link:Live,button:Start"])
    {'live': [('link', 'Live'), ('button', 'Start')]}
    """
    ways = {}
    for text in texts:
        page, _, presses = text.partition("=")
        pairs = [press.partition(":") for press in presses.split(",")]
        if page not in PAGES or not all(role and name for role, _, name in pairs):
            raise ValueError(f"A way must look like live=link:Live,button:Start; got {text!r}.")
        ways[page] = [(role, name) for role, _, name in pairs]
    return ways


@contextmanager
def _visiting(chromium: Browser, url: str, size_wh: tuple[int, int]) -> Iterator[Page]:
    context = chromium.new_context(locale="en-GB", viewport={"width": size_wh[0], "height": size_wh[1]})
    context.set_default_timeout(_WAIT_MS)
    context.add_init_script(_WATCH)
    try:
        page = context.new_page()
        page.goto(url, wait_until="commit")
        yield page
    finally:
        context.close()


def _pressed(page: Page, role: str, name: str) -> Locator:
    if role == "card":
        return page.get_by_role("listitem").get_by_role("button").filter(has_text=name).first
    # The menu of a page with groups shows a link only once its group is open; older ones show all links.
    return page.get_by_role(role, name=name).first  # type: ignore[arg-type]


def _press(page: Page, way: Sequence[tuple[str, str]]) -> None:
    page.evaluate(_REST, _WAIT_MS)
    page.evaluate("() => window.firstMinute.again()")
    for role, name in way:
        _pressed(page, role, name).click()


def _share(page: Page) -> float:
    return float(page.evaluate("() => window.firstMinute.share"))


def _presented_share(page: Page) -> float:
    page.get_by_role("button", name="Present").click()
    page.locator("[data-presenting]").wait_for()
    page.wait_for_timeout(1000)
    return _share(page)


def measure(
    address: str,
    size_wh: tuple[int, int] = WIDE_WH,
    rounds: int = 5,
    ways: Mapping[str, Sequence[tuple[str, str]]] = WAYS,
) -> dict[str, Any]:
    """Measure a running server, pages and ways taking turns.

    Parameters
    ----------
    address : str
    size_wh : tuple of int
        Of the window, in pixels.
    rounds : int
        How often each is measured.
    ways : mapping of str to sequence of (str, str)
        The presses that lead from Home to a page, as role and name; the role ``card`` is a card of Home.

    Returns
    -------
    dict
        Ready for JSON: milliseconds, and shares from 0 to 1; a page without a moving picture has none.
    """
    from benchmarks.visitor import browser

    opened: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    walked: defaultdict[str, list[float]] = defaultdict(list)
    shares: dict[str, float] = {}
    machine = describe_machine()
    with browser() as chromium:
        machine["packages"]["chromium"] = chromium.version
        for number in range(-1, rounds):  # the first is for the server to warm up
            for name in PAGES:
                _say(f"{name}, {number + 1} of {rounds}")
                url = f"{address}/{'' if name == 'home' else name}?lang=en"
                with _visiting(chromium, url, size_wh) as page:
                    page.evaluate(_REST, _WAIT_MS)
                    for kind in ("still", "moving"):
                        found = page.evaluate(_FOUND, [kind, 2000])
                        if found is not None and number >= 0:
                            opened[name][kind].append(found)
                    shares[name] = _share(page)
            for name, way in ways.items():
                _say(f"Home to {name}, {number + 1} of {rounds}")
                with _visiting(chromium, f"{address}/?lang=en", size_wh) as page:
                    _press(page, way)
                    kind = "still" if name in _STILL else "moving"
                    found = page.evaluate(_FOUND, [kind, _WAIT_MS])
                    if found is not None and number >= 0:
                        walked[name].append(found)
                    page.evaluate(_REST, 2000)
                    page.wait_for_timeout(1000)
                    shares[f"{name} playing"] = _share(page)
                    if name == "live" and size_wh == WIDE_WH and page.get_by_text("Present").count():
                        shares["live presented"] = _presented_share(page)
    return {
        "benchmark": "first_minute",
        "machine": machine,
        "window_wh": list(size_wh),
        "open_ms": {
            name: {kind: summary(times) for kind, times in kinds.items()} for name, kinds in opened.items()
        },
        "ways_ms": {name: summary(times) for name, times in walked.items() if times},
        "presses": {name: len(way) for name, way in ways.items()},
        "share": {name: round(share, 3) for name, share in shares.items()},
    }


def report(result: dict[str, Any]) -> str:
    """Return the figures as readable text."""
    opened = [["address entered to", "first picture, ms", "moving, ms", "share"]]
    for name in PAGES:
        kinds = result["open_ms"].get(name, {})
        times = [spread(kinds[kind], 0) if kind in kinds else "-" for kind in ("still", "moving")]
        opened.append([name, *times, f"{100 * result['share'].get(name, 0):.0f} %"])
    ways = [["Home to", "presses", "picture, ms", "share"]]
    for name, times in result["ways_ms"].items():
        share = result["share"].get(f"{name} playing", 0)
        ways.append([name, str(result["presses"][name]), spread(times, 0), f"{100 * share:.0f} %"])
    lines = [machine_lines(result["machine"]), "", table(opened), "", table(ways)]
    if "live presented" in result["share"]:
        lines += ["", f"presenter mode: {100 * result['share']['live presented']:.0f} % of the window"]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and save the figures if asked; without Playwright or Chromium, only say what is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.first_minute", description="What somebody sees first, and when."
    )
    parser.add_argument("--address", help="of a running server; one is started unless given")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--phone", action="store_true", help="a window of 390x844")
    parser.add_argument("--way", action="append", default=[], help="page=role:name,...: presses to a page")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    choices = parser.parse_args()
    if not browser_starts():
        print(_NEEDS)
        return
    ways = ways_of(choices.way) or WAYS
    with nullcontext() if choices.address else serving() as server:
        address = choices.address.rstrip("/") if server is None else server.address
        result = measure(address, PHONE_WH if choices.phone else WIDE_WH, choices.rounds, ways)
    print(report(result))
    if choices.out:
        save(result, choices.out)


if __name__ == "__main__":
    main()

"""Where things are on a page: their order, and whether any overlap or any text is cut."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Locator, Page

#: Too small to see: rounding, borders that share a line.
_SLACK_PX = 1.5
#: Charts are drawn, and redrawn in another width, after the server has sent everything.
_LIMIT_S = 20.0

# A person sees as one thing a picture, a chart, a field, or a run of text; boxes around them do not count.
# Of each thing, only the part that nothing clips is visible. A component is one thing; a list in one is read by item.
_LOOK = """
    (slack) => {
        const PICTURES = "img, video, iframe, canvas, input:not([type=file]), textarea, .js-plotly-plot, "
            + ".posedeck-live-chart, [data-testid=stDataFrame]";
        const NOTHING = "svg, script, style, noscript, [data-testid=stIconMaterial]";
        const SCROLLS = new Set(["auto", "scroll"]);
        const about = (element) =>
            (element.getAttribute?.("aria-label") || element.getAttribute?.("alt") || element.textContent
                || element.tagName).trim().slice(0, 60);
        const hidden = (element) => !element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
        const meet = (a, b) => ({
            left: Math.max(a.left, b.left), right: Math.min(a.right, b.right),
            top: Math.max(a.top, b.top), bottom: Math.min(a.bottom, b.bottom),
        });
        const empty = (r) => r.right - r.left <= slack || r.bottom - r.top <= slack;
        const list = (element) => element.shadowRoot?.querySelector("ul");
        const around = (element) => element.parentElement ?? element.getRootNode().host ?? null;
        const cut = [];
        const things = [];
        const add = (element, rect, isText, floats) => {
            let scrolls = false; // what can be scrolled to is not clipped by what lies around the scrolled box
            let seen = { left: rect.left, right: rect.right, top: rect.top, bottom: rect.bottom };
            for (let box = isText ? element : around(element); box; box = around(box)) {
                const { overflowX, overflowY, position } = getComputedStyle(box);
                const clip = box.getBoundingClientRect();
                if (overflowX !== "visible") {
                    // A box that scrolls can be scrolled to what sticks out at its right, not at its left.
                    const atLeft = seen.left < clip.left - slack && !box.scrollLeft;
                    const atRight = seen.right > clip.right + slack && !SCROLLS.has(overflowX);
                    seen = meet(seen, { ...seen, left: clip.left, right: clip.right });
                    if (isText && (atLeft || atRight) && !empty(seen)) cut.push(about(element));
                }
                scrolls ||= SCROLLS.has(overflowY);
                if (overflowY !== "visible" && !scrolls)
                    seen = meet(seen, { ...seen, top: clip.top, bottom: clip.bottom });
                if (empty(seen)) return;
                if (position === "fixed" || position === "sticky") break;
            }
            things.push({ element, name: about(element), floats, ...seen });
        };
        // What floats above the page (Streamlit's header, a sidebar that is open on a phone) covers it on purpose.
        const floating = (element) => {
            for (let box = element; box; box = around(box))
                if (["fixed", "sticky"].includes(getComputedStyle(box).position)) return box;
            return null;
        };
        const all = [...document.querySelectorAll("body *")];
        all.push(...all.filter(list).flatMap((element) => [...element.shadowRoot.querySelectorAll("*")]));
        for (const element of all) {
            if (hidden(element) || element.closest(NOTHING) || around(element).closest(PICTURES)) continue;
            const picture = element.matches(PICTURES) || (element.shadowRoot && !list(element));
            const texts = picture ? [] : [...element.childNodes].filter(
                (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
            if (picture) {
                const rect = element.getBoundingClientRect();
                if (!empty(rect)) add(element, rect, false, floating(element));
            } else if (texts.length) {
                const range = document.createRange();
                range.setStartBefore(texts[0]);
                range.setEndAfter(texts.at(-1));
                for (const rect of range.getClientRects())
                    if (!empty(rect)) add(element, rect, true, floating(element));
            }
        }
        const overlaps = [];
        for (const [i, a] of things.entries())
            for (const b of things.slice(i + 1))
                if (a.floats === b.floats && !a.element.contains(b.element) && !b.element.contains(a.element)
                    && !empty(meet(a, b)))
                    overlaps.push([a.name, b.name]);
        const scrolled = [document.documentElement, document.querySelector("[data-testid=stMain]")];
        return {
            things: things.length,
            overlaps,
            cut: [...new Set(cut)],
            scrolls_px: Math.max(...scrolled.map((one) => one.scrollWidth - one.clientWidth)),
        };
    }
"""


# A link in a sentence and the sign of a tip are pressed rarely; a field is pressed with its label.
_SMALL = """
    (least) => {
        const deep = (root) => [...root.querySelectorAll("*")].flatMap(
            (one) => one.shadowRoot ? [one, ...deep(one.shadowRoot)] : [one]);
        const PRESSED = "button, summary, select, [role=tab], [role=radio], a[href], label:has(input:not([type=file]))";
        const ELSEWHERE = "[data-testid=stTooltipIcon] *, [data-testid=stSidebar][data-collapsed=true] *, p a";
        return deep(document.body)
            .filter((one) => one.matches(PRESSED) && !one.matches(ELSEWHERE) && !one.disabled
                && one.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
            .map((one) => [one.getAttribute("aria-label") || one.textContent.trim() || one.tagName,
                one.getBoundingClientRect()])
            .filter(([, box]) => box.width > 1 && (box.width < least || box.height < least))
            .map(([name, box]) => `${name.slice(0, 40)}: ${box.width.toFixed(0)}x${box.height.toFixed(0)}`);
    }
"""
_THUMB_PX = 43.5


def too_small_for_a_thumb(page: Page) -> list[str]:
    """What can be pressed and is smaller than a thumb needs."""
    found: list[str] = page.evaluate(_SMALL, _THUMB_PX)
    return found


def faults_of(page: Page, at_least: int) -> list[str]:
    """What overlaps, is cut or is wider than the window, read at once; also if fewer than `at_least` things show."""
    found: dict[str, Any] = page.evaluate(_LOOK, _SLACK_PX)
    faults = [f"{one!r} and {other!r} overlap" for one, other in found["overlaps"]]
    faults += [f"{one!r} is cut" for one in found["cut"]]
    if found["scrolls_px"] > 0:
        faults.append(f"the page is {found['scrolls_px']} px wider than the window")
    if found["things"] < at_least:
        faults.append(f"there are {found['things']} things to see; {at_least} were expected")
    return faults


def misplaced(rows: Sequence[Sequence[Locator]]) -> list[str]:
    """What is out of place: rows belong below each other, and a row's things side by side from the left."""
    faults = []
    above = 0.0
    for row in rows:
        boxes = [one.bounding_box() or {"x": 0.0, "y": -1.0, "width": 0.0, "height": 0.0} for one in row]
        bottoms = [box["y"] + box["height"] for box in boxes]
        left = 0.0
        for one, box in zip(row, boxes, strict=True):
            if box["y"] < above - _SLACK_PX:
                faults.append(f"{one} is not below {above:.0f} px: {box}")
            if box["x"] < left - _SLACK_PX or box["y"] >= min(bottoms):
                faults.append(f"{one} is not right of {left:.0f} px in its row: {box}")
            left = box["x"] + box["width"]
        above = max(bottoms)
    return faults


def assert_sound(page: Page, rows: Sequence[Sequence[Locator]], at_least: int) -> None:
    """Wait until everything is in place, nothing overlaps, no text is cut and nothing is wider than the window."""
    deadline_s = time.monotonic() + _LIMIT_S
    while faults := [*faults_of(page, at_least), *misplaced(rows)]:
        assert time.monotonic() < deadline_s, "\n".join(faults)
        page.wait_for_timeout(100)

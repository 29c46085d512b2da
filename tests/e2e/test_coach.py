"""The Coach page in a browser: the performer does squats, and the number on the screen is how many there were."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.performing import squat_film
from tests.support.server import Server
from tests.support.visit import download, settle, visit

pytestmark = pytest.mark.e2e

#: From one repetition of the performer to the next.
CYCLE_S = 3.0


def _file(page: Page) -> dict[str, Any]:
    _, data = download(page, page.get_by_role("button", name="JSON"))
    found: dict[str, Any] = json.loads(data)
    return found


def test_squats_are_counted_on_the_screen_and_a_correction_is_kept_in_the_file(
    server: Server, browser: Browser
) -> None:
    with visit(browser, f"{server.url}/coach") as page:
        page.get_by_role("radio", name="Performer").click()
        settle(page)
        page.get_by_role("button", name="Start").click()
        number = page.locator(".posedeck-coach .number")
        expect(number).to_have_text("1", timeout=60_000)
        expect(number).to_have_text("2")
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_role("button", name="Not a repetition")).to_be_visible()
        settle(page)

        measured = _file(page)
        full = [one for one in measured["repetitions"] if one["kind"] == "full"]
        assert measured["counted"] == len(full) >= 2
        expect(number).to_have_text(str(len(full)))  # until the next set
        bottoms_s = [one["bottom_s"] for one in full]
        between = np.diff(bottoms_s) / CYCLE_S  # a busy machine may see too few frames of one
        np.testing.assert_allclose(between, np.rint(between), atol=0.4 / CYCLE_S)

        page.get_by_role("button", name="+1", exact=True).click()
        expect(page.get_by_text(f"corrected by hand to {len(full) + 1}")).to_be_visible()
        page.get_by_role("button", name="Not a repetition").click()
        expect(page.get_by_text(f"corrected by hand to {len(full)}")).to_be_visible()
        settle(page)
        corrected = _file(page)
        assert corrected["counted"] == measured["counted"]
        assert corrected["corrections"] == [
            {"kind": "plus_one", "repetition": None},
            {"kind": "was_none", "repetition": 1},
        ]
        assert [one["kind"] for one in corrected["repetitions"]].count("none") == 1


def test_an_empty_camera_says_where_to_stand(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/coach") as page:
        page.get_by_role("radio", name="Camera").click()
        settle(page)
        page.get_by_role("button", name="Start").click()
        # Chromium's own camera shows a clock.
        expect(page.get_by_text("Nobody in the picture. Step back")).to_be_visible(timeout=60_000)
        expect(page.locator(".posedeck-coach .number")).to_have_text("0")


def test_a_film_goes_straight_to_the_server_and_limits_change_what_is_said_of_it(
    server: Server, browser: Browser
) -> None:
    with visit(browser, f"{server.url}/coach", height=1600) as page:
        page.get_by_role("radio", name="Video").click()
        settle(page)
        film = {"name": "squat.mp4", "mimeType": "video/mp4", "buffer": squat_film()}
        page.locator(".drop input[type=file]").set_input_files([film])
        expect(page.get_by_role("heading", name="Squat: 1")).to_be_visible(timeout=120_000)
        settle(page)
        before = _file(page)
        assert (before["source"], before["counted"]) == ("film", 1)
        leaning_deg = round(before["repetitions"][0]["measured"]["leaning"])

        page.get_by_text("Form limits").click()
        field = page.get_by_label("Trunk from the vertical, at most (°)")
        field.fill(str(leaning_deg - 10))
        field.press("Enter")
        expect(
            page.get_by_text(f"Limits changed by hand: leans forward {leaning_deg - 10}°.")
        ).to_be_visible()
        settle(page)
        (fault,) = _file(page)["repetitions"][0]["faults"]
        assert (fault["fault"], fault["certain"]) == ("leaning", True)
        page.get_by_role("button", name="Back to standard").click()
        expect(page.get_by_text("Limits changed by hand")).to_have_count(0)
        settle(page)
        assert _file(page)["repetitions"] == before["repetitions"]

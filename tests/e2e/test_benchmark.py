"""The Benchmark page as a visitor uses it: run, watch, stop, download, compare, apply; and the report by itself."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pose_core.benchmark import read_result
from pose_core.benchmark.report import report_html
from pose_ui.texts import Translator
from tests.support.benchmark_results import FULL_480, LITE_480, measured, points, result_of
from tests.support.live_page import gear
from tests.support.server import Server
from tests.support.visit import go_to, settle, visit
from tests.support.waiting import until

pytestmark = pytest.mark.e2e

#: Much longer than a quick run takes on a slow machine.
RUN_LIMIT_MS = 240_000
VERDICT = re.compile(r"Use \d+×\d+")


def run(page: Page) -> None:
    settle(page)
    page.get_by_role("button", name=re.compile("^speed Run|^Run")).click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


def choose_little(page: Page) -> None:
    """A grid of one cell, so that a run is short."""
    page.get_by_role("button", name="What to measure").click()
    page.get_by_text("Choose sizes and models yourself").click()
    settle(page)
    page.get_by_role("button", name="1280×720").click()
    settle(page)
    expect(page.get_by_text("1 combinations")).to_be_visible()


def open_details(page: Page) -> None:
    page.get_by_text("Details for engineers").click()
    expect(page.get_by_role("tab", name="Speed")).to_be_visible()
    settle(page)


def saved(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(rf"(^|\s){name}$")).click()
    return Path(download.value.path()).read_bytes()


def choose_tab(page: Page, name: str) -> None:
    """Choose a tab; while charts are still coming, a press may be lost."""
    tab = page.get_by_role("tab", name=name)

    def chosen() -> bool:
        tab.click()
        settle(page)
        return tab.get_attribute("aria-selected") == "true"

    until(chosen)


def test_a_first_visitor_sees_figures_before_measuring(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/benchmark") as page:
        expect(page.get_by_text("figures of the developers' machine")).to_be_visible()
        expect(page.get_by_text(VERDICT)).to_be_visible()
        open_details(page)
        for tab in ("Where the time goes", "What is lost", "Scaling", "Compare", "Method", "Speed"):
            choose_tab(page, tab)
        expect(page.get_by_text("something unexpected", exact=False)).to_have_count(0)


def test_a_run_from_start_to_live(server: Server, browser: Browser, tmp_path: Path) -> None:
    with visit(browser, f"{server.url}/benchmark", height=1400) as page:
        settle(page)
        choose_little(page)
        page.keyboard.press("Escape")
        run(page)
        expect(page.locator(".posedeck-live-chart .main-svg").first).to_be_visible(timeout=60_000)
        # To another page and back: the run continues, or has ended by then.
        go_to(page, "Photo")
        expect(page.get_by_role("heading", name="Photo")).to_be_visible()
        go_to(page, "Benchmark")
        expect(page.get_by_text(VERDICT)).to_be_visible(timeout=RUN_LIMIT_MS)
        settle(page)
        result = read_result(saved(page, "JSON"))
        assert result.complete
        assert len(result.cells) == 1
        rows = list(csv.DictReader(io.StringIO(saved(page, "CSV").decode())))
        assert [float(row["fps"]) for row in rows] == pytest.approx(
            [one.fps for one in result.cells], abs=0.01
        )
        report = saved(page, "Report")
        assert len(report) < 8_000_000
        # Compare with itself: the same figures, once as a file.
        open_details(page)
        choose_tab(page, "Compare")
        page.get_by_role("tabpanel").locator("input[type=file]").set_input_files(
            [{"name": "before.json", "mimeType": "application/json", "buffer": result.to_json()}]
        )
        expect(page.locator("strong", has_text="A: before.json")).to_be_visible()
        expect(page.locator("strong", has_text="B: the result above")).to_be_visible()
        page.get_by_role("radio", name="Most accurate").click()
        settle(page)
        page.get_by_role("button", name="Use on Live").click()
        expect(page.get_by_role("heading", name="Live")).to_be_visible()
        settle(page)
        with gear(page):
            shown = page.get_by_role("radio", name=re.compile(r"^\d+p$"), checked=True)
            expect(shown).to_have_text(re.compile("360p|480p|720p"))
            expect(page.get_by_role("slider", name="Target, frames a second")).to_have_value("5")


def test_a_stopped_run_keeps_what_was_measured(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/benchmark") as page:
        run(page)
        expect(page.get_by_text(re.compile(r"\d+ %, \d+ s left"))).to_be_visible(timeout=60_000)
        expect(page.locator(".posedeck-live-chart .main-svg").first).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("Stopped. Here is what was measured")).to_be_visible()
        expect(page.get_by_text("The run was not finished")).to_be_visible()
        expect(page.get_by_role("button", name="Run again")).to_be_enabled()


def test_a_second_visitor_waits_and_the_run_ends_with_the_first_ones_browser(
    server: Server, browser: Browser
) -> None:
    with visit(browser, f"{server.url}/benchmark") as second:
        with visit(browser, f"{server.url}/benchmark") as first:
            settle(first)
            first.get_by_role("button", name="What to measure").click()
            first.get_by_role("radio", name="Thorough").click()
            first.keyboard.press("Escape")
            run(first)
            second.reload()
            expect(second.get_by_text("Another visitor's benchmark is under way")).to_be_visible()
            expect(second.get_by_role("button", name="Run")).to_be_disabled()
        # The first one's browser is gone; nobody pressed Stop.
        expect(second.get_by_role("button", name="Run")).to_be_enabled(timeout=60_000)


def test_wrong_choices_and_files_get_a_message(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/benchmark", height=1400) as page:
        settle(page)
        choose_little(page)
        page.get_by_role("button", name="Custom size").click()
        page.get_by_label("Width in pixels").fill("0")
        page.get_by_label("Width in pixels").press("Enter")
        expect(page.get_by_text("Width must be 64 to 3840 pixels; got 0")).to_be_visible()
        expect(page.get_by_role("button", name="Run")).to_be_disabled()
        page.get_by_label("Width in pixels").fill("801")
        page.get_by_label("Width in pixels").press("Enter")
        expect(page.get_by_text("Try 800 x 600, for example")).to_be_visible()
        page.get_by_label("Width in pixels").fill("800")
        page.get_by_label("Width in pixels").press("Enter")
        expect(page.get_by_role("button", name="Run")).to_be_enabled()
        page.get_by_role("radio", name="Your video").click()
        expect(page.get_by_text("Choose a file to measure on")).to_be_visible()
        expect(page.get_by_role("button", name="Run")).to_be_disabled()
        page.locator("input[type=file]").first.set_input_files(
            [{"name": "broken.mp4", "mimeType": "video/mp4", "buffer": b"no video at all " * 100}]
        )
        expect(page.get_by_text("The file must be an MP4, MOV, WebM, MKV or AVI video")).to_be_visible()
        expect(page.get_by_role("button", name="Run")).to_be_disabled()
        open_details(page)
        choose_tab(page, "Compare")
        page.get_by_role("tabpanel").locator("input[type=file]").set_input_files(
            [{"name": "other.json", "mimeType": "application/json", "buffer": json.dumps({"a": 1}).encode()}]
        )
        expect(page.get_by_text("The file must be a benchmark's JSON file")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_opens_by_itself_and_sends_no_request(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    t = Translator("zh" if language == "zh" else "en")
    result = result_of(
        measured(FULL_480, 60, 4.0), measured(LITE_480, 90, 6.0), scaling=points((1, 60.0), (2, 110.0))
    )
    path = tmp_path / "report.html"
    path.write_bytes(report_html(result, "coaching", t, language))
    asked: list[str] = []
    with visit(browser, "about:blank") as page:
        page.context.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        expect(page.locator(".js-plotly-plot")).to_have_count(5)
        expect(page.get_by_role("heading", level=1)).to_have_text(t("benchmark.report_title"))
        assert page.locator("html").get_attribute("lang") == language
    assert {url for url in asked if not url.startswith(("data:", "blob:"))} == {path.as_uri()}

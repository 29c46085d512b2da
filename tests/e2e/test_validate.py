"""The Validate page as a visitor uses it: sample, verdict, worst pictures by key, files; and own pictures."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pose_core.performer import render_frame
from tests.support.annotations import write_performer
from tests.support.networks import JOINTS, declared, simcc
from tests.support.server import Server
from tests.support.visit import go_to, settle, visit

pytestmark = pytest.mark.e2e

#: Much longer than eight pictures take on a slow machine.
RUN_LIMIT_MS = 120_000


def run(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Run$")).click()


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    settle(page)


def saved(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(rf"(^|\s){name}$")).click()
    return Path(download.value.path()).read_bytes()


def test_the_sample_from_start_to_the_worst_picture_and_its_files(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/validate") as page:
        expect(page.get_by_role("img", name=re.compile("annotated skeletons")).first).to_be_visible()
        settle(page)
        run(page)
        # To another page and back: the run continues.
        go_to(page, "Home")
        expect(page.get_by_role("listitem").first).to_be_visible()
        go_to(page, "Validate")
        verdict = page.get_by_text("Is the difference real?")
        expect(verdict).to_be_visible(timeout=RUN_LIMIT_MS)
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        settle(page)
        open_tab(page, "Worst")
        expect(page.get_by_text("1 of 8")).to_be_visible()
        expect(page.get_by_alt_text(re.compile("prediction in blue and orange"))).to_be_visible()
        page.get_by_text(
            "1 of 8"
        ).click()  # away from the tabs, which take the arrows while they have the focus
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text("2 of 8")).to_be_visible()
        settle(page)
        document = json.loads(saved(page, "JSON"))
        assert document["dataset"]["pictures"] == 8
        assert set(document["models"]) == {"lite", "full"}
        report = saved(page, "Report").decode()
        assert "Is the difference real?" in report
        assert report.count("<img ") == 6
        assert saved(page, "XLSX").startswith(b"PK")


def test_own_pictures_are_read_checked_and_measured(server: Server, browser: Browser, tmp_path: Path) -> None:
    annotations = write_performer(tmp_path / "set", {"a.png": render_frame("squat", 0.3, yaw_deg=-40)})
    pictures = annotations.parent / "pictures" / "a.png"
    with visit(browser, f"{server.url}/validate?validate_source=own&validate_full=0") as page:
        settle(page)
        chooser = page.locator("input[type=file]")
        chooser.set_input_files([pictures])
        expect(page.get_by_text("There must be annotations")).to_be_visible()
        page.locator("input[type=file]").set_input_files([annotations])
        expect(page.get_by_text("1 picture with 1 person")).to_be_visible()
        settle(page)
        run(page)
        verdict = page.get_by_text("lite finds 1 of 1 annotated")
        expect(verdict).to_be_visible(timeout=RUN_LIMIT_MS)


def test_a_model_of_ones_own_is_checked_and_measured_beside_the_others(
    server: Server, browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "dots.onnx").write_bytes(simcc())
    (tmp_path / "dots.json").write_text(json.dumps(declared("simcc")))
    annotations = write_performer(tmp_path / "set", {"a.png": render_frame("squat", 0.3, yaw_deg=-40)})
    with visit(browser, f"{server.url}/validate?validate_source=own&validate_full=0") as page:
        settle(page)
        page.locator("input[type=file]").first.set_input_files(
            [annotations, annotations.parent / "pictures" / "a.png"]
        )
        expect(page.get_by_text("1 picture with 1 person")).to_be_visible()
        page.get_by_role("button", name="Your own model").click()
        popover = page.get_by_test_id("stPopoverBody")
        popover.locator("input[type=file]").set_input_files(tmp_path / "dots.onnx")
        expect(popover.get_by_text("Add its declaration")).to_be_visible()
        popover.locator("input[type=file]").set_input_files(tmp_path / "dots.json")
        expect(popover.get_by_text("those of this one are")).to_be_visible()  # it sees dots, not people
        page.keyboard.press("Escape")
        settle(page)
        run(page)
        verdict = page.get_by_text("One picture is too few to tell models apart")
        expect(verdict).to_be_visible(timeout=RUN_LIMIT_MS)
        settle(page)
        document = json.loads(saved(page, "JSON"))
        assert set(document["models"]) == {"lite", "own:dots"}
        assert set(document["dataset"]["compared"]) == set(JOINTS)


def test_a_model_is_exported_as_onnx(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/validate?validate_onnx=lite") as page:
        settle(page)
        page.get_by_role("button", name="Export as ONNX").click()
        page.get_by_role("button", name="Prepare lite").click()
        button = page.get_by_role("button", name=re.compile("Download ZIP"))
        expect(button).to_be_visible(timeout=RUN_LIMIT_MS)
        expect(page.get_by_text("of MediaPipe's, nine of ten")).to_be_visible()
        with page.expect_download() as download:
            button.click()
        with zipfile.ZipFile(download.value.path()) as archive:
            assert {"run.py", "detector.onnx", "agreement.json"} <= set(archive.namelist())


def test_a_run_says_how_long_it_will_take_and_can_be_stopped(server: Server, browser: Browser) -> None:
    with visit(browser, f"{server.url}/validate?validate_source=many&validate_heavy=1") as page:
        settle(page)
        run(page)
        expect(page.get_by_text(re.compile(r"^\d+ %, \d+ s left$"))).to_be_visible(timeout=RUN_LIMIT_MS)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("Stopped. Nothing is kept")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("Run$"))).to_be_enabled()

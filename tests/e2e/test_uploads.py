"""Files that are too large, among others that are not: each has its own line, which stays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pose_core.media.images import MAX_FILE_MB
from pose_core.performer.samples import sample_bytes
from tests.support.live_page import choose_source
from tests.support.server import Server
from tests.support.visit import settle, visit

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Playwright passes no such file in memory."""
    path = tmp_path_factory.mktemp("large") / "my *large* one.mov"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_MB * 1024 * 1024 + 1)
    return path


def drop(page: Page, *files: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(files)


def told(page: Page) -> None:
    """Of the large file, once, and still when the page has run again."""
    line = page.get_by_test_id("stToast").filter(has_text="my *large* one.mov")
    expect(line).to_contain_text(f"has {MAX_FILE_MB + 1} MB; files may have {MAX_FILE_MB} MB")
    settle(page)
    page.get_by_role("radio", name="中文").dispatch_event("click")  # under the note
    expect(page.get_by_role("radio", name="中文")).to_be_checked()
    settle(page)
    expect(line).to_have_count(1)


def test_a_large_file_among_pictures_keeps_its_line(photo: Page, large: Path, tmp_path: Path) -> None:
    good = tmp_path / "good.png"
    good.write_bytes(sample_bytes("stand"))
    drop(photo, large, good)
    expect(photo.get_by_role("radio", name=re.compile("My pictures"))).to_be_checked()
    told(photo)


def test_a_clip_that_is_too_large_keeps_its_line(server: Server, browser: Browser, large: Path) -> None:
    with visit(browser, f"{server.url}/live") as page:
        choose_source(page, "Video")
        page.get_by_role("button", name="Sample video").click()
        drop(page, large)
        told(page)

"""What a visitor does on the Live page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from tests.support.rest_client import Client
from tests.support.visit import settle

#: How the performer stands before the browser's fake camera: motion and phase.
POSTURE = ("arm_raise", 0.3)
#: One of the big figures, which are there once frames go through the model.
FIGURES = re.compile(r"^\d+ frames/s$")


@contextmanager
def gear(page: Page) -> Iterator[None]:
    """The settings, open."""
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("radio", name=re.compile("^lite"))).to_be_visible()
    yield
    settle(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("radio", name=re.compile("^lite"))).to_have_count(0)


def choose_source(page: Page, source: str) -> None:
    """Choose "Camera", "Performer" or "Video"."""
    page.get_by_role("radio", name=source).click()
    settle(page)


def choose_drawing(page: Page, place: str) -> None:
    """Choose the camera, and where its picture is drawn on: "in the browser" or "on the server"."""
    settle(page)
    choose_source(page, "Camera")
    with gear(page):
        choice = page.get_by_text(place, exact=True)
        if not choice.is_visible():
            page.get_by_text("Drawing on the camera's picture").click()
        choice.click()
        settle(page)


def choose_model_place(page: Page, place: str) -> None:
    """Choose the camera, and where the model runs for it: "this server (standard)" or "your browser"."""
    settle(page)
    choose_source(page, "Camera")
    with gear(page):
        page.get_by_text(place, exact=True).click()
        settle(page)


def open_details(page: Page) -> None:
    """Show the figures for experts, while pictures flow."""
    page.get_by_text("Details", exact=True).click()
    expect(page.get_by_text("frames a second received")).to_be_visible()


def start(page: Page, source: str = "Camera") -> None:
    choose_source(page, source)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(FIGURES)).to_be_visible(timeout=60_000)


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()


def seats_taken(port: int | None) -> int:
    """How many people watch, as reported to programs by the server on that port of this machine."""
    taken: int = Client(port or 0).get("/api/v1/health").json()["seats"]["taken"]
    return taken


def watching(page: Page, count: int) -> None:
    expect(page.get_by_text(f"watching: {count} of")).to_be_visible(timeout=60_000)

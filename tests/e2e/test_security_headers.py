"""What the answers' headers allow and forbid, in a real browser: every page works, and nothing else does."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from pose_core.performer.samples import sample_bytes
from tests.e2e.conftest import Server, settle, visit, wait_for_result
from tests.e2e.live_page import start, stop
from tests.e2e.test_offline import _use_everything
from tests.rest_client import Client

pytestmark = pytest.mark.e2e

BENCHMARK_TABS = ("Where the time goes", "What is lost", "Scaling", "Compare", "Method", "Speed")


def ask(server: Server, path: str, method: str = "GET") -> dict[str, str]:
    """The headers of an answer."""
    return dict(Client(urlsplit(server.url).port or 0).ask(method, path).headers)


def test_every_page_works_and_the_browser_refuses_nothing(server: Server, browser: Browser) -> None:
    refused: list[str] = []
    with visit(browser, server.url, refused=refused) as page:
        # All pages in both languages, the performer live, every tab of a photo, an upload, a download, the camera.
        _use_everything(page, server)
        expect(page.locator("[data-testid=stCameraInput] video")).to_have_js_property("readyState", 4)
        page.get_by_test_id("stCameraInputButton").click()
        wait_for_result(page)
        page.goto(f"{server.url}/benchmark?lang=en")
        settle(page)
        for tab in BENCHMARK_TABS:
            page.get_by_role("tab", name=tab).click()
            settle(page)
        page.goto(f"{server.url}/live?lang=en")
        settle(page)
        page.get_by_text("with video").click()
        settle(page)
        start(page)  # the camera, from within the frame of the connection
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.get_by_text(re.compile(r"Recording: [1-9] s"))).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Stop recording").click()
        expect(page.get_by_test_id("stVideo")).to_have_js_property("readyState", 4)
        stop(page)
    assert refused == []


def test_what_the_headers_forbid_is_refused_and_noticed(server: Server, browser: Browser) -> None:
    refused: list[str] = []
    with visit(browser, server.url, refused=refused) as page:
        settle(page)
        page.evaluate(
            """async () => {
                await new Promise(later => setTimeout(later));  // what the test itself runs at once is let through
                new Image().src = "http://127.0.0.2:9/a.png";
                const script = document.createElement("script");
                script.textContent = "window.ran = true";
                document.head.append(script);
                try { new Function("window.ran = true")(); } catch { }
                return fetch("http://127.0.0.2:9/").catch(() => 0);
            }"""
        )
        assert page.evaluate("window.ran") is None
        page.evaluate("navigator.geolocation.getCurrentPosition(() => 0)")
        microphone = "navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'on', e => e.name)"
        assert page.evaluate(microphone) == "NotAllowedError"
    for directive in ("img-src", "script-src-elem", "script-src", "connect-src"):
        assert any(text.startswith(f"refused: {directive} ") for text in refused), (directive, refused)
    assert any("Permissions policy violation" in text for text in refused)


@pytest.mark.parametrize("path", ["/", "/photo", "/_stcore/health", "/component/nothing/index.html"])
def test_every_answer_of_the_pages_has_the_headers(server: Server, path: str) -> None:
    headers = ask(server, path)
    policy = dict(part.partition(" ")[::2] for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self' data:"
    assert policy["frame-ancestors"] == "'self'"
    assert "unsafe-inline" not in policy["script-src"]
    assert not re.search(r"https?:|\*|unsafe-eval'", policy["script-src"].replace("'wasm-unsafe-eval'", ""))
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["permissions-policy"].startswith("camera=(self), ")


def test_answers_for_programs_may_show_and_run_nothing(server: Server) -> None:
    for path in ("/api/v1/health", "/api/v1/nothing", "/predict"):
        headers = ask(server, path)
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_another_origin_may_neither_upload_nor_read(server: Server) -> None:
    client = Client(urlsplit(server.url).port or 0)
    # Streamlit's protection against forged requests is on: a file without its cookie's token is refused.
    upload = client.ask("PUT", "/_stcore/upload_file/session/file", sample_bytes("stand"))
    assert upload.status == 403
    foreign = client.ask("GET", "/api/v1/health", headers={"Origin": "https://elsewhere.example"})
    assert not [name for name in foreign.headers if name.startswith("access-control")]

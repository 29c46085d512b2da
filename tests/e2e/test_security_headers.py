"""What the answers' headers forbid, in a real browser. That every page works with them is seen in test_offline.py."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from pose_core.performer.samples import sample_bytes
from tests.support.rest_client import Client
from tests.support.server import Server
from tests.support.visit import settle, visit

pytestmark = pytest.mark.e2e


def ask(server: Server, path: str, method: str = "GET") -> dict[str, str]:
    """The headers of an answer."""
    return dict(Client(urlsplit(server.url).port or 0).ask(method, path).headers)


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

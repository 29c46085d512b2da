"""Nothing leaves this machine: neither the pages in the browser nor the server behind them."""

from __future__ import annotations

import http.client
import ipaddress
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from pose_core.samples import sample_bytes
from tests.e2e.conftest import Server, running_server, settle, visit, wait_for_result

pytestmark = pytest.mark.e2e

PAGES = ("", "photo")
TABS = ("3-D", "Angles", "Table", "JSON")


def _use_everything(page: Page, server: Server) -> None:
    """Visit each page in both languages and open whatever can be opened."""
    for language in ("zh", "en"):
        for name in PAGES:
            page.goto(f"{server.url}/{name}?lang={language}")
            if name == "photo":
                wait_for_result(page)
            expect(page.get_by_role("heading").first).to_be_visible()
            settle(page)
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        settle(page)
    page.locator("input[type=file]").first.set_input_files(
        [{"name": "own.png", "mimeType": "image/png", "buffer": sample_bytes("stand")}]
    )
    expect(page.get_by_alt_text(re.compile("own.png: "))).to_be_visible()
    settle(page)
    with page.expect_download():
        page.get_by_role("button", name="JSON", exact=True).click()
    page.get_by_role("button", name="Take a picture").click()
    expect(page.get_by_test_id("stCameraInput")).to_be_visible()
    settle(page)


def test_pages_ask_nobody_but_their_own_server(server: Server, browser: Browser) -> None:
    asked: list[str] = []
    with visit(browser, server.url) as page:
        page.context.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda websocket: asked.append(websocket.url))
        page.reload()  # from the very first request on
        _use_everything(page, server)
    hosts = {urlsplit(url).netloc for url in asked if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts == {urlsplit(server.url).netloc}
    assert len(asked) > 50


def test_the_recorder_above_would_notice_a_foreign_request(server: Server, browser: Browser) -> None:
    asked: list[str] = []
    with visit(browser, server.url) as page:
        page.context.on("request", lambda request: asked.append(request.url))
        page.evaluate("fetch('http://127.0.0.2:9/').catch(() => 0)")
    assert any("127.0.0.2" in url for url in asked)


# ---------------------------------------------------------------------- the server
_ADDRESS = re.compile(r'(?:inet_addr\("(?P<v4>[^"]+)"\)|inet_pton\(AF_INET6, "(?P<v6>[^"]+)")')


def _foreign(trace: Iterable[str]) -> list[str]:
    """Lines of a trace that speak to an address outside this machine."""
    return [
        line
        for line in trace
        if (found := _ADDRESS.search(line))
        and not ipaddress.ip_address(found["v4"] or found["v6"].removeprefix("::ffff:")).is_loopback
    ]


def test_foreign_addresses_in_a_trace_are_told_from_own_ones() -> None:
    own = [
        'connect(5, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
        'connect(5, {sa_family=AF_INET6, sin6_port=htons(80), inet_pton(AF_INET6, "::1", &sin6_addr)}, 28) = 0',
        'connect(5, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = -1 ENOENT',
    ]
    foreign = [
        'connect(5, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.0.0.2")}, 16) = 0',
        'sendto(7, "x", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("8.8.8.8")}, 16) = 1',
        'connect(5, {sa_family=AF_INET6, inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28) = 0',
    ]
    assert _foreign(own + foreign) == foreign


def _can_trace() -> bool:
    strace = shutil.which("strace")
    return (
        bool(strace) and subprocess.run([str(strace), "-o", "/dev/null", "true"], check=False).returncode == 0
    )


def _foreign_websocket(port: int | None) -> int:
    """Ask for Streamlit's WebSocket as a page of another origin would; the answer's status."""
    connection = http.client.HTTPConnection("127.0.0.1", port or 0, timeout=30)
    upgrade = {
        "Origin": "http://elsewhere.example",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    connection.request("GET", "/_stcore/stream", headers=upgrade)
    status = connection.getresponse().status
    connection.close()
    return status


_STRACE = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o"]
needs_strace = pytest.mark.skipif(not _can_trace(), reason="needs strace and the right to use it")


@needs_strace
def test_the_trace_would_notice_a_foreign_connection(tmp_path: Path) -> None:
    # UDP: connecting sends nothing. 192.0.2.0/24 is set aside for examples (RFC 5737).
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"
    trace = tmp_path / "trace"
    subprocess.run([*_STRACE, str(trace), sys.executable, "-c", code], check=False)
    assert len(_foreign(trace.read_text().splitlines())) == 1


@needs_strace
def test_the_server_connects_to_nobody_from_start_through_the_first_analysis(
    browser: Browser, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    with running_server(tmp_path / "log.txt", [*_STRACE, str(trace)]) as server:
        with visit(browser, server.url) as page:
            _use_everything(page, server)
        assert _foreign_websocket(urlsplit(server.url).port) == 403
    calls = trace.read_text(errors="replace").splitlines()
    assert calls, "nothing was watched"
    assert _foreign(calls) == []

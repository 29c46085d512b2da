"""Nothing leaves this machine, and no picture reaches its disk: the pages in the browser, the server behind them."""

from __future__ import annotations

import http.client
import ipaddress
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import ifaddr
import pytest
from playwright.sync_api import Browser, Page, expect

from pose_core.media.images import encode_png
from pose_core.performer import Camera, render_frame
from tests.e2e.conftest import Server, running_server, settle, visit, wait_for_result

pytestmark = pytest.mark.e2e

PAGES = ("", "live", "benchmark", "photo")
TABS = ("3-D", "Angles", "Table", "JSON")


def _large_picture() -> bytes:
    """A PNG of some 4 MB: web servers like to put uploads above 1 MB into temporary files."""
    frame_rgb = render_frame("arm_raise", 0.0, camera=Camera(1280, 960), noise=12.0).rgb
    data = encode_png(frame_rgb)
    assert len(data) > 2_000_000
    return data


def _use_everything(page: Page, server: Server) -> None:
    """Visit each page in both languages and open whatever can be opened."""
    page.goto(f"{server.url}/live?lang=en")
    page.get_by_role("radio", name="Performer").click()
    settle(page)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(re.compile(r"\d+/s\s*processed"))).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
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
        [{"name": "own.png", "mimeType": "image/png", "buffer": _large_picture()}]
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


def test_the_recorder_above_would_notice_a_foreign_request(browser: Browser) -> None:
    asked: list[str] = []
    with visit(browser, "about:blank") as page:  # the browser would refuse it for a page of PoseDeck's
        page.context.on("request", lambda request: asked.append(request.url))
        page.evaluate("fetch('http://127.0.0.2:9/').catch(() => 0)")
    assert any("127.0.0.2" in url for url in asked)


# ---------------------------------------------------------------------- the server
_ADDRESS = re.compile(r'(?:inet_addr\("(?P<v4>[^"]+)"\)|inet_pton\(AF_INET6, "(?P<v6>[^"]+)")')


def _own_addresses() -> set[str]:
    """Addresses of this machine on its networks: a live picture may go there and stays here."""
    return {
        ip.ip if isinstance(ip.ip, str) else ip.ip[0]
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    }


def _foreign(trace: Iterable[str]) -> list[str]:
    """Lines of a trace that speak to an address outside this machine."""
    own = _own_addresses()
    return [
        line
        for line in trace
        if (found := _ADDRESS.search(line))
        and (address := found["v4"] or found["v6"].removeprefix("::ffff:")) not in own
        and not ipaddress.ip_address(address).is_loopback
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


def _written(trace: Iterable[str]) -> list[str]:
    """Lines that make a file, Python's own compiled modules apart."""
    return [
        line for line in trace if re.search("O_CREAT|O_TMPFILE|creat\\(", line) and "__pycache__" not in line
    ]


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


_STRACE = [
    "strace",
    "-f",
    "-qq",
    "-ttt",
    "--seccomp-bpf",
    "-e",
    "trace=connect,sendto,sendmsg,sendmmsg,openat,creat",
    "-o",
]
needs_strace = pytest.mark.skipif(not _can_trace(), reason="needs strace and the right to use it")


@needs_strace
def test_the_trace_would_notice_a_foreign_connection_and_a_file(tmp_path: Path) -> None:
    # UDP: connecting sends nothing. 198.51.100.0/24 is set aside for examples (RFC 5737).
    code = (
        "import socket, tempfile; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('198.51.100.1', 9));"
        "tempfile.TemporaryFile().close()"
    )
    trace = tmp_path / "trace"
    subprocess.run([*_STRACE, str(trace), sys.executable, "-c", code], check=False)
    calls = trace.read_text().splitlines()
    assert len(_foreign(calls)) == 1
    assert len(_written(calls)) >= 1


@needs_strace
def test_the_server_connects_to_nobody_and_writes_no_file(browser: Browser, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with running_server(tmp_path / "log.txt", [*_STRACE, str(trace)]) as server:
        started_s = time.time()
        with visit(browser, server.url) as page:
            _use_everything(page, server)
        assert _foreign_websocket(urlsplit(server.url).port) == 403
    calls = trace.read_text(errors="replace").splitlines()
    assert calls, "nothing was watched"
    assert _foreign(calls) == []
    # At start ctypes looks for libraries by running a compiler, which leaves files of its own for a moment.
    assert _written(line for line in calls if float(line.split()[1]) > started_s) == []

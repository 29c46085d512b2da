"""Nothing leaves this machine, no picture reaches its disk, and the headers forbid nothing that a page needs.

One walk through everything, seen from three sides: what the browser asks for, what it refuses, what the server does.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import ifaddr
import pytest
from playwright.sync_api import Browser, Page, expect

from pose_core.media.images import encode_png
from pose_core.performer import Camera, render_frame
from pose_core.performer.samples import sample_clip
from tests.support.live_page import start, stop
from tests.support.server import Server, running_server
from tests.support.visit import download, go_to, settle, upload, visit, wait_for_result

pytestmark = pytest.mark.e2e

PAGES = ("", "live", "coach", "benchmark", "validate", "side_by_side", "video", "photo")
PHOTO_TABS = ("Explore", "3-D", "Angles", "Table", "JSON")
BENCHMARK_TABS = ("Where the time goes", "What is lost", "Scaling", "Compare", "Method", "Speed")


def _large_picture() -> bytes:
    """A PNG of about 4 MB: web servers often put uploads above 1 MB into temporary files."""
    frame_rgb = render_frame("arm_raise", 0.0, camera=Camera(1280, 960), noise=12.0).rgb
    data = encode_png(frame_rgb)
    assert len(data) > 2_000_000
    return data


def _open_tabs(page: Page, names: Iterable[str], role: Literal["tab", "radio"] = "tab") -> None:
    for name in names:
        page.get_by_role(role, name=name).click()
        settle(page)


def _use_everything(page: Page, server: Server) -> None:
    """Visit each page, some in both languages, and open whatever can be opened."""
    for name in PAGES:
        page.goto(f"{server.url}/{name}?lang=zh")
        expect(page.get_by_role("heading").first).to_be_visible()
        settle(page)
    page.goto(f"{server.url}/photo?lang=en")
    wait_for_result(page)
    _open_tabs(page, PHOTO_TABS, "radio")
    upload(page, ("own.png", _large_picture()))
    expect(page.get_by_alt_text(re.compile("own.png: "))).to_be_visible()
    settle(page)
    download(page, page.get_by_role("button", name="JSON", exact=True))
    page.get_by_role("button", name="Take a picture").click()
    expect(page.locator("[data-testid=stCameraInput] video")).to_have_js_property("readyState", 4)
    page.get_by_test_id("stCameraInputButton").click()
    wait_for_result(page)

    go_to(page, "Benchmark")
    expect(page.get_by_role("heading", name="Benchmark", exact=True)).to_be_visible()
    settle(page)
    page.get_by_text("Details for engineers").click()
    _open_tabs(page, BENCHMARK_TABS)

    go_to(page, "Live")
    expect(page.get_by_role("heading", name="Live", exact=True)).to_be_visible()
    settle(page)
    page.get_by_text("with video").click()
    settle(page)
    start(page)  # the camera, from within the frame of the connection
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_text(re.compile(r"Recording: [1-9]\d* s"))).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_test_id("stVideo")).to_have_js_property("readyState", 4)
    stop(page)
    start(page, "Performer")
    stop(page)


def _use_a_video(page: Page) -> None:
    """Send a video of more than 1 MB, which a web server would put into a temporary file; have every file made."""
    go_to(page, "Video")
    expect(page.get_by_text("Drop a video here")).to_be_visible()
    data = sample_clip() + bytes(1_500_000)  # a file that breaks off within its last box still plays
    page.locator(".drop input[type=file]").set_input_files(
        [{"name": "own.mp4", "mimeType": "video/mp4", "buffer": data}]
    )
    page.get_by_role("button", name="Analyse", exact=True).click()
    expect(page.locator(".posedeck-film .stage")).to_be_visible(timeout=120_000)  # the model works first
    settle(page)
    for name in ("XLSX", "C3D", "TRC", "Report"):
        download(page, page.get_by_role("button", name=name, exact=True))
    page.get_by_role("button", name="Pack everything").click()
    download(page, page.get_by_role("button", name="Save the ZIP"))


def _can_trace() -> bool:
    strace = shutil.which("strace")
    return (
        bool(strace) and subprocess.run([str(strace), "-o", "/dev/null", "true"], check=False).returncode == 0
    )


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


@dataclass(frozen=True)
class Walk:
    """What was observed of a visitor who used everything, and of the server."""

    url: str
    asked: list[str]
    refused: list[str]
    #: Calls of the system that connect, send or make a file, with their times; None where they cannot be watched.
    calls: list[str] | None
    started_s: float


def _foreign_websocket(port: int | None) -> int:
    """Request Streamlit's WebSocket like a page of another origin; returns the response's status."""
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


@pytest.fixture(scope="module")
def walk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder = tmp_path_factory.mktemp("walk")
    trace = folder / "trace"
    asked: list[str] = []
    refused: list[str] = []
    with running_server(folder / "log.txt", [*_STRACE, str(trace)] if _can_trace() else []) as server:
        started_s = time.time()
        with visit(browser, "about:blank", refused=refused) as page:
            page.context.on("request", lambda request: asked.append(request.url))
            page.on("websocket", lambda websocket: asked.append(websocket.url))
            page.goto(server.url)
            _use_everything(page, server)
            _use_a_video(page)
        assert _foreign_websocket(urlsplit(server.url).port) == 403
    server.assert_no_traceback()
    calls = trace.read_text(errors="replace").splitlines() if trace.exists() else None
    return Walk(server.url, asked, refused, calls, started_s)


# ---------------------------------------------------------------------- the browser
def test_pages_send_requests_only_to_their_own_server(walk: Walk) -> None:
    hosts = {urlsplit(url).netloc for url in walk.asked if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts == {urlsplit(walk.url).netloc}
    assert len(walk.asked) > 50


def test_the_browser_refuses_nothing_that_a_page_needs(walk: Walk) -> None:
    assert walk.refused == []


def test_a_foreign_request_would_be_noticed(browser: Browser) -> None:
    asked: list[str] = []
    with visit(browser, "about:blank") as page:  # on a PoseDeck page the browser would refuse it
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
    """Lines of a trace that contact an address outside this machine."""
    own = _own_addresses()
    return [
        line
        for line in trace
        if (found := _ADDRESS.search(line))
        and (address := found["v4"] or found["v6"].removeprefix("::ffff:")) not in own
        and not ipaddress.ip_address(address).is_loopback
    ]


def test_foreign_addresses_in_a_trace_are_distinguished_from_own_ones() -> None:
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
    """Lines that create a file, except Python's own compiled modules, and a link to memory.

    What writes C3D wants a name that ends so; `pose_core.export.motion` gives it that of a link.
    """
    return [
        line
        for line in trace
        if re.search("O_CREAT|O_TMPFILE|creat\\(", line)
        and not re.search(r"__pycache__|/posedeck-memory-\w+/poses\.c3d", line)
    ]


needs_strace = pytest.mark.skipif(not _can_trace(), reason="needs strace and the right to use it")


@needs_strace
def test_the_trace_would_notice_a_foreign_connection_and_a_file(tmp_path: Path) -> None:
    # UDP: connecting sends nothing. 198.51.100.0/24 is reserved for examples (RFC 5737).
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
def test_the_server_connects_to_no_other_machine_and_writes_no_file(walk: Walk) -> None:
    assert walk.calls, "nothing was watched"
    assert _foreign(walk.calls) == []
    # At start ctypes looks for libraries by running a compiler, which leaves files of its own for a moment.
    assert _written(line for line in walk.calls if float(line.split()[1]) > walk.started_s) == []

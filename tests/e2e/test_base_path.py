"""Everything under a path (``server.baseUrlPath``), as behind a proxy that serves other things too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Request, WebSocket, expect

from pose_core.performer.samples import sample_bytes
from tests.support.live_page import start, stop
from tests.support.rest_client import Client
from tests.support.server import Server, running_server
from tests.support.visit import download, go_to, settle, upload, visit, wait_for_result

pytestmark = pytest.mark.e2e

BASE = "/sports/pose"
STAND = sample_bytes("stand")


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("base") / "log.txt", base=BASE) as running:
        yield running
    running.assert_no_traceback()


def test_all_pages_work_under_a_path_and_request_nothing_outside_it(below: Server, browser: Browser) -> None:
    asked: set[str] = set()
    with visit(browser, "about:blank") as page:

        def note(request: Request) -> None:
            asked.add(request.url)

        def note_socket(socket: WebSocket) -> None:
            asked.add(socket.url)

        page.on("request", note)
        page.on("websocket", note_socket)

        page.goto(f"{below.url}/photo")
        wait_for_result(page)
        upload(page, ("mine.png", STAND))
        name, _ = download(page, page.get_by_role("button", name="CSV", exact=True))
        assert name == "mine_landmarks.csv"

        go_to(page, "Live")
        expect(page).to_have_url(re.compile(rf"^{below.url}/live(\?|$)"))
        settle(page)
        start(page, "Performer")
        stop(page)

        for name, path in (("Benchmark", "benchmark"), ("Home", "")):
            go_to(page, name)
            expect(page).to_have_url(re.compile(rf"^{below.url}/{path}(\?|$)"))
            settle(page)
        page.reload()
        settle(page)
    assert any(url.startswith("ws") for url in asked)
    own = [urlsplit(url) for url in asked if not url.startswith(("blob:", "data:"))]
    assert [one.geturl() for one in own if not f"{one.path}/".startswith(f"{BASE}/")] == []


def test_programs_get_answers_under_the_path_and_without_it(below: Server) -> None:
    port = urlsplit(below.url).port
    assert port
    client = Client(port)
    for base in (BASE, ""):
        assert client.get(f"{base}/api/v1/health").status == 200
        assert len(client.post(f"{base}/api/v1/pose?model=lite", STAND).json()["people"]) == 1
        assert client.post(f"{base}/predict", STAND).type == "image/jpeg"
        assert "/api/v1/pose" in client.get(f"{base}/api/v1/openapi.json").json()["paths"]
        assert client.get(f"{base}/api/v1/nothing").json()["code"] == "not_found"
    counted = client.get(f"{BASE}/api/v1/metrics").body.decode()
    assert 'route="/api/v1/pose"' in counted
    assert BASE not in counted

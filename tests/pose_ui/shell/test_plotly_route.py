"""Plotly's script as a real server sends it."""

from __future__ import annotations

import gzip
import http.client
import threading
from collections.abc import Iterator
from importlib.resources import files

import pytest

from pose_ui.shell import plotly_route
from pose_ui.shell.plotly_route import PLOTLY_PATH
from tests.support.routes import serving

SCRIPT = files("plotly").joinpath("package_data/plotly.min.js").read_bytes()


class Client:
    """Sends requests to the server at `port`, whose event loop runs in `thread`."""

    def __init__(self, port: int, thread: threading.Thread) -> None:
        self._port = port
        self.thread = thread

    def get(self, path: str, encodings: str = "identity") -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("GET", path, headers={"Accept-Encoding": encodings})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(plotly_route.plotly_route()) as (port, thread):
        yield Client(port, thread)


def test_browser_gets_the_installed_script_compressed_and_may_keep_it_forever(client: Client) -> None:
    answer, body = client.get(f"/{PLOTLY_PATH}", "gzip, deflate, br")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert len(body) == int(answer.headers["Content-Length"]) < len(SCRIPT) / 3
    assert gzip.decompress(body) == SCRIPT


def test_a_client_without_gzip_gets_the_script_uncompressed(client: Client) -> None:
    answer, body = client.get(f"/{PLOTLY_PATH}")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in answer.headers
    assert body == SCRIPT


def test_name_contains_the_version_that_the_script_reports() -> None:
    version = PLOTLY_PATH.removeprefix("posedeck/plotly-").removesuffix(".min.js")
    assert f"plotly.js v{version}\n".encode() in SCRIPT[:200]


@pytest.mark.parametrize("folder", ["/", "/base/", "/some/where/"])
def test_script_is_served_in_any_folder_that_the_dashboard_may_be_in(client: Client, folder: str) -> None:
    answer, body = client.get(f"{folder}{PLOTLY_PATH}", "gzip")
    assert answer.status == 200
    assert len(body) > 1_000_000


@pytest.mark.parametrize("path", ["posedeck/plotly-0.0.0.min.js", "posedeck/", PLOTLY_PATH + ".map"])
def test_nothing_else_is_served(client: Client, path: str) -> None:
    assert client.get(f"/{path}")[0].status == 404


def test_script_is_compressed_only_once_and_outside_the_event_loop(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    compress = gzip.compress
    threads: list[int | None] = []

    def watched(data: bytes, level: int, *, mtime: float) -> bytes:
        threads.append(threading.get_ident())
        return compress(data, level, mtime=mtime)

    monkeypatch.setattr(gzip, "compress", watched)
    plotly_route._compressed.cache_clear()
    for _ in range(3):
        client.get(f"/{PLOTLY_PATH}", "gzip")
    assert len(threads) == 1
    assert threads[0] != client.thread.ident

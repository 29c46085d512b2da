"""What strangers may send and cost: uploads, descriptors, forged headers. On real servers, without a browser."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from pose_ui.shell.upload_gate import ALL_MB, SESSION_MB
from tests.support.raw_visitor import open_page
from tests.support.rest_client import FORM_TYPE, TIMEOUT_S, Answer, answer_on, form, read_answer
from tests.support.server import Server, running_server
from tests.support.socket_client import open_socket, session_of, toast_of
from tests.support.waiting import LONG_S, until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not Path("/proc/self/fd").exists(), reason="looks at the server's open files in /proc"
    ),
]
Result = TypeVar("Result")
MB = 1024 * 1024
DESCRIPTORS = 200
TOKEN = "a-token-of-the-tests-0123456789"
#: Addresses of this machine, too.
PROXY, STRANGER = "127.0.0.3", "127.0.0.2"
#: Enough of a body for the server to wait a minute for the rest.
START = form(bytes(MB))[:MB]
HEALTH = ("/api/v1/health", "/_stcore/health")
XSRF = re.compile(r"_streamlit_xsrf=([^;]+)")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Open to everyone, with few descriptors."""
    few = ["sh", "-c", f'ulimit -n {DESCRIPTORS}; exec "$@"', "sh"]
    with running_server(tmp_path_factory.mktemp("open") / "log.txt", prefix=few) as server:
        yield server
        server.assert_no_traceback()


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    env = {
        "POSEDECK_PASSWORD": "some words for the tests",
        "POSEDECK_API_TOKEN": TOKEN,
        "POSEDECK_RATE": "3",
        "FORWARDED_ALLOW_IPS": PROXY,
    }
    with running_server(tmp_path_factory.mktemp("closed") / "log.txt", env=env) as server:
        yield server
        server.assert_no_traceback()


def xsrf_token(server: Server) -> str:
    with urlopen(f"{server.url}/_stcore/health", timeout=TIMEOUT_S) as answer:
        found = XSRF.search(answer.headers["Set-Cookie"])
    assert found
    return found[1]


@contextmanager
def uploading(server: Server, session: str, length: int, body: bytes = b"") -> Iterator[socket.socket]:
    """An upload whose body has `length` bytes, of which only `body` is sent."""
    token = xsrf_token(server)
    host = urlsplit(server.url)
    lines = [
        f"PUT /_stcore/upload_file/{session}/some-file HTTP/1.1",
        f"Host: {host.netloc}",
        f"Content-Type: {FORM_TYPE}",
        f"Content-Length: {length}",
        f"Cookie: _streamlit_xsrf={token}",
        f"X-Xsrftoken: {token}",
    ]
    with socket.create_connection((host.hostname, host.port), timeout=TIMEOUT_S) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        yield line


def upload(server: Server, session: str, data: bytes) -> Answer:
    body = form(data)
    with uploading(server, session, len(body), body) as line:
        return answer_on(line)


def health(server: Server) -> set[int]:
    host = urlsplit(server.url)
    statuses = set()
    for path in HEALTH:
        connection = http.client.HTTPConnection(host.netloc, timeout=TIMEOUT_S)
        connection.request("GET", path)
        statuses.add(read_answer(connection.getresponse()).status)
        connection.close()
    return statuses


def files(server: Server) -> list[str]:
    """What the server has open."""
    found = []
    for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed in the meantime
            found.append(str(link.readlink()))
    return found


def memory_mb(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


@contextmanager
def visitors(server: Server, number: int) -> Iterator[list[str]]:
    """Idle visitors on the start page; gives their sessions."""
    loop = asyncio.new_event_loop()  # on a thread of its own: browser tests have one on this thread
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, loop).result(LONG_S)

    pages: list[tuple[ClientConnection, str]] = []
    try:
        for _ in range(number):
            pages.append(run(open_page(server.url)))  # noqa: PERF401 - those before an error must be closed
        yield [session for _, session in pages]
    finally:
        for connection, _ in pages:
            run(connection.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


# ---------------------------------------------------------------------- uploads
def test_uploads_of_visitors_who_are_not_signed_in_are_refused_before_the_body(closed: Server) -> None:
    with visitors(closed, 1) as (session,):
        for one in (session, "no-such-session"):
            with uploading(closed, one, 40 * MB) as line:
                answer = answer_on(line)
            assert (answer.status, answer.type) == (403, "text/plain")
            assert b"signed in" in answer.body


def test_what_uploads_may_take_is_limited_for_each_visitor_and_for_all_before_the_body(
    server: Server,
) -> None:
    each = SESSION_MB // 50
    enough = ALL_MB // SESSION_MB
    with ExitStack() as on_their_way, visitors(server, enough + 1) as sessions:
        for session in sessions[:enough]:
            for _ in range(each):
                on_their_way.enter_context(uploading(server, session, 50 * MB, START))
            until(lambda session=session: _refused(server, session) == 413)
        assert _refused(server, sessions[-1]) == 507
        on_their_way.close()
        until(lambda: upload(server, sessions[-1], b"small").status == 204)


def test_a_refused_upload_is_told_on_the_page(server: Server) -> None:
    with ExitStack() as on_their_way, open_socket(server.url) as socket:
        session = session_of(socket)
        for _ in range(SESSION_MB // 50):
            on_their_way.enter_context(uploading(server, session, 50 * MB, START))
        until(lambda: _refused(server, session) == 413)
        assert f"may have {SESSION_MB} MB at a time" in toast_of(socket)


def _refused(server: Server, session: str) -> int:
    """The status of one more upload of 50 MB; 0 if it is let in."""
    with uploading(server, session, 50 * MB, START) as line:
        line.settimeout(0.3)  # a refusal that is later than this is seen at the next attempt
        try:
            return answer_on(line).status
        except TimeoutError:
            return 0


def test_an_upload_touches_no_disk(server: Server) -> None:
    data = os.urandom(20 * MB)
    body = form(data)
    with (
        visitors(server, 1) as (session,),
        uploading(server, session, len(body), body[: -2 * MB]) as line,
    ):
        # Most of it has been read by now: the buffers of a connection are smaller. A temporary file would be open.
        assert not [file for file in files(server) if "deleted" in file or "#" in file]
        line.sendall(body[-2 * MB :])
        assert answer_on(line).status == 204


@pytest.mark.nightly
def test_uploads_are_freed_when_their_visitors_have_left_and_nobody_else_comes(server: Server) -> None:
    with visitors(server, 4) as sessions:
        for session in sessions:
            assert upload(server, session, os.urandom(45 * MB)).status == 204
        full = memory_mb(server)
    until(lambda: memory_mb(server) < full - 170, 3 * LONG_S)


# ---------------------------------------------------------------------- who sends
def statuses(server: Server, sender: str, forwarded: list[str], token: str) -> list[int]:
    """Of a request with each of these X-Forwarded-For, sent from the address `sender`."""
    host = urlsplit(server.url)
    found = []
    for value in forwarded:
        connection = http.client.HTTPConnection(
            "127.0.0.1", host.port, timeout=TIMEOUT_S, source_address=(sender, 0)
        )
        headers = {"X-Forwarded-For": value, "Authorization": f"Bearer {token}"}
        connection.request("GET", "/api/v1/models", headers=headers)
        found.append(read_answer(connection.getresponse()).status)
        connection.close()
    return found


def test_only_the_trusted_proxy_names_the_client_and_wrong_tokens_lock_nobody_out(closed: Server) -> None:
    invented = [f"198.51.100.{number}" for number in range(5)]
    assert statuses(closed, STRANGER, invented, "x" * 20) == [401, 401, 401, 429, 429]
    assert statuses(closed, STRANGER, invented[:1], TOKEN) == [200]
    # What a client writes before its own address, which the proxy adds at the end, changes nothing.
    through_proxy = [f"{first}, 192.0.2.1" for first in invented]
    assert statuses(closed, PROXY, through_proxy, TOKEN) == [200, 200, 200, 429, 429]
    assert statuses(closed, PROXY, ["192.0.2.2"], TOKEN) == [200]


# ---------------------------------------------------------------------- descriptors
def test_an_idle_visitor_costs_one_descriptor_and_the_last_are_left_for_health(server: Server) -> None:
    before = len(files(server))
    with visitors(server, 40):
        assert len(files(server)) <= before + 42
        with pytest.raises(InvalidStatus, match="403"), visitors(server, DESCRIPTORS):
            pass
        assert health(server) == {200}
    until(lambda: len(files(server)) <= before + 2)


@pytest.mark.nightly
def test_three_hundred_idle_visitors_fit_into_1024_descriptors(tmp_path: Path) -> None:
    few = ["sh", "-c", 'ulimit -n 1024; exec "$@"', "sh"]
    with running_server(tmp_path / "log.txt", prefix=few) as server, visitors(server, 300):
        assert len(files(server)) < 400
        assert health(server) == {200}
        server.assert_no_traceback()

"""What strangers send to a real server whose visitors must sign in: on its WebSocket, and to get there."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing, suppress
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from pose_ui.shell.visitors import COOKIE
from tests.support.rest_client import Client
from tests.support.server import Server, running_server
from tests.support.socket_client import open_socket, session_of, upgrade_answer

pytestmark = pytest.mark.e2e

PASSWORD = "four words nobody joins"
#: What may never appear on the console as it was sent.
ESCAPE = "\x1b[31mforged"
PATIENCE_S = 30


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("socket") / "log.txt"
    with running_server(log, env={"POSEDECK_PASSWORD": PASSWORD}) as server:
        yield server
    printed = log.read_bytes()
    assert b"Traceback" not in printed, printed.decode()
    assert b"\x1b" not in printed
    assert max(map(len, printed.splitlines())) < 3000


def client(server: Server) -> Client:
    return Client(urlsplit(server.url).port or 0)


def closed_with(connection: ClientConnection) -> int | None:
    """The code with which the server ends this connection."""
    with suppress(ConnectionClosed):
        while True:
            connection.recv(PATIENCE_S)
    return connection.close_code


def lines_of(server: Server) -> list[str]:
    """The console so far, with all that earlier requests have caused."""
    assert client(server).get("/_stcore/health").status == 200  # answered after them
    return server.log.read_text().splitlines()


def upgrade(server: Server, *headers: str, path: str = "/_stcore/stream", host: str = "localhost") -> bytes:
    return upgrade_answer(client(server).port, *headers, path=path, host=host)


def test_a_stranger_cannot_clear_what_all_visitors_share(closed: Server) -> None:
    with open_socket(closed.url) as stranger:
        for message in (
            BackMsg(clear_cache=True),
            BackMsg(load_git_info=True),
            BackMsg(set_run_on_save=True),
        ):
            stranger.send(message.SerializeToString())
        assert session_of(stranger)  # the messages before it have been seen to, and the form is shown
        # A pool that had been thrown away would be replaced by one that has yet to load its models.
        assert client(closed).get("/api/v1/health").json()["warmed"] is True
    assert "refused: clear_cache" in closed.log.read_text()


def test_a_session_is_taken_up_again_only_by_the_browser_that_began_it(closed: Server) -> None:
    cookie = client(closed).get("/").headers["set-cookie"].split(";")[0]
    assert cookie.startswith(f"{COOKIE}=")
    with open_socket(closed.url, cookie=cookie) as browser:
        session = session_of(browser)
        with open_socket(closed.url, session=session) as stranger:  # while it is connected
            assert session_of(stranger) != session
        assert session_of(browser) == session  # and it stays connected
    for other in ("", f"{COOKIE}={'x' * 43}"):
        with open_socket(closed.url, session=session, cookie=other) as stranger:
            assert session_of(stranger) != session
    with open_socket(closed.url, session=session, cookie=cookie) as browser:
        assert session_of(browser) == session


def test_what_is_no_message_of_a_page_ends_the_connection(closed: Server) -> None:
    for data, code in (
        ("a text", 1003),
        (b"\xff\xff\xff", 1002),
        (b"x" * 300_000, 1009),
        (b"x" * 2_000_000, 1009),
    ):
        with open_socket(closed.url) as stranger:
            stranger.send(data)
            assert closed_with(stranger) == code


def test_odd_fields_of_a_message_are_neither_used_nor_printed(closed: Server) -> None:
    with open_socket(closed.url) as stranger:
        message = BackMsg()
        message.rerun_script.fragment_id = ESCAPE + "x" * 200_000
        stranger.send(message.SerializeToString())
        message = BackMsg()
        message.rerun_script.page_name = message.rerun_script.query_string = ESCAPE
        stranger.send(message.SerializeToString())
        assert session_of(stranger)
    assert "forged" not in closed.log.read_text()


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        (("Origin: http://[",), "/_stcore/stream"),
        (("Origin: nonsense",), "/_stcore/stream"),
        (("Transfer-Encoding: chunked",), "/_stcore/stream"),
        (("Content-Length: 3",), "/_stcore/stream"),
        (("X-Long: " + "a" * 9000,), "/_stcore/stream"),
        (tuple(f"X-{number}: a" for number in range(130)), "/_stcore/stream"),
        ((), "/_stcore/stream?" + "a" * 9000),
    ],
)
def test_a_malformed_upgrade_is_answered_and_leaves_one_line(
    closed: Server, headers: tuple[str, ...], path: str
) -> None:
    before = len(lines_of(closed))
    status = int(upgrade(closed, *headers, path=path).split()[1])
    assert 400 <= status < 500
    added = lines_of(closed)[before:]
    assert len(added) == 1, added
    assert "refused" in added[0]


def test_another_host_name_reaches_neither_pages_nor_socket_nor_programs(closed: Server) -> None:
    for path in ("/", "/photo", "/_stcore/host-config", "/api/v1/models", "/predict"):
        assert client(closed).ask("GET", path, headers={"Host": "rebound.example"}).status == 421
    before = len(lines_of(closed))
    assert upgrade(closed, host="rebound.example", path="/_stcore/stream").startswith(b"HTTP/1.1 421")
    assert upgrade(closed, path="/elsewhere").startswith(b"HTTP/1.1 404")
    assert not [line for line in lines_of(closed)[before:] if "unknown host name was refused" not in line]
    assert upgrade(closed).startswith(b"HTTP/1.1 101")


def test_streamlits_own_figures_are_closed(closed: Server) -> None:
    for path in ("metrics", "agent/openapi.json", "agent/mcp"):
        assert client(closed).get(f"/_stcore/{path}").status == 404
    assert client(closed).get("/_stcore/health").status == 200


def test_a_nul_in_an_address_is_a_bad_request(closed: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", client(closed).port, timeout=PATIENCE_S)
    with closing(connection):
        connection.request("GET", "/static/a%00b")
        assert connection.getresponse().status == 400

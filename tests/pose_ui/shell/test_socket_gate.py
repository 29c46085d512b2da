"""The middleware around Streamlit's WebSocket, called as the server calls it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pose_ui.shell.socket_gate import SocketGate
from pose_ui.shell.visitors import COOKIE, HEADER, Visitors, new_cookie, visitor_of
from tests.support.waiting import in_a_loop

HEARTBEAT = BackMsg(app_heartbeat=True).SerializeToString()
CLEAR = BackMsg(clear_cache=True).SerializeToString()
STOP = BackMsg(stop_script=True).SerializeToString()
LEAVE = {"type": "websocket.disconnect", "code": 1001}


class Streamlit:
    """Stands in for what is behind the gate: takes every message until the end, then sends once more."""

    def __init__(self) -> None:
        self.headers: dict[bytes, list[bytes]] = {}
        self.got: list[Any] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for name, value in scope["headers"]:
            self.headers.setdefault(name, []).append(value)
        while (message := await receive())["type"] != "websocket.disconnect":
            self.got.append(message.get("bytes", message["type"]))
        await send({"type": "websocket.send", "bytes": b"late"})


def connect(
    *messages: bytes | str,
    headers: Sequence[tuple[bytes, bytes]] = (),
    visitors: Visitors | None = None,
    closed: bool = False,
    path: str = "/base/_stcore/stream",
) -> tuple[Streamlit, list[Message]]:
    """What got through to Streamlit, and what the browser was sent."""
    behind, sent = Streamlit(), list[Message]()
    coming: list[Message] = [
        {"type": "websocket.receive", "bytes" if isinstance(data, bytes) else "text": data}
        for data in messages
    ]
    coming.append(LEAVE)

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": path,
        "headers": list(headers),
        "extensions": {"websocket.http.response": {}},
    }
    in_a_loop(SocketGate(behind, visitors or Visitors(), closed=closed)(scope, receive, send))
    return behind, sent


def test_a_forbidden_message_is_dropped_and_the_next_one_goes_on() -> None:
    behind, _ = connect(CLEAR, HEARTBEAT, CLEAR, STOP)
    assert behind.got == [HEARTBEAT, STOP]


@pytest.mark.parametrize(("data", "code"), [("text", 1003), (b"\xff\xff", 1002), (b"\x00" * 1_000_001, 1009)])
def test_what_is_no_message_ends_the_connection_and_nothing_is_sent_after_that(
    data: bytes | str, code: int
) -> None:
    behind, sent = connect(HEARTBEAT, data, STOP)
    assert behind.got == [HEARTBEAT]
    assert sent == [{"type": "websocket.close", "code": code}]


@pytest.mark.parametrize("path", ["/_stcore/stream\n", "/_stcore/stream/", "/_stcore/other", "/"])
def test_there_is_no_other_websocket(path: str) -> None:
    behind, sent = connect(CLEAR, STOP, path=path)
    assert behind.got == []
    assert sent[0]["status"] == 404


def test_a_flood_of_messages_is_slowed_down_and_none_is_lost() -> None:
    start_s = time.monotonic()
    behind, _ = connect(*[HEARTBEAT] * 60)
    assert behind.got == [HEARTBEAT] * 60
    assert time.monotonic() - start_s > 0.4  # 20 more than the first handful, at 40 a second


def test_where_visitors_sign_in_the_rest_passes_once_their_browser_did() -> None:
    cookie, visitors = new_cookie(), Visitors()
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())]
    assert connect(STOP, HEARTBEAT, headers=headers, visitors=visitors, closed=True)[0].got == [HEARTBEAT]
    visitors.admit(visitor_of({COOKIE: cookie}))
    assert connect(STOP, HEARTBEAT, headers=headers, visitors=visitors, closed=True)[0].got == [
        STOP,
        HEARTBEAT,
    ]
    assert connect(STOP, HEARTBEAT, visitors=visitors, closed=True)[0].got == [HEARTBEAT]


def test_streamlit_learns_which_browser_it_is_and_nobody_can_say_it_is_another() -> None:
    cookie = new_cookie()
    name = str(visitor_of({COOKIE: cookie})).encode()
    lie = (HEADER.encode(), name)
    behind, _ = connect(headers=[(b"cookie", f"{COOKIE}={cookie}".encode())])
    assert behind.headers[HEADER.encode()] == [name]
    strangers = [connect(headers=[lie])[0].headers[HEADER.encode()] for _ in range(2)]
    assert [name] not in strangers
    assert strangers[0] != strangers[1]  # without a cookie, nobody comes back to a session


def test_a_login_that_this_server_does_not_know_is_not_passed_on() -> None:
    headers = [(b"cookie", b"a=1; _streamlit_user=signed; _streamlit_user_tokens=t; b=2")]
    visitors = Visitors()
    assert connect(headers=headers, visitors=visitors)[0].headers[b"cookie"] == [b"a=1; b=2"]
    visitors.log_in({"_streamlit_user": "signed"})
    assert connect(headers=headers, visitors=visitors)[0].headers[b"cookie"] == [headers[0][1]]


def test_signing_out_in_one_tab_ends_the_others_connections() -> None:
    visitors, sent = Visitors(), list[Message]()
    visitors.log_in({"_streamlit_user": "signed"})

    async def scenario() -> None:
        closed = asyncio.Event()

        async def receive() -> Message:
            visitors.log_out({"_streamlit_user": "signed"})  # another tab, while this one waits
            await closed.wait()
            return LEAVE

        async def send(message: Message) -> None:
            sent.append(message)
            if message["type"] == "websocket.close":
                closed.set()

        scope = {
            "type": "websocket",
            "path": "/base/_stcore/stream",
            "headers": [(b"cookie", b"_streamlit_user=signed")],
        }
        await SocketGate(Streamlit(), visitors, closed=True)(scope, receive, send)

    in_a_loop(scenario(), 30)
    assert [message["type"] for message in sent] == ["websocket.send", "websocket.close"]
    assert ForwardMsg.FromString(sent[0]["bytes"]).auth_redirect.url == "/base/auth/logout"


@pytest.mark.parametrize(
    "origin",
    ["http://[", "http://a:b", "http://a:99999999", "a\x1b[2J", "nonsense", "http://\xff", "x" * 400],
)
def test_a_malformed_origin_is_a_bad_request(origin: str) -> None:
    behind, (start, _) = connect(HEARTBEAT, headers=[(b"origin", origin.encode("latin-1"))])
    assert behind.got == []
    assert start["status"] == 400


@pytest.mark.parametrize(
    "origin", ["http://localhost:8080", "https://pose.example.org", "http://[::1]:8080", "null"]
)
def test_origins_as_browsers_write_them_reach_streamlits_own_check(origin: str) -> None:
    assert connect(HEARTBEAT, headers=[(b"origin", origin.encode())])[0].got == [HEARTBEAT]

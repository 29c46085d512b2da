"""A program on the pages' WebSocket, for messages that no browser sends."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

__all__ = ["open_socket", "session_of", "toast_of", "upgrade_answer"]

#: Longer than a healthy server ever takes.
_TIMEOUT_S = 60


@contextmanager
def open_socket(url: str, *, session: str = "", cookie: str = "") -> Iterator[ClientConnection]:
    """A connection as the frontend opens it, to come back to `session` if that is given."""
    protocols = ["streamlit", "token", session] if session else ["streamlit"]
    with connect(
        f"{url.replace('http', 'ws', 1)}/_stcore/stream",
        subprotocols=[Subprotocol(name) for name in protocols],
        additional_headers={"Cookie": cookie} if cookie else {},
        max_size=None,
        open_timeout=_TIMEOUT_S,
        proxy=None,
    ) as connection:
        yield connection


def session_of(connection: ClientConnection) -> str:
    """Run the page; the id of the session that answers, once the run is over."""
    ask = BackMsg()
    ask.rerun_script.query_string = "lang=en"
    connection.send(ask.SerializeToString())
    session = ""
    while True:
        data = connection.recv(_TIMEOUT_S)
        assert isinstance(data, bytes)
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            session = message.new_session.initialize.session_id
        elif kind == "script_finished":
            return session


def toast_of(connection: ClientConnection) -> str:
    """The text of the next note that slides into the page."""
    while True:
        data = connection.recv(_TIMEOUT_S)
        assert isinstance(data, bytes)
        element = ForwardMsg.FromString(data).delta.new_element
        if element.WhichOneof("type") == "toast":
            return element.toast.body


def upgrade_answer(port: int, *headers: str, path: str = "/_stcore/stream", host: str = "localhost") -> bytes:
    """The status line that answers a request for a WebSocket with these further headers."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        *headers,
    ]
    with closing(socket.create_connection(("127.0.0.1", port), _TIMEOUT_S)) as line:
        line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        return line.makefile("rb").readline().strip()

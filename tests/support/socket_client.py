"""A program on the pages' WebSocket, for messages that no browser sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

__all__ = ["open_socket", "session_of", "toast_of"]

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
    ) as socket:
        yield socket


def session_of(socket: ClientConnection) -> str:
    """Run the page; the id of the session that answers, once the run is over."""
    ask = BackMsg()
    ask.rerun_script.query_string = "lang=en"
    socket.send(ask.SerializeToString())
    session = ""
    while True:
        data = socket.recv(_TIMEOUT_S)
        assert isinstance(data, bytes)
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            session = message.new_session.initialize.session_id
        elif kind == "script_finished":
            return session


def toast_of(socket: ClientConnection) -> str:
    """The text of the next note that slides into the page."""
    while True:
        data = socket.recv(_TIMEOUT_S)
        assert isinstance(data, bytes)
        element = ForwardMsg.FromString(data).delta.new_element
        if element.WhichOneof("type") == "toast":
            return element.toast.body

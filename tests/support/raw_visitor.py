"""Visitors without a browser: the page's WebSocket alone, as Streamlit's frontend opens it."""

from __future__ import annotations

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.support.waiting import LONG_S

__all__ = ["open_page"]


async def open_page(server_url: str) -> tuple[ClientConnection, str]:
    """Open the start page and wait until it rests; return the connection and the session's id."""
    connection = await connect(
        f"{server_url.replace('http', 'ws', 1)}/_stcore/stream",
        origin=Origin(server_url),
        subprotocols=[Subprotocol("streamlit"), Subprotocol("placeholder")],
        compression=None,
        max_size=None,
        ping_interval=None,
        proxy=None,
        open_timeout=LONG_S,
    )
    message = BackMsg()
    message.rerun_script.query_string = ""
    await connection.send(message.SerializeToString())
    session = ""
    async for data in connection:
        assert isinstance(data, bytes)
        answer = ForwardMsg.FromString(data)
        if answer.HasField("new_session"):
            session = answer.new_session.initialize.session_id
        if answer.HasField("script_finished"):
            break
    assert session
    return connection, session

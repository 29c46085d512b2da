"""Messages on WebSockets are bounded although the server was started without a word about them."""

from __future__ import annotations

import socket
import threading

import pytest
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from ops.messages import limit_messages
from tests.support.rest_client import TIMEOUT_S


async def _echo(scope: dict[str, object], receive: object, send: object) -> None:
    """Answers each message with its length."""
    assert callable(receive)
    assert callable(send)
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "websocket.send", "text": str(len(message["bytes"]))})


def test_a_message_over_the_limit_ends_its_connection_and_nothing_is_compressed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        WebSocketsSansIOProtocol, "__init__", WebSocketsSansIOProtocol.__init__
    )  # undone at the end
    limit_messages(1000)
    server = uvicorn.Server(uvicorn.Config(_echo, lifespan="off", log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=server.run, args=([door],))
        thread.start()
        try:
            with connect(f"ws://127.0.0.1:{door.getsockname()[1]}", proxy=None) as visitor:
                assert not visitor.protocol.extensions  # compression is one
                visitor.send(bytes(1000))
                assert visitor.recv(TIMEOUT_S) == "1000"
                visitor.send(bytes(1001))
                with pytest.raises(ConnectionClosedError) as closed:
                    visitor.recv(TIMEOUT_S)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1009  # too big
        finally:
            server.should_exit = True
            thread.join(TIMEOUT_S)
    assert not thread.is_alive()

"""Answers to WebSocket requests that are refused. Uses private parts of uvicorn 0.54.

It would leave malformed ones without an answer, and log an error after each refusal that an application has answered.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ops.log import log_event

__all__ = ["answer_malformed_upgrades"]

_SENTENCE: Final = b"Failed to open a WebSocket connection: the request is malformed.\n"
_ANSWER: Final = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    + b"Content-Length: %d\r\n\r\n" % len(_SENTENCE)
    + _SENTENCE
)
_received = WebSocketsSansIOProtocol.data_received
_send = WebSocketsSansIOProtocol.send


def answer_malformed_upgrades() -> None:
    """Answer requests whose headers `websockets` cannot read: too long, too many, or with a body.

    `websockets` prepares an answer, or none, and reports no request; so uvicorn never sends it, and the client waits.
    What an application refuses leaves the application's own line in the log, and no second one.
    """
    WebSocketsSansIOProtocol.data_received = _received_and_answered  # type: ignore[method-assign]
    WebSocketsSansIOProtocol.send = _sent  # type: ignore[method-assign]


def _received_and_answered(self: WebSocketsSansIOProtocol, data: bytes) -> None:
    _received(self, data)
    if self.conn.handshake_exc is not None and not self.handshake_initiated and not self.close_sent:
        self.close_sent = self.handshake_complete = True
        self.transport.write(b"".join(self.conn.data_to_send()) or _ANSWER)
        self.transport.close()
        log_event("upgrade", logging.WARNING, message="A malformed WebSocket request was refused.")


async def _sent(self: WebSocketsSansIOProtocol, message: Any) -> None:
    await _send(self, message)
    if self.initial_response is not None and self.close_sent:  # the whole refusal is out
        self.handshake_complete = True

"""Connections whose request never comes."""

from __future__ import annotations

import socket

import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol

from ops import heads
from pose_core.models.pool import PosePool
from tests.support.rest_client import TIMEOUT_S, rest_server

HALF = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nX-a: "
WHOLE = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", HALF, WHOLE + HALF], ids=["nothing", "half", "another_half"])
def test_a_head_that_never_comes_ends_its_connection_and_a_slow_body_keeps_its_own(
    lite_pool: PosePool, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(heads, "HEAD_LIMIT_S", 1.0)
    monkeypatch.setattr(H11Protocol, "connection_made", H11Protocol.connection_made)  # undone at the end
    heads.limit_heads()
    with rest_server(lambda: lite_pool) as client:
        address = ("127.0.0.1", client.port)
        with (
            socket.create_connection(address, timeout=TIMEOUT_S) as slow_body,
            socket.create_connection(address, timeout=TIMEOUT_S) as half_a_head,
        ):
            slow_body.sendall(
                b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
                b"Content-Length: 5\r\n\r\n"
            )
            half_a_head.sendall(sent)
            while half_a_head.recv(4096):
                pass  # the answer to a first request, if there was one
            slow_body.sendall(b"--x--")
            assert slow_body.recv(12) == b"HTTP/1.1 400"

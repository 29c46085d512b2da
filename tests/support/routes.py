"""Routes alone, served by a real server in a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route


@contextmanager
def serving(*routes: Route) -> Iterator[tuple[int, threading.Thread]]:
    """The port, and the thread that the event loop runs in."""
    config = uvicorn.Config(Starlette(routes=routes), ws="none", lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield listener.getsockname()[1], thread
        server.should_exit = True
        thread.join(30)
    assert not thread.is_alive()

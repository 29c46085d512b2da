"""Bounds what browsers send on WebSockets, however the server is started. Uses private parts of uvicorn 0.54.

``uvicorn app:app`` would collect 16 MB, packed or not, before anything could look at a message.
"""

from __future__ import annotations

from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

__all__ = ["limit_messages"]

_set_up: Final = WebSocketsSansIOProtocol.__init__


def limit_messages(largest: int) -> None:
    """From now on, a connection with a message of more than `largest` bytes is closed, and none is compressed."""

    def set_up(self: WebSocketsSansIOProtocol, config: Config, *args: Any, **kwargs: Any) -> None:
        config.ws_max_size = min(config.ws_max_size, largest)
        config.ws_per_message_deflate = False
        _set_up(self, config, *args, **kwargs)

    WebSocketsSansIOProtocol.__init__ = set_up  # type: ignore[method-assign]

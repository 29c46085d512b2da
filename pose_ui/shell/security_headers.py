"""Response headers that tell the browser what a page may do. Bound to what the frontend of Streamlit 1.67 needs.

tests/e2e/test_offline.py opens every page and listens for violations that the browser reports.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["SecurityHeaders", "content_security_policy"]

_INDEX: Final = Path(str(files("streamlit"))) / "static" / "index.html"
_INLINE_SCRIPT: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

_CAMERA_ALONE: Final = (
    b"camera=(self), display-capture=(), geolocation=(), microphone=(), payment=(), serial=(), usb=()"
)


def _hash(script: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"


@cache
def content_security_policy() -> str:
    """The policy for the pages: nothing from elsewhere, and as inline script only the one that Streamlit ships."""
    inline = " ".join(_hash(script) for script in _INLINE_SCRIPT.findall(_INDEX.read_bytes()))
    return "; ".join(
        (
            "default-src 'none'",
            # blob: Streamlit passes scripts of components (pose_ui/widgets/before_after.py, ...) this way.
            f"script-src 'self' blob: 'wasm-unsafe-eval' {inline}".rstrip(),
            # Streamlit, its components and Plotly use style elements and attributes.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self'",
            # data: the camera field's picture goes through fetch() before it is uploaded.
            "connect-src 'self' data:",
            # Where the model runs in the browser (pose_ui/live_view/browser_model), it runs beside the page.
            "worker-src 'self'",
            "frame-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


class SecurityHeaders:
    """ASGI middleware: adds each header to every HTTP response that does not have it yet.

    WebSockets, which the pages run on, pass through untouched.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = (
            (b"content-security-policy", content_security_policy().encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"permissions-policy", _CAMERA_ALONE),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application respond, with the headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = list(message.get("headers", ()))
                names = {name.lower() for name, _ in present}
                missing = (header for header in self._headers if header[0] not in names)
                message = {**message, "headers": [*present, *missing]}
            await send(message)

        await self._app(scope, receive, with_headers)

"""A stream that goes through a TURN server, watched in the browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page

from tests.support.visit import until_on_page, visit

needs_coturn = pytest.mark.skipif(
    shutil.which("turnserver") is None, reason="needs coturn: sudo apt-get install -y coturn"
)
PICTURES = 30  # more than one; a broken path brings none

#: Keeps every connection that any frame of the page makes where the test finds it.
_KEEP_CONNECTIONS = """
    window.connections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...given) { super(...given); window.connections.push(this); }
    };
"""

#: The path that the pictures take and how many went there and came back, once `wanted` have, or after a minute.
_FIGURES = """
    async wanted => {
        const deadline = performance.now() + 60_000;
        for (;;) {
            const connection = window.connections.at(-1);
            const all = await connection.getStats();
            const found = {sent: 0, returned: 0, pair: null, answer: connection.remoteDescription?.sdp ?? ""};
            for (const one of all.values()) {
                if (one.type === "outbound-rtp") found.sent += one.framesEncoded ?? 0;
                if (one.type === "inbound-rtp") found.returned += one.framesDecoded ?? 0;
                if (one.type === "transport" && one.selectedCandidatePairId) {
                    const pair = all.get(one.selectedCandidatePairId);
                    found.pair = [all.get(pair.localCandidateId), all.get(pair.remoteCandidateId)]
                        .map(end => end.candidateType);
                }
            }
            if (found.returned >= wanted || performance.now() > deadline) return found;
            await new Promise(later => setTimeout(later, 100));
        }
    }
"""


def _connected_frame(page: Page) -> Frame:
    """The frame of the page whose script has opened a connection, once one has."""
    found: list[Frame] = []

    def looked() -> bool:
        found[:] = [frame for frame in page.frames if frame.evaluate("window.connections?.length")]
        return bool(found)

    until_on_page(page, looked)
    return found[0]


def figures_of_stream(browser: Browser, url: str, start: Callable[[Page], None]) -> dict[str, Any]:
    """Start the stream on the page at `url`; return its figures once enough pictures have come back."""
    with visit(browser, "about:blank") as page:
        page.add_init_script(_KEEP_CONNECTIONS)
        page.goto(url)
        start(page)
        figures: dict[str, Any] = _connected_frame(page).evaluate(_FIGURES, PICTURES)
        return figures

"""A visitor's live session without a browser."""

from __future__ import annotations

import asyncio

from pose_core.pipeline.live import LiveSettings, LiveStream
from pose_ui.live_view.session import LiveSession
from tests.support.waiting import LONG_S, in_a_loop, until_in_loop


def play(session: LiveSession, settings: LiveSettings) -> LiveStream:
    """Start and connect as a browser does, up to the wait for the first frame; gives the stream that wants frames."""
    connection = session.connection
    connection.ask()
    session.shown("performer")
    track = connection.player(settings, lambda: None).video

    async def ask_for_a_frame() -> None:
        first = asyncio.ensure_future(track.recv())
        await until_in_loop(lambda: connection.phase == "playing")
        first.cancel()

    in_a_loop(ask_for_a_frame(), LONG_S)
    assert connection.stream is not None
    return connection.stream

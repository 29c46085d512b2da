"""A connection that the visitor and the browser end at the same time."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from aiortc.contrib.media import MediaRelay
from streamlit_webrtc import WebRtcMode
from streamlit_webrtc.webrtc import WebRtcWorker

from pose_ui.webrtc.video import one_at_a_time

LONG_S = 20.0


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One that runs in a thread of its own, as the server's does."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(LONG_S)
    loop.close()


@pytest.fixture
def worker(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> Any:
    """streamlit-webrtc's, as `pose_ui.webrtc.video.apply` changes it."""
    for name in ("stop", "_unset_processors"):
        monkeypatch.setattr(WebRtcWorker, name, one_at_a_time(getattr(WebRtcWorker, name)))

    async def new() -> Any:
        nothing = dict.fromkeys(list(inspect.signature(WebRtcWorker.__init__).parameters)[1:])
        its = {"mode": WebRtcMode.RECVONLY, "loop": loop, "relay": MediaRelay()}
        return WebRtcWorker(**{**nothing, **its})

    return asyncio.run_coroutine_threadsafe(new(), loop).result(LONG_S)


class Video:
    """A track that is slow to stop: the browser hangs up meanwhile."""

    def __init__(self) -> None:
        self.stops = 0
        self.stopping, self.hung_up = threading.Event(), threading.Event()

    def stop(self) -> None:
        self.stops += 1
        if self.stops == 1:
            self.stopping.set()
            assert self.hung_up.wait(LONG_S)


def test_stop_and_hanging_up_at_the_same_time_end_the_connection_once(
    worker: Any, loop: asyncio.AbstractEventLoop
) -> None:
    video = Video()
    worker._player = SimpleNamespace(video=video, audio=None)

    async def hang_up() -> None:  # as the worker does when the browser is gone
        worker._unset_processors()
        await worker.pc.close()
        worker.stop()

    with ThreadPoolExecutor(1) as visitor:
        stop = visitor.submit(worker.stop)
        assert video.stopping.wait(LONG_S)
        asyncio.run_coroutine_threadsafe(hang_up(), loop).result(LONG_S)
        video.hung_up.set()
        stop.result(LONG_S)
    assert (video.stops, worker.pc.connectionState) == (1, "closed")
    worker.stop()
    assert video.stops == 1

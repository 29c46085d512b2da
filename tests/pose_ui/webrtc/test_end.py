"""A connection that the visitor and the browser end at the same time."""

from __future__ import annotations

import asyncio
import inspect
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from aiortc.contrib.media import MediaRelay
from streamlit_webrtc import WebRtcMode
from streamlit_webrtc.webrtc import WebRtcWorker

from pose_ui.webrtc.video import one_at_a_time
from tests.support.waiting import LONG_S, in_a_loop


def new_worker() -> Any:
    """A worker of streamlit-webrtc, for the running event loop."""
    nothing = dict.fromkeys(list(inspect.signature(WebRtcWorker.__init__).parameters)[1:])
    its = {"mode": WebRtcMode.RECVONLY, "loop": asyncio.get_running_loop(), "relay": MediaRelay()}
    return WebRtcWorker(**{**nothing, **its})


class Video:
    """A track that is slow to stop: the browser hangs up in the meantime."""

    def __init__(self) -> None:
        self.stops = 0
        self.stopping, self.hung_up = threading.Event(), threading.Event()

    def stop(self) -> None:
        self.stops += 1
        if self.stops == 1:
            self.stopping.set()
            assert self.hung_up.wait(LONG_S)


def test_stop_and_hang_up_at_the_same_time_end_the_connection_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("stop", "_unset_processors"):  # as pose_ui.webrtc.video.apply does
        monkeypatch.setattr(WebRtcWorker, name, one_at_a_time(getattr(WebRtcWorker, name)))

    async def end_twice() -> None:
        worker, video = new_worker(), Video()
        worker._player = SimpleNamespace(video=video, audio=None)
        stop = asyncio.create_task(asyncio.to_thread(worker.stop))  # the visitor's
        assert await asyncio.to_thread(video.stopping.wait, LONG_S)
        worker._unset_processors()  # what the worker does when the browser is gone
        await worker.pc.close()
        worker.stop()
        video.hung_up.set()
        await asyncio.wait_for(stop, LONG_S)
        assert (video.stops, worker.pc.connectionState) == (1, "closed")
        worker.stop()
        assert video.stops == 1

    in_a_loop(end_twice(), 3 * LONG_S)

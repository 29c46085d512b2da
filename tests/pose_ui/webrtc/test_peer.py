"""The server's end of a camera's connection, with a real aiortc client as the browser."""

from __future__ import annotations

import asyncio
import math
import time
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from aiortc import RTCDataChannel, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack

from pose_ui.webrtc import peer as peer_module
from pose_ui.webrtc.bindings import RtcReceiver, captured_s, event_loop, keeping_sender_clock
from pose_ui.webrtc.peer import CHANNEL, LONGEST_OFFER, CameraPeer
from tests.support.waiting import LONG_S, in_a_loop, until_in_loop

NO_SERVERS: dict[str, Any] = {"iceServers": []}
NTP_TO_UNIX_S = 2_208_988_800


class Camera(VideoStreamTrack):
    """Grey pictures at 30 a second."""

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 128, np.uint8), format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Server:
    """What the server's end reports."""

    def __init__(self) -> None:
        self.frames: list[av.VideoFrame] = []
        self.opened = self.ended = 0
        self.peer = CameraPeer(lambda frame, _: self.frames.append(frame), self._open, self._end)

    def _open(self) -> None:
        self.opened += 1

    def _end(self) -> None:
        self.ended += 1


class Browser:
    """Sends a camera and opens a channel."""

    def __init__(self, channel: str = CHANNEL) -> None:
        self.connection = RTCPeerConnection()
        self.connection.addTransceiver(Camera(), "sendonly")
        self.channel: RTCDataChannel = self.connection.createDataChannel(
            channel, ordered=False, maxRetransmits=0
        )
        self.got: list[bytes] = []
        self.channel.on("message", self.got.append)

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        sdp: str = self.connection.localDescription.sdp
        return sdp

    async def connects_to(self, server: Server) -> None:
        answer = await asyncio.to_thread(server.peer.answer, await self.offer(), NO_SERVERS)
        assert answer is not None
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))


@pytest.fixture
def loops(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.AbstractEventLoop]:
    """Have the server's end use the loop of the test, as it uses Streamlit's otherwise."""
    used: list[asyncio.AbstractEventLoop] = []
    monkeypatch.setattr(peer_module, "event_loop", lambda: used[0])
    monkeypatch.setattr(
        RtcReceiver, "_handle_rtcp_packet", keeping_sender_clock(RtcReceiver._handle_rtcp_packet)
    )  # as pose_ui.webrtc.video.apply does
    return used


def run(loops: list[asyncio.AbstractEventLoop], work: Any) -> None:
    async def in_loop() -> None:
        loops.append(asyncio.get_running_loop())
        await work()

    in_a_loop(in_loop(), 3 * LONG_S)


def test_frames_arrive_and_messages_return_until_the_browser_leaves(loops: Any) -> None:
    async def work() -> None:
        server, browser = Server(), Browser()
        await browser.connects_to(server)
        await until_in_loop(lambda: server.opened and server.frames)
        server.peer.send(b"people")
        await until_in_loop(lambda: browser.got)
        assert browser.got == [b"people"]
        # The same moment on the sender's clock, to a few milliseconds, once it has reported.
        await until_in_loop(lambda: math.isfinite(server.peer.captured_s(server.frames[-1])))
        age_s = time.time() - server.peer.captured_s(server.frames[-1])
        assert -0.1 < age_s < LONG_S
        assert server.ended == 0
        await browser.connection.close()
        await until_in_loop(lambda: server.ended == 1)
        server.peer.send(b"too late")
        server.peer.close()
        assert server.ended == 1

    run(loops, work)


def test_a_second_offer_takes_the_place_of_the_first(loops: Any) -> None:
    async def work() -> None:
        server, first, second = Server(), Browser(), Browser()
        await first.connects_to(server)
        await until_in_loop(lambda: server.opened == 1)
        await second.connects_to(server)
        await until_in_loop(lambda: server.opened == 2)
        await first.connection.close()
        server.peer.send(b"people")
        await until_in_loop(lambda: second.got)
        assert server.ended == 0
        server.peer.close()
        await until_in_loop(lambda: second.channel.readyState == "closed")
        await second.connection.close()

    run(loops, work)


def test_only_the_channel_for_people_counts(loops: Any) -> None:
    async def work() -> None:
        server, browser = Server(), Browser("something else")
        await browser.connects_to(server)
        await until_in_loop(lambda: browser.channel.readyState == "open" and server.frames)
        assert server.opened == 0
        server.peer.close()
        await browser.connection.close()

    run(loops, work)


@pytest.mark.parametrize("offer", ["", "v=0", "no SDP at all\r\n" * 10, "x" * (LONGEST_OFFER + 1)])
def test_an_offer_that_means_nothing_gets_no_answer(loops: Any, offer: str) -> None:
    async def work() -> None:
        server = Server()
        assert await asyncio.to_thread(server.peer.answer, offer, NO_SERVERS) is None
        server.peer.close()
        assert server.ended == 1

    run(loops, work)


def test_after_the_end_no_offer_is_answered(loops: Any) -> None:
    async def work() -> None:
        server, browser = Server(), Browser()
        server.peer.close()
        assert await asyncio.to_thread(server.peer.answer, await browser.offer(), NO_SERVERS) is None
        await browser.connection.close()

    run(loops, work)


# ---------------------------------------------------------------------- when a frame was taken
def receiver(origin: int | None, clock: tuple[float, int] | None) -> Any:
    made = SimpleNamespace(_RTCRtpReceiver__timestamp_mapper=SimpleNamespace(_origin=origin))
    if clock is not None:
        made.sender_clock = clock
    return made


@pytest.mark.parametrize(
    ("origin", "pts", "reported_rtp", "expected_s"),
    [
        (1000, 90_000, 1000, 101.0),
        (1000, 0, 91_000, 99.0),
        (2**32 - 90_000, 180_000, 0, 101.0),  # the counter wrapped between the first frame and the report
        (2**32 - 90_000, 0, 0, 99.0),
        (1000 - 2**32, 2**32, 1000, 100.0),  # as aiortc counts on after a wrap
    ],
)
def test_a_sender_report_dates_frames_before_and_after_it(
    origin: int, pts: int, reported_rtp: int, expected_s: float
) -> None:
    assert captured_s(receiver(origin, (100.0, reported_rtp)), pts) == pytest.approx(expected_s)


@pytest.mark.parametrize(
    "known", [None, receiver(None, (1.0, 2)), receiver(5, None)], ids=["nothing", "no frame", "no report"]
)
def test_without_frame_or_report_the_time_is_unknown(known: Any) -> None:
    assert math.isnan(captured_s(known, 0))


def test_the_event_loop_is_that_of_a_running_streamlit() -> None:
    with pytest.raises(RuntimeError):
        event_loop()  # there is none here, and no other is made up

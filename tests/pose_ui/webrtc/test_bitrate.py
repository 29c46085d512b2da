"""What a browser is told about how much it may send."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from aiortc import RTCPeerConnection, VideoStreamTrack
from aiortc.contrib.media import MediaBlackhole

from pose_ui.webrtc.bindings import RemoteBitrateEstimator, RtcReceiver, knowing_its_way
from pose_ui.webrtc.bitrate import asking_for, fair_share, within
from tests.support.waiting import LONG_S, in_a_loop, until_in_loop


def answer_to(viewers: int) -> str:
    """The answer to a browser with a camera."""

    async def answered() -> str:
        browser, server = RTCPeerConnection(), RTCPeerConnection()
        browser.addTrack(VideoStreamTrack())
        await browser.setLocalDescription(await browser.createOffer())
        await server.setRemoteDescription(browser.localDescription)
        answer = asking_for(RTCPeerConnection.createAnswer, lambda: fair_share(viewers, cores=2))
        await server.setLocalDescription(await answer(server))
        text: str = server.localDescription.sdp
        await browser.setRemoteDescription(server.localDescription)
        await browser.close()
        await server.close()
        return text

    text: str = in_a_loop(answered())
    return text


@pytest.mark.parametrize(("viewers", "kilobits"), [(1, 2500), (2, 1500)])
def test_an_answer_names_the_start_for_each_codec(viewers: int, kilobits: int) -> None:
    text = answer_to(viewers)
    codecs = re.findall(r"a=rtpmap:(\d+) (?:VP8|H264)/90000", text)
    assert codecs
    for codec in codecs:
        assert re.search(rf"a=fmtp:{codec} .*x-google-start-bitrate={kilobits}\b", text)


def test_with_many_viewers_a_browser_finds_its_own_start() -> None:
    assert "x-google" not in answer_to(4)


class Estimator(RemoteBitrateEstimator):
    """Says what a test wants."""

    says: Any = None
    nearby = False

    def is_nearby(self) -> bool:
        return self.nearby

    def add(self, *args: Any, **named: Any) -> Any:
        return self.says


@pytest.mark.parametrize(
    ("says", "told"), [(None, None), ((900_000, [1]), (900_000, [1])), ((9_000_000, [1]), (1_000_000, [1]))]
)
def test_an_estimate_never_exceeds_the_share(says: Any, told: Any) -> None:
    estimator = Estimator()
    estimator.says = says
    assert within(Estimator.add, lambda: fair_share(4, cores=2))(estimator, 0, 0, 0, 0) == told


@pytest.mark.parametrize(("nearby", "told"), [(True, 1_000_000), (False, 30_000)])
def test_an_estimate_has_a_lower_limit_only_in_a_local_network(nearby: bool, told: int) -> None:
    estimator = Estimator()
    estimator.says, estimator.nearby = (30_000, [1]), nearby
    assert within(Estimator.add, lambda: 2_500_000)(estimator, 0, 0, 0, 0) == (told, [1])


@pytest.mark.parametrize(
    ("address", "nearby"),
    [
        ("127.0.0.1", True),
        ("192.168.1.7", True),
        ("fe80::1%eth0", True),
        ("fd00::7", True),
        ("8.8.8.8", False),
    ],
)
def test_near_is_who_has_an_address_of_a_local_network(address: str, nearby: bool) -> None:
    async def started() -> bool:
        server = RTCPeerConnection()
        receiver: Any = server.addTransceiver("video").receiver
        connection = receiver.transport.transport._connection

        async def receive(self: Any) -> None:
            estimator = self._RTCRtpReceiver__remote_bitrate_estimator
            assert not estimator.is_nearby()  # before there is a way
            connection._nominated[1] = SimpleNamespace(remote_addr=(address, 5000))
            self.near = estimator.is_nearby()

        await knowing_its_way(receive)(receiver)
        await server.close()
        near: bool = receiver.near
        return near

    assert in_a_loop(started()) == nearby


# ---------------------------------------------------------------------- on an open connection
class Grain(VideoStreamTrack):
    """Pictures that no encoder can make small."""

    def __init__(self) -> None:
        super().__init__()
        self._random = np.random.default_rng(0)

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        picture = self._random.integers(0, 256, (240, 320, 3), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


def test_who_sends_is_told_less_as_more_people_come_and_more_as_they_leave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a new offer: in what the receiver reports of its estimate (REMB)."""
    viewers = 2
    monkeypatch.setattr(RtcReceiver, "receive", knowing_its_way(RtcReceiver.receive))
    monkeypatch.setattr(
        RemoteBitrateEstimator,
        "add",
        within(RemoteBitrateEstimator.add, lambda: fair_share(viewers, cores=2)),
    )

    async def watched() -> None:
        nonlocal viewers
        browser, server = RTCPeerConnection(), RTCPeerConnection()
        sender: Any = browser.addTrack(Grain())
        frames: Any = None

        @server.on("track")
        def on_track(track: Any) -> None:
            nonlocal frames
            frames = MediaBlackhole()
            frames.addTrack(track)

        await browser.setLocalDescription(await browser.createOffer())
        await server.setRemoteDescription(browser.localDescription)
        await server.setLocalDescription(await server.createAnswer())
        await browser.setRemoteDescription(server.localDescription)
        await frames.start()

        def told() -> int:
            encoder = sender._RTCRtpSender__encoder
            return 0 if encoder is None else int(encoder.target_bitrate)

        await until_in_loop(lambda: told() > 1_200_000)
        viewers = 4
        await until_in_loop(lambda: 0 < told() <= 1_000_000)
        viewers = 2
        await until_in_loop(lambda: told() > 1_200_000)
        await frames.stop()
        await browser.close()
        await server.close()

    in_a_loop(watched(), 3 * LONG_S)

"""What a browser is told about how much it may send."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiortc import RTCPeerConnection, VideoStreamTrack

from pose_ui.webrtc.bindings import RemoteBitrateEstimator
from pose_ui.webrtc.bitrate import asking_for, at_most, fair_share
from tests.support.waiting import in_a_loop


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

    def add(self, *args: Any, **named: Any) -> Any:
        return self.says


@pytest.mark.parametrize(
    ("says", "told"), [(None, None), ((900_000, [1]), (900_000, [1])), ((9_000_000, [1]), (1_000_000, [1]))]
)
def test_an_estimate_never_exceeds_the_share(says: Any, told: Any) -> None:
    estimator = Estimator()
    estimator.says = says
    assert at_most(Estimator.add, lambda: fair_share(4, cores=2))(estimator, 0, 0, 0, 0) == told

"""An offer from a browser: its steps are told, also when nobody wants the connection any more."""

from __future__ import annotations

import asyncio
import inspect
import math
from typing import Any

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import VideoStreamTrack
from streamlit_webrtc import WebRtcMode
from streamlit_webrtc.webrtc import WebRtcWorker

from pose_ui.webrtc.bindings import ice
from pose_ui.webrtc.tracks import DrawnTrack, Player, ended_player
from pose_ui.webrtc.video import noting_arrival, noting_steps
from tests.support.waiting import LONG_S, in_a_loop, until_in_loop


def new_worker(player: Player) -> Any:
    nothing = dict.fromkeys(list(inspect.signature(WebRtcWorker.__init__).parameters)[1:])
    its = {
        "mode": WebRtcMode.SENDRECV,
        "loop": asyncio.get_running_loop(),
        "relay": MediaRelay(),
        "player_factory": lambda: player,
        "sendback_video": True,
    }
    return WebRtcWorker(**{**nothing, **its})


async def offer_to(worker: Any, browser: RTCPeerConnection) -> None:
    browser.addTrack(VideoStreamTrack())
    await browser.setLocalDescription(await browser.createOffer())
    offer = browser.localDescription
    answer = await asyncio.to_thread(worker.process_offer, offer.sdp, offer.type, LONG_S)
    await browser.setRemoteDescription(RTCSessionDescription(answer.sdp, answer.type))


def test_the_player_learns_of_each_step_and_of_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WebRtcWorker, "process_offer", noting_steps(WebRtcWorker.process_offer))
    monkeypatch.setattr(ice.Connection, "data_received", noting_arrival(ice.Connection.data_received))
    steps: list[str] = []

    async def connect() -> None:
        player, browser = Player(DrawnTrack(), note=steps.append), RTCPeerConnection()
        assert player.video.heard_s() == math.inf
        worker = new_worker(player)
        await offer_to(worker, browser)
        await until_in_loop(lambda: "connection_connected" in steps)
        await until_in_loop(lambda: player.video.heard_s() < math.inf)
        first_s = player.video.heard_s()
        await until_in_loop(lambda: player.video.heard_s() > first_s)
        await asyncio.to_thread(worker.stop)
        await browser.close()

    in_a_loop(connect(), 3 * LONG_S)
    assert steps[0] == "offer"
    assert steps.index("answer") < steps.index("connection_connected")


def test_an_offer_that_nobody_wants_any_more_is_answered_without_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(WebRtcWorker, "process_offer", noting_steps(WebRtcWorker.process_offer))

    async def connect() -> None:
        browser = RTCPeerConnection()
        worker = new_worker(ended_player())
        await offer_to(worker, browser)
        await asyncio.to_thread(worker.stop)
        await browser.close()

    in_a_loop(connect(), 3 * LONG_S)

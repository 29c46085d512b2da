"""A whole WebRTC session in one process: a client's frames to a live stream, and drawn frames back."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.codecs.vpx import Vp8Decoder, Vp8Encoder, vp8_depayload
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError, VideoStreamTrack

from pose_core.models.pool import PosePool
from pose_core.performer.samples import sample_clip
from pose_core.pipeline.live import ClipSource, LiveSettings, PerformerSource, Source
from pose_core.settings import DetectionSettings, DrawSettings, PoseSettings
from pose_core.skeleton import INDEX
from pose_ui.live_view.connection import Connection
from pose_ui.live_view.seats import Seats
from pose_ui.webrtc.tracks import DrawnTrack, Player, ended_player
from pose_ui.webrtc.video import NewestRelay, timed
from tests.support.poses import Performer
from tests.support.waiting import LONG_S, in_a_loop, until_in_loop

NOBODY_ASKED = RTCConfiguration(iceServers=[])
SETTINGS = LiveSettings(
    pose=PoseSettings(detection=DetectionSettings(model="lite"), draw=DrawSettings(names=False)),
    mirror=False,
    adaptive=False,
)


class Camera(VideoStreamTrack):
    """Sends the same picture repeatedly."""

    def __init__(self, rgb: Any) -> None:
        super().__init__()
        self._rgb = rgb

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame.from_ndarray(self._rgb, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Session:
    """Both ends of a connection, with the server's end wired as in streamlit-webrtc."""

    def __init__(self, player: Player, camera: Camera | None = None) -> None:
        self.player = player
        self.server = RTCPeerConnection(NOBODY_ASKED)
        self.client = RTCPeerConnection(NOBODY_ASKED)
        self.received: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        relay = NewestRelay()
        sink = player.sink

        @self.server.on("track")
        def on_camera(track: Any) -> None:
            assert sink is not None
            sink.addTrack(relay.subscribe(track))
            sink.start()

        @self.client.on("track")
        def on_drawn(track: Any) -> None:
            self.received.set_result(track)

        if camera is not None:
            self.client.addTrack(camera)
        else:
            self.client.addTransceiver("video", direction="recvonly")
        self._relay = relay
        self._sink = sink

    async def connect(self) -> Any:
        await self.client.setLocalDescription(await self.client.createOffer())
        await self.server.setRemoteDescription(self.client.localDescription)
        self.server.addTrack(self._relay.subscribe(self.player.video))
        await self.server.setLocalDescription(await self.server.createAnswer())
        await self.client.setRemoteDescription(self.server.localDescription)
        return await asyncio.wait_for(self.received, LONG_S)

    async def close(self) -> None:
        if self._sink is not None:
            self._sink.stop()
        self.player.video.stop()
        await self.client.close()
        await self.server.close()


@pytest.fixture
def pool() -> Iterator[PosePool]:
    pool = PosePool(image_limit=1, stream_limit=1)
    yield pool
    pool.close()


def started(pool: PosePool) -> Connection:
    """A connection whose visitor pressed Start."""
    connection = Connection(Seats(lambda: pool))
    connection.ask()
    connection.shown(None, camera=False)
    return connection


async def _frames(track: Any, count: int) -> list[Any]:
    return [(await asyncio.wait_for(track.recv(), LONG_S)).to_ndarray(format="rgb24") for _ in range(count)]


def _red_near(picture: Any, xy: Any, reach: int = 14) -> bool:
    x, y = np.rint(xy).astype(int)
    area = picture[y - reach : y + reach + 1, x - reach : x + reach + 1].astype(int)
    return bool(
        ((area[..., 0] > 150) & (area[..., 0] - area[..., 1] > 60) & (area[..., 0] - area[..., 2] > 60)).any()
    )


def test_the_camera_picture_returns_with_a_skeleton_on_it(pool: PosePool, performer: Performer) -> None:
    person = performer("arm_raise", 0.3)

    async def watch() -> None:
        session = Session(started(pool).player(SETTINGS, lambda: None), Camera(person.rgb))
        track = await session.connect()
        pictures = await _frames(track, 20)
        assert pictures[-1].shape == person.rgb.shape
        for joint in ("left_shoulder", "right_shoulder", "left_knee"):
            truth = person.landmarks_px[0, INDEX[joint]]
            assert _red_near(pictures[-1], truth), joint
            assert not _red_near(person.rgb, truth), "it was not there before"
        assert pool.status().streams == 1
        await session.close()
        await until_in_loop(lambda: not pool.status().streams)

    in_a_loop(watch(), 3 * LONG_S)


def test_an_offer_nobody_wants_any_more_gets_no_frames() -> None:
    async def watch() -> None:
        session = Session(ended_player())
        track = await session.connect()
        with pytest.raises((MediaStreamError, TimeoutError)):
            await asyncio.wait_for(track.recv(), 0.5)
        await session.close()

    in_a_loop(watch(), 3 * LONG_S)


@pytest.mark.parametrize("source", ["performer", "clip"])
def test_sources_without_a_camera_take_the_same_path(pool: PosePool, source: str) -> None:
    async def watch() -> None:
        made: Source = (
            PerformerSource("jack", (640, 480)) if source == "performer" else ClipSource(sample_clip())
        )
        connection = started(pool)
        session = Session(connection.player(SETTINGS, lambda: made))
        track = await session.connect()
        pictures = await _frames(track, 8)
        assert all(picture.shape == (480, 640, 3) for picture in pictures)
        stream = connection.stream
        assert stream is not None
        assert connection.phase == "playing"
        assert stream.status().people == (1,)
        assert any(np.abs(a.astype(int) - b.astype(int)).max() > 60 for a, b in itertools.pairwise(pictures))
        assert "decode" in stream.status().figures.steps_ms
        await session.close()
        await until_in_loop(lambda: not pool.status().streams)
        assert stream.closed

    in_a_loop(watch(), 3 * LONG_S)
    assert not [thread for thread in threading.enumerate() if thread.name == "posedeck-live"]


def test_each_drawn_frame_is_sent_once_and_only_the_newest() -> None:
    async def watch() -> None:
        events: list[str] = []
        track = DrawnTrack(lambda: events.append("asked"), lambda: events.append("stopped"))
        put = track.put
        waiting = asyncio.ensure_future(track.recv())
        await asyncio.sleep(0)
        first = av.VideoFrame(32, 32, "rgb24")
        put(first)
        assert await asyncio.wait_for(waiting, LONG_S) is first
        frames = [av.VideoFrame(32, 32, "rgb24") for _ in range(3)]
        for frame in frames:
            put(frame)
        assert await asyncio.wait_for(track.recv(), LONG_S) is frames[-1]
        assert frames[-1].pts > first.pts
        again = asyncio.ensure_future(track.recv())
        for _ in range(10):  # turns of the event loop
            await asyncio.sleep(0)
        assert not again.done(), "nothing is sent twice"
        stop = threading.Thread(target=track.stop)  # from any thread
        stop.start()
        with pytest.raises(MediaStreamError):
            await asyncio.wait_for(again, LONG_S)
        stop.join(LONG_S)
        track.stop()
        assert events == ["asked", "stopped"], "each once"

    in_a_loop(watch(), 3 * LONG_S)


def test_a_slow_receiver_of_the_relay_gets_the_newest_frame(performer: Performer) -> None:
    class Counting(VideoStreamTrack):
        sent = 0

        async def recv(self) -> av.VideoFrame:
            await asyncio.sleep(0.001)
            frame = av.VideoFrame(16, 16, "rgb24")
            frame.pts = Counting.sent
            Counting.sent += 1
            return frame

    async def watch() -> None:
        source = Counting()
        track = NewestRelay().subscribe(source)
        for _ in range(5):
            await track.recv()
            enough = Counting.sent + 10
            await until_in_loop(lambda enough=enough: Counting.sent >= enough)
        frame = await track.recv()
        assert Counting.sent - frame.pts <= 3, "it did not queue up"
        track.stop()
        source.stop()

    in_a_loop(watch(), 3 * LONG_S)


def test_decoders_leave_their_time_on_each_frame() -> None:
    encoder = Vp8Encoder()
    frame = av.VideoFrame(320, 240, "yuv420p")
    frame.pts, frame.time_base = 0, Fraction(1, 90_000)
    payloads, timestamp = encoder.encode(frame, force_keyframe=True)
    data = b"".join(vp8_depayload(payload) for payload in payloads)
    (decoded,) = timed(Vp8Decoder.decode)(Vp8Decoder(), JitterFrame(data=data, timestamp=timestamp))
    assert decoded.opaque > 0

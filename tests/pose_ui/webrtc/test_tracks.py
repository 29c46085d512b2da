"""A whole WebRTC session in one process: a client's frames to a live stream, its drawn frames back."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
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
from pose_core.pipeline.live import ClipSource, LiveSettings, LiveStream, PerformerSource, Source
from pose_core.settings import DetectionSettings, DrawSettings, PoseSettings
from pose_core.skeleton import INDEX
from pose_ui.webrtc.tracks import DrawnTrack, Player, camera_sink
from pose_ui.webrtc.video import NewestRelay, timed
from tests.conftest import Performer, in_a_loop

LONG_S = 60.0
NOBODY_ASKED = RTCConfiguration(iceServers=[])
SETTINGS = LiveSettings(
    pose=PoseSettings(detection=DetectionSettings(model="lite"), draw=DrawSettings(names=False)),
    mirror=False,
    adaptive=False,
)


class Camera(VideoStreamTrack):
    """Sends one picture again and again."""

    def __init__(self, rgb: Any) -> None:
        super().__init__()
        self._rgb = rgb

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame.from_ndarray(self._rgb, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Session:
    """Both ends of a connection, the server's wired as streamlit-webrtc wires it."""

    def __init__(
        self, stream: LiveStream, source: Source | None = None, camera: Camera | None = None
    ) -> None:
        self.player = Player(DrawnTrack(stream, source))
        self.server = RTCPeerConnection(NOBODY_ASKED)
        self.client = RTCPeerConnection(NOBODY_ASKED)
        self.received: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        relay = NewestRelay()
        sink = camera_sink(stream)

        @self.server.on("track")
        def on_camera(track: Any) -> None:
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
        self._sink.stop()
        self.player.video.stop()
        await self.client.close()
        await self.server.close()


@pytest.fixture
def pool() -> Iterator[PosePool]:
    pool = PosePool(image_limit=1, stream_limit=1)
    yield pool
    pool.close()


async def _frames(track: Any, count: int) -> list[Any]:
    return [(await asyncio.wait_for(track.recv(), LONG_S)).to_ndarray(format="rgb24") for _ in range(count)]


async def _until_free(pool: PosePool) -> None:
    deadline = time.monotonic() + LONG_S
    while pool.status().streams:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def _red_near(picture: Any, xy: Any, reach: int = 14) -> bool:
    x, y = np.rint(xy).astype(int)
    area = picture[y - reach : y + reach + 1, x - reach : x + reach + 1].astype(int)
    return bool(
        ((area[..., 0] > 150) & (area[..., 0] - area[..., 1] > 60) & (area[..., 0] - area[..., 2] > 60)).any()
    )


def test_the_camera_comes_back_with_a_skeleton_on_it(pool: PosePool, performer: Performer) -> None:
    person = performer("arm_raise", 0.3)

    async def watch() -> None:
        session = Session(LiveStream(pool, SETTINGS), camera=Camera(person.rgb))
        track = await session.connect()
        pictures = await _frames(track, 20)
        assert pictures[-1].shape == person.rgb.shape
        for joint in ("left_shoulder", "right_shoulder", "left_knee"):
            truth = person.landmarks_px[0, INDEX[joint]]
            assert _red_near(pictures[-1], truth), joint
            assert not _red_near(person.rgb, truth), "it was not there before"
        assert pool.status().streams == 1
        await session.close()
        await _until_free(pool)

    in_a_loop(watch(), 3 * LONG_S)


@pytest.mark.parametrize("source", ["performer", "clip"])
def test_sources_without_a_camera_go_the_same_way(pool: PosePool, source: str) -> None:
    async def watch() -> None:
        made: Source = (
            PerformerSource("jack", (640, 480)) if source == "performer" else ClipSource(sample_clip())
        )
        stream = LiveStream(pool, SETTINGS)
        session = Session(stream, made)
        track = await session.connect()
        pictures = await _frames(track, 8)
        assert all(picture.shape == (480, 640, 3) for picture in pictures)
        assert stream.status().people == (1,)
        assert any(np.abs(a.astype(int) - b.astype(int)).max() > 60 for a, b in itertools.pairwise(pictures))
        assert "decode" in stream.status().figures.steps_ms
        await session.close()
        await _until_free(pool)

    in_a_loop(watch(), 3 * LONG_S)
    assert not [thread for thread in threading.enumerate() if thread.name == "posedeck-live"]


def test_each_drawn_frame_is_given_once_and_the_newest_only(pool: PosePool) -> None:
    async def watch() -> None:
        stream = LiveStream(pool, SETTINGS)
        track = DrawnTrack(stream)
        put = stream.on_drawn
        assert put is not None
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
        done, _ = await asyncio.wait([again], timeout=0.05)
        assert not done, "nothing is sent twice"
        threading.Thread(target=track.stop).start()  # from any thread
        with pytest.raises(MediaStreamError):
            await asyncio.wait_for(again, LONG_S)
        assert stream.closed

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
            await asyncio.sleep(0.05)
        frame = await track.recv()
        assert Counting.sent > 30
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

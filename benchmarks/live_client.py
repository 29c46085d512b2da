"""Viewers of a live page without a browser: Streamlit's WebSocket, streamlit-webrtc's signalling, and WebRTC itself.

A browser would use most of the cores that are to be measured. This module does a browser's work instead:

- `StreamlitPage` opens the page, keeps the elements it receives, answers with the state of its widgets, and reruns
  fragments that ask for it (``run_every``), since their work is part of the server's load.
- `Viewer` plays the role of streamlit-webrtc's component, which exchanges offer and answer through its value and its
  argument ``sdp_answer_json``; it sends a clip with numbered pictures and records when each number is returned.

All viewers share one process of their own, so that their cost can be separated from the server's. The message types are
Streamlit's own (``streamlit.proto``) and depend on the pinned version.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import av
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.mediastreams import MediaStreamError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from benchmarks.live_clip import FRAME_RATE_HZ, Clip, packet_at, performer_clip, read_code, top_band
from benchmarks.server import descendants, memory_mb

__all__ = ["Input", "Job", "Recording", "StreamlitPage", "Viewer", "Watched", "cpu_s", "watch"]

CONNECT_LIMIT_S: Final = 60.0
WARM_UP_S: Final = 5.0  # by then aiortc's bitrate has risen, and the first detection is done
_JITTER_BUFFER: Final = "_RTCRtpReceiver__jitter_buffer"
_COMPONENT: Final = ".webrtc_streamer"  # end of the component's registered name
_STOPPED: Final = {"playing": False, "sdpOffer": "", "iceCandidates": {}}
_PLAYING: Final = _STOPPED | {"playing": True}
_TRIGGERS: Final = ("trigger_value", "json_trigger_value", "string_trigger_value")


@dataclass(frozen=True, slots=True)
class Input:
    """Something a viewer sets or presses before the camera starts.

    Attributes
    ----------
    element : str
        Key of the element, or its label as the page shows it.
    field : str
        Field of Streamlit's ``WidgetState`` that holds the value: ``trigger_value`` presses a button, ``bool_value``
        is a toggle, ``string_value`` or ``int_value`` a choice, ``json_value`` the state of a component (as JSON text).
    value : bool, int, float, str or list
    """

    element: str
    field: str
    value: Any


@dataclass(frozen=True, slots=True)
class _Widget:
    id: str
    label: str
    fragment_id: str

    @property
    def key(self) -> str:
        return self.id.split("-", 2)[-1]  # "$$ID-<hash>-<key>"


def _widget_state(widget_id: str, name: str, value: Any) -> WidgetState:
    state = WidgetState(id=widget_id)
    if isinstance(value, list):
        getattr(state, name).data.extend(value)
    else:
        setattr(state, name, value)
    return state


class StreamlitPage:
    """A page as a browser sees it, over an open WebSocket.

    Parameters
    ----------
    send : callable
        Sends the bytes of a message to the server.
    page : str
        Name of the page in the address; empty for the first one.
    query : str
        Query of the address, such as ``"lang=en"``.

    Attributes
    ----------
    component_args : dict or None
        What the server last told streamlit-webrtc's component; None until there is one.
    runs : int
        How often the whole page has run to its end.
    """

    def __init__(self, send: Callable[[bytes], None], page: str = "", query: str = "") -> None:
        self.component_args: dict[str, Any] | None = None
        self.runs = 0
        self._send = send
        self._page = page
        self._query = query
        self._page_hash = ""
        self._component: _Widget | None = None
        self._widgets: dict[str, _Widget] = {}
        self._states: dict[str, WidgetState] = {}
        self._texts: dict[tuple[int, ...], str] = {}
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self._changed = asyncio.Event()

    def rerun(self, fragment_id: str = "", *, automatic: bool = False) -> None:
        """Ask for a run of the script, or of one fragment, with the current state of all widgets."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        state.page_name = "" if self._page_hash else self._page
        state.page_script_hash = self._page_hash
        state.fragment_id = fragment_id
        state.is_auto_rerun = automatic
        state.widget_states.widgets.extend(self._states.values())
        self._send(message.SerializeToString())
        self._states = {
            name: one for name, one in self._states.items() if one.WhichOneof("value") not in _TRIGGERS
        }

    def handle(self, data: bytes) -> None:
        """Handle one message from the server."""
        message = ForwardMsg()
        message.ParseFromString(data)
        match message.WhichOneof("type"):
            case "delta":
                if message.delta.WhichOneof("type") == "new_element":
                    self._show(message)
            case "navigation":
                self._page_hash = message.navigation.page_script_hash
            case "script_finished" if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                self.runs += 1
            case "new_session" if message.new_session.page_script_hash:
                self._page_hash = message.new_session.page_script_hash
            case "auto_rerun":
                self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "stop_auto_rerun":
                for fragment_id in message.stop_auto_rerun.fragment_ids:
                    self._stop_timer(fragment_id)
        self._changed.set()

    def _show(self, message: ForwardMsg) -> None:
        kind = message.delta.new_element.WhichOneof("type")
        if kind is None:
            return
        element = getattr(message.delta.new_element, kind)
        fields = element.DESCRIPTOR.fields_by_name
        text = next((getattr(element, name) for name in ("label", "body", "message") if name in fields), "")
        self._texts[tuple(message.metadata.delta_path)] = f"{kind}: {text}"
        if "id" not in fields or not element.id:
            return
        widget = _Widget(element.id, getattr(element, "label", ""), message.delta.fragment_id)
        self._widgets[widget.id] = widget
        if kind == "component_instance" and element.component_name.endswith(_COMPONENT):
            self._component = widget
            self.component_args = json.loads(element.json_args)

    def _start_timer(self, fragment_id: str, interval_s: float) -> None:
        running = self._timers.get(fragment_id)
        if running and running[0] == interval_s:
            return
        self._stop_timer(fragment_id)

        async def repeat() -> None:
            while True:
                await asyncio.sleep(interval_s)
                self.rerun(fragment_id, automatic=True)

        self._timers[fragment_id] = (interval_s, asyncio.create_task(repeat()))

    def _stop_timer(self, fragment_id: str) -> None:
        if fragment_id in self._timers:
            self._timers.pop(fragment_id)[1].cancel()

    def stop_timers(self) -> None:
        """Stop all automatic reruns of fragments."""
        for fragment_id in tuple(self._timers):
            self._stop_timer(fragment_id)

    def find(self, element: str) -> str | None:
        """Return the id of the widget with this key or label; if there are several, of the one shown last."""
        for widget in reversed(self._widgets.values()):
            if element in (widget.key, widget.label):
                return widget.id
        return None

    def set(self, widget_id: str, name: str, value: Any) -> None:
        """Give a widget a value and let the page react, as its frontend would; `name` is like `Input.field`."""
        self._states[widget_id] = _widget_state(widget_id, name, value)
        self.rerun(self._widgets[widget_id].fragment_id)

    def set_component(self, value: dict[str, Any]) -> None:
        """Send a value as streamlit-webrtc's component, which must be on the page."""
        assert self._component is not None
        self.set(self._component.id, "json_value", json.dumps(value))

    async def until(self, what: str, holds: Callable[[], bool]) -> None:
        """Wait until a message from the server makes `holds` true.

        Raises
        ------
        TimeoutError
            If none does in time; the message says what was on the page.
        """
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            shown = "; ".join(text for text in self._texts.values() if not text.endswith(": "))
            raise TimeoutError(
                f"{what} did not arrive within {CONNECT_LIMIT_S:g} s; the page shows: {shown[:1500]}"
            ) from None


class _BrowserJitterBuffer(JitterBuffer):
    """Assembles packets as browsers do: a frame ends at its marker bit.

    aiortc waits for a packet with another time stamp, which adds a frame interval of delay, and treats frames that
    share a time stamp as one, which no decoder can read. streamlit-webrtc sends such frames as soon as it falls behind:
    it repeats the last result as one object, and overwrites its time stamp while it waits in a queue.
    """

    def _remove_frame(self, sequence_number: int) -> JitterFrame | None:
        assert self._origin is not None
        data = []
        for count in range(self.capacity):
            packet = self._packets[(self._origin + count) % self.capacity]
            if packet is None:
                return None
            data.append(packet._data)  # type: ignore[attr-defined]  # aiortc puts it there: the payload without header
            if packet.marker:
                self.remove(count + 1)
                return JitterFrame(b"".join(data), packet.timestamp)
        return None


class _Camera(MediaStreamTrack):
    """The clip as a camera: one picture every 1/30 s, and the times when they were handed over."""

    kind = "video"

    def __init__(self, clip: Clip) -> None:
        super().__init__()
        self.sent_s: list[float] = []
        self._clip = clip
        self._start_s = 0.0

    async def recv(self) -> av.Packet[Any]:
        number = len(self.sent_s)
        now_s = time.perf_counter()
        wait_s = self._start_s + number / FRAME_RATE_HZ - now_s
        if not number or wait_s < -1 / FRAME_RATE_HZ:
            # At the start, or if the process got no core in time: like a camera, never catch up with a burst.
            self._start_s = now_s - number / FRAME_RATE_HZ
        elif wait_s > 0:
            await asyncio.sleep(wait_s)
        self.sent_s.append(time.perf_counter())
        return packet_at(self._clip, number)


@dataclass(frozen=True, slots=True)
class Watched:
    """What one viewer sent and saw; all times are on the clock of `time.perf_counter`.

    Attributes
    ----------
    sent_s : list of float
        When picture ``i`` was handed to WebRTC.
    seen : list of (float, int or None)
        When a returned picture was decoded, and the code in it; None if it could not be read.
    """

    sent_s: list[float]
    seen: list[tuple[float, int | None]]


class Viewer:
    """A viewer: connects, sends the clip, and records what is returned.

    Parameters
    ----------
    page : StreamlitPage
    clip : Clip
    """

    def __init__(self, page: StreamlitPage, clip: Clip) -> None:
        self.seen: list[tuple[float, int | None]] = []
        self._page = page
        self._camera = _Camera(clip)
        self._first_seen = asyncio.Event()
        self._connection: RTCPeerConnection | None = None
        self._receiving: asyncio.Task[None] | None = None

    @property
    def watched(self) -> Watched:
        """What has been sent and seen so far."""
        return Watched(self._camera.sent_s, self.seen)

    async def start(self, inputs: tuple[Input, ...]) -> None:
        """Apply `inputs`, connect, and return once the first readable picture has been returned.

        Raises
        ------
        TimeoutError
            If a step takes too long.
        """
        page = self._page
        page.rerun()
        await page.until("The page", lambda: page.runs > 0)  # nobody can press a button before that
        for one in inputs:
            runs = page.runs
            await self._use(one)
            await page.until("The page", lambda runs=runs: page.runs > runs)  # type: ignore[misc]
        await page.until("The camera component", lambda: page.component_args is not None)
        page.set_component(_STOPPED)  # as the component does when it appears
        await page.until("Permission to start", lambda: self._args.get("desired_playing_state") is not False)
        await self._connect()
        async with asyncio.timeout(CONNECT_LIMIT_S):
            await self._first_seen.wait()

    async def _use(self, one: Input) -> None:
        await self._page.until(
            f"The element {one.element!r}", lambda: self._page.find(one.element) is not None
        )
        widget_id = self._page.find(one.element)
        assert widget_id is not None
        self._page.set(widget_id, one.field, one.value)

    @property
    def _args(self) -> dict[str, Any]:
        return self._page.component_args or {}

    async def _connect(self) -> None:
        servers = self._args["rtc_configuration"].get("iceServers") or []
        self._connection = RTCPeerConnection(RTCConfiguration([RTCIceServer(**server) for server in servers]))
        connected = asyncio.Event()

        @self._connection.on("connectionstatechange")
        def on_state() -> None:
            if self._connection and self._connection.connectionState == "connected":
                connected.set()

        @self._connection.on("track")
        def on_track(track: MediaStreamTrack) -> None:
            self._receiving = asyncio.create_task(self._receive(track))

        transceiver = self._connection.addTransceiver(self._camera, direction="sendrecv")
        # There is no public way to choose the buffer; but aiortc is pinned, and real viewers have a browser's buffer.
        buffer = _BrowserJitterBuffer(capacity=512, is_video=True)
        assert hasattr(transceiver.receiver, _JITTER_BUFFER)
        setattr(transceiver.receiver, _JITTER_BUFFER, buffer)
        codecs = RTCRtpSender.getCapabilities("video").codecs
        transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType == "video/VP8"])
        await self._connection.setLocalDescription(await self._connection.createOffer())
        offer = self._connection.localDescription  # includes the candidates, which a browser sends one by one
        self._page.set_component(_STOPPED | {"sdpOffer": {"sdp": offer.sdp, "type": offer.type}})
        await self._page.until("The answer", lambda: bool(self._args.get("sdp_answer_json")))
        answer = json.loads(self._args["sdp_answer_json"])
        await self._connection.setRemoteDescription(RTCSessionDescription(**answer))
        async with asyncio.timeout(CONNECT_LIMIT_S):
            await connected.wait()
        self._page.set_component(_PLAYING)

    async def _receive(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                now_s = time.perf_counter()
                assert isinstance(frame, av.VideoFrame)
                code = read_code(top_band(frame))
                self.seen.append((now_s, code))
                if code is not None:
                    self._first_seen.set()

    async def stop(self) -> None:
        """Press Stop and disconnect."""
        if self._page.component_args is not None:
            self._page.set_component(_STOPPED)
        if self._receiving:
            self._receiving.cancel()
        if self._connection:
            await self._connection.close()


@dataclass(frozen=True, slots=True)
class Job:
    """The parameters of `watch`.

    Attributes
    ----------
    address : str
        Address of the server.
    server_pid : int
        Its process, whose processor time and memory are recorded.
    page, query : str
        As in `StreamlitPage`.
    inputs : tuple of Input
    size_wh : tuple of int
        Size of the pictures sent.
    viewers : int
    seconds : float
        How long to watch after all viewers have connected and `WARM_UP_S` has passed.
    """

    address: str
    server_pid: int
    page: str
    query: str
    inputs: tuple[Input, ...]
    size_wh: tuple[int, int]
    viewers: int
    seconds: float
    memory_every_s: float = 10.0


@dataclass(slots=True)
class Recording:
    """The result of a `Job`; all times are on one clock, and the measured span is from ``start_s`` to ``end_s``.

    Attributes
    ----------
    viewers : list of Watched
        The viewers that were connected.
    failures : list of str
        Why the others were not.
    server_cpu_s, client_cpu_s : float
        Processor time used in the span by the server and its children, and by all viewers together.
    memory : list of dict
        ``t_s`` after the start of the span, ``rss`` and ``private`` in MB; empty where there is no /proc.
    """

    viewers: list[Watched] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    start_s: float = 0.0
    end_s: float = 0.0
    server_cpu_s: float = 0.0
    client_cpu_s: float = 0.0
    memory: list[dict[str, float]] = field(default_factory=list)


def cpu_s(pid: int) -> float:
    """Return the processor seconds used by a process and its living children, from /proc (Linux)."""
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):  # gone meanwhile
            # The name, in brackets, may hold spaces; what follows it is state, parent, ..., utime, stime.
            values = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[int(entry.name)] = int(values[1])
            used[int(entry.name)] = int(values[11]) + int(values[12])
    ticks = sum(used.get(one, 0) for one in descendants(pid, parents))
    return float(ticks / os.sysconf("SC_CLK_TCK"))


@contextmanager
def _measured(recording: Recording, server_pid: int) -> Iterator[None]:
    recording.start_s = time.perf_counter()
    server_s, client_s = cpu_s(server_pid), time.process_time()
    yield
    recording.end_s = time.perf_counter()
    recording.server_cpu_s = cpu_s(server_pid) - server_s
    recording.client_cpu_s = time.process_time() - client_s


async def _note_memory(recording: Recording, job: Job) -> None:
    """Record the memory at the start and every `memory_every_s` until the span is over."""
    for step in range(int(job.seconds // job.memory_every_s) + 1):
        at_s = recording.start_s + step * job.memory_every_s
        await asyncio.sleep(max(0.0, at_s - time.perf_counter()))
        used = await asyncio.to_thread(memory_mb, job.server_pid)
        if used is not None:
            recording.memory.append({"t_s": round(step * job.memory_every_s, 1), **used})


@asynccontextmanager
async def opened_page(address: str, page_name: str, query: str) -> AsyncIterator[StreamlitPage]:
    """Open a page over its WebSocket, as a browser does; close it afterwards."""
    sends: set[asyncio.Task[None]] = set()

    def send(data: bytes) -> None:
        task = asyncio.create_task(socket.send(data))
        sends.add(task)
        task.add_done_callback(sends.discard)

    async def read(source: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for data in source:
                assert isinstance(data, bytes)
                page.handle(data)

    socket = await connect(
        f"{address.replace('http', 'ws', 1)}/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        origin=Origin(address),
        max_size=None,
        proxy=None,
    )
    page = StreamlitPage(send, page_name, query)
    reading = asyncio.create_task(read(socket))
    try:
        yield page
    finally:
        page.stop_timers()
        await asyncio.gather(*sends, return_exceptions=True)
        await socket.close()
        await reading


async def _visit(job: Job, clip: Clip, started: asyncio.Queue[Viewer | str], over: asyncio.Event) -> None:
    """Act as one viewer from opening the page until `over`; put the viewer, or why there is none, into `started`."""
    async with opened_page(job.address, job.page, job.query) as page:
        viewer = Viewer(page, clip)
        try:
            await viewer.start(job.inputs)
            started.put_nowait(viewer)
            await over.wait()
        except (TimeoutError, OSError) as error:
            started.put_nowait(str(error) or "The picture was not returned in time")
        finally:
            await viewer.stop()


async def _watch(job: Job) -> Recording:
    clip = performer_clip(job.size_wh)
    recording = Recording()
    started: asyncio.Queue[Viewer | str] = asyncio.Queue()
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(job.viewers):
            tasks.create_task(_visit(job, clip, started, over))
        everybody = [await started.get() for _ in range(job.viewers)]
        viewers = [one for one in everybody if isinstance(one, Viewer)]
        recording.failures = [one for one in everybody if isinstance(one, str)]
        if viewers:
            await asyncio.sleep(WARM_UP_S)
            with _measured(recording, job.server_pid):
                noting = asyncio.create_task(_note_memory(recording, job))
                await asyncio.sleep(job.seconds)
                await noting
            recording.viewers = [one.watched for one in viewers]
        over.set()
    return recording


def watch(job: Job) -> Recording:
    """Let viewers watch a page; meant for a process of its own."""
    return asyncio.run(_watch(job))

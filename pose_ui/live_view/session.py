"""One visitor's live stream: what it is doing, and how it gets from start to stop. Lives in ``st.session_state``."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final, Literal

import streamlit as st
from streamlit_webrtc import MediaSink

from pose_core.errors import PoseCoreError
from pose_core.media.clips import read_clip
from pose_core.models.pool import PosePool
from pose_core.pipeline.live import LiveSettings, LiveStatus, LiveStream, Source
from pose_core.tracking.history import History
from pose_core.tracking.recorder import Recorder
from pose_core.tracking.recording import Recording
from pose_core.watching import FrameSink
from pose_ui.live_view.camera_check import CameraReport
from pose_ui.live_view.trouble import LiveTrouble
from pose_ui.shell.state import ENTERED, LIVE
from pose_ui.webrtc.tracks import DrawnTrack, Player, camera_sink

__all__ = ["LiveSession", "Phase", "SourceKind", "live_session"]

SourceKind = Literal["camera", "performer", "clip"]
#: idle -> (waiting for a seat) -> (checking the camera) -> connecting -> playing -> stopping -> idle
Phase = Literal["idle", "waiting", "checking", "connecting", "playing", "stopping"]

#: Browsers and aiortc settle a connection within 1 to 3 s; a relay far away may take some more.
_CONNECT_LIMIT_S: Final = 12.0
#: A busy machine may miss the moment; a way that does not exist is not found by trying for long.
_ATTEMPTS: Final = 2
_SILENCE_LIMIT_S: Final = 10.0
_STOP_LIMIT_S: Final = 4.0


@dataclass
class LiveSession:
    """State of the Live page.

    Attributes
    ----------
    phase : Phase
    turn : int
        Counts the checks of the camera.
    stream : LiveStream or None
        The running one, or the last one.
    history : History
        What watches it for the charts.
    trouble : LiveTrouble or None
        Why it stopped by itself.
    recording : Recording or None
        The last finished one.
    recorder : Recorder or None
        The one that runs.
    asked : bool
        Start as soon as nothing runs: the visitor wants it, or a choice needs a new connection.
    player : Player or None
        What the connection plays; None while there is none.
    clip, clip_name : bytes and str, or None
        The visitor's own video file; None stands for the sample.
    clip_problem : PoseCoreError or None
        Why the last file was not taken.
    uploads : int
        Counts uploads: each gets a fresh, empty uploader.
    """

    phase: Phase = "idle"
    turn: int = 0
    stream: LiveStream | None = None
    history: History = field(default_factory=History)
    trouble: LiveTrouble | None = None
    recording: Recording | None = None
    recorder: Recorder | None = None
    asked: bool = False
    player: Player | None = None
    clip: bytes | None = None
    clip_name: str | None = None
    clip_problem: PoseCoreError | None = None
    uploads: int = 0
    _attempts: int = 0
    _since_s: float = field(default_factory=time.monotonic)

    def _go(self, phase: Phase) -> None:
        self.phase = phase
        self._since_s = time.monotonic()

    @property
    def on(self) -> bool:
        """Whether the visitor wants to watch."""
        return self.phase in ("waiting", "checking", "connecting", "playing")

    @property
    def is_recording(self) -> bool:
        """Whether a recording runs."""
        return self.recorder is not None

    @property
    def connected(self) -> bool:
        """Whether the browser should hold a connection."""
        return self.phase in ("connecting", "playing")

    # ------------------------------------------------------------------ what the visitor does
    def ask(self) -> None:
        """The visitor wants to watch: the page's next run starts what is chosen by then."""
        if not self.on:
            self.asked = True

    def start(self, source: SourceKind, pool: PosePool) -> None:
        """Begin: take a seat if there is one, else wait for it."""
        self.trouble = None
        self.asked = False
        if pool.seats_free <= 0:
            self._go("waiting")
        elif source == "camera":
            self.turn += 1
            self._go("checking")
        else:
            self._go("connecting")

    def stop(self) -> None:
        """End it; a running recording is kept."""
        self.keep_recording()
        self.asked = False
        self._go("stopping" if self.connected else "idle")
        self._let_go()

    def restart(self) -> None:
        """A choice changed that needs a new connection; does nothing while nothing runs."""
        if self.on and self.phase != "waiting":
            self.stop()
            self.asked = True

    def leave(self) -> None:
        """The visitor was on another page, which ended the connection."""
        self.keep_recording()
        self._let_go()
        self.asked = False
        self._go("idle")

    def fail(self, trouble: LiveTrouble) -> None:
        """Stop because of trouble, and remember which."""
        self.stop()
        self._attempts = 0
        self.trouble = trouble

    def _let_go(self) -> None:
        if self.player is not None:
            self.player.video.stop()
            self.player = None

    def keep_recording(self) -> None:
        """Finish a running recording, and keep it if it holds anything."""
        recorder, self.recorder = self.recorder, None
        if recorder is not None and self.stream is not None:
            self.stream.watchers.remove(recorder, sinks=_sinks(recorder))
            recording = recorder.stop()
            if len(recording.time_s):
                self.recording = recording

    def start_recording(self, *, clip: bool) -> None:
        """Record from now on; the last recording is kept until this one is finished."""
        if self.phase == "playing" and self.stream is not None:
            self.keep_recording()
            self.recorder = Recorder(self.stream.settings.pose, clip=clip)
            self.stream.watchers.add(self.recorder, sinks=_sinks(self.recorder))

    def forget_recording(self) -> None:
        """Let the last recording go."""
        self.recording = None

    def take_clip(self, name: str | None, data: bytes | None) -> None:
        """Play this video file from now on if it can be played; None for the sample."""
        self.uploads += 1
        self.clip_problem = None
        try:
            if data is not None:
                read_clip(data)
        except PoseCoreError as error:
            self.clip_problem = error
        else:
            self.clip_name, self.clip = name, data

    # ------------------------------------------------------------------ what the browser reports
    def checked(self, report: CameraReport | None) -> bool:
        """The camera's check came back; whether that changed anything."""
        if report is None or report.turn != self.turn:
            return False
        if report.state == "ready":
            if self.phase != "checking":
                return False
            self._go("connecting")
            return True
        if not self.on:
            return False
        self.fail(report.state)
        return True

    def open_stream(self, settings: LiveSettings, source: Source | None, pool: PosePool) -> Player:
        """The stream of this connection, with its track; the same one until it is let go."""
        if self.player is None:
            self.history = History()
            self.stream = LiveStream(pool, settings, watchers=[self.history])
            self.player = Player(DrawnTrack(self.stream, source))
        return self.player

    def sink(self) -> MediaSink:
        """Where the camera's frames go."""
        assert self.stream is not None
        return camera_sink(self.stream)

    def connection(self, *, playing: bool, signalling: bool) -> bool:
        """What streamlit-webrtc says of the connection; whether that changed anything."""
        if self.phase == "connecting" and playing:
            self._go("playing")
            self._attempts = 0
            return True
        if self.phase == "stopping" and not playing and not signalling:
            self._go("idle")
            return True
        return False

    def watch(self, status: LiveStatus | None, pool: PosePool) -> bool:
        """Look whether all is well, some times a second; whether the page has to be drawn anew."""
        elapsed_s = time.monotonic() - self._since_s
        before = self.phase
        if self.phase == "waiting" and pool.seats_free > 0:
            return True
        if self.phase == "stopping" and elapsed_s > _STOP_LIMIT_S:
            self._go("idle")
        elif self.phase == "connecting" and elapsed_s > _CONNECT_LIMIT_S:
            self._attempts += 1
            if self._attempts < _ATTEMPTS:
                self.restart()
            else:
                self.fail("ice_failed")
        elif self.phase == "playing" and self.stream is not None and status is not None:
            if status.problem is not None and status.problem.code == "seats_taken":
                self.restart()  # somebody was quicker: wait for the next seat
            elif self.stream.closed:
                self.fail("ended")
            elif (status.silent_s if status.silent_s is not None else elapsed_s) > _SILENCE_LIMIT_S:
                self.fail("no_frames")
        return self.phase != before


def _sinks(recorder: Recorder) -> tuple[FrameSink, ...]:
    return () if recorder.clip is None else (recorder.clip,)


def live_session() -> LiveSession:
    """The visitor's `LiveSession`."""
    if LIVE not in st.session_state:
        st.session_state[LIVE] = LiveSession()
    session: LiveSession = st.session_state[LIVE]
    if st.session_state.pop(ENTERED, False):
        session.leave()
    return session

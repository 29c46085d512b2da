"""A visitor's state on the Live page, kept in ``st.session_state``: a connection, a clip to play, a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from pose_core.errors import PoseCoreError
from pose_core.media.clips import read_clip
from pose_core.pipeline.live import LiveStream, ToldStream
from pose_core.tracking.recorder import Recorder
from pose_core.tracking.recording import Recording
from pose_ui.live_view.connection import Connection
from pose_ui.live_view.seats import seats
from pose_ui.shell.state import ENTERED, LIVE
from pose_ui.shell.streamlit_bindings import ShownPage

__all__ = ["LiveSession", "SourceKind", "live_session"]

SourceKind = Literal["camera", "performer", "clip"]


@dataclass
class LiveSession:
    """State of the Live page.

    Attributes
    ----------
    connection : Connection
    recording : Recording or None
        The last finished recording.
    recording_of : str
        What was played during it, to read.
    recorder : Recorder or None
        The running recorder; None while nothing is recorded.
    clip, clip_name : bytes and str, or None
        The visitor's own video file; None means the sample.
    clip_problem : (str, PoseCoreError) or None
        Name of the last file, and why it was rejected.
    uploads : int
        Counts uploads: each gets a fresh, empty uploader.
    note : str
        What another page has set and says, until the next stop; may be empty.
    snapshots : int
        Counts pictures that the browser was told to save, while it runs the model.
    frame : str or None
        Key of the picture's frame, if the last run of the page showed one.
    """

    connection: Connection
    recording: Recording | None = None
    recording_of: str = ""
    recorder: Recorder | None = None
    clip: bytes | None = None
    clip_name: str | None = None
    clip_problem: tuple[str, PoseCoreError] | None = None
    uploads: int = 0
    note: str = ""
    snapshots: int = 0
    frame: str | None = None
    _recorded: LiveStream | ToldStream | None = None
    _charted: ToldStream | None = None
    _recorded_of: str = ""

    def shown(self, source: SourceKind, *, browser_model: bool = False) -> None:
        """A run of the page begins, with this source chosen, and perhaps the model in the browser."""
        self.connection.shown(ShownPage(), camera=source == "camera", browser_model=browser_model)
        if self._recorded is not None and self._recorded.closed:
            self.keep_recording()  # the connection ended by itself

    def stop(self) -> None:
        """End the connection; a running recording is kept."""
        self.note = ""
        self.keep_recording()
        self.connection.stop()

    def restart(self) -> None:
        """Reconnect after a choice that needs it; does nothing if nothing runs."""
        self.keep_recording()
        self.connection.restart()

    def leave(self) -> None:
        """The visitor went to another page, which ended the connection."""
        self.keep_recording()
        self.connection.leave()
        self.frame = None

    @property
    def is_recording(self) -> bool:
        """Whether a recording is running."""
        return self._recorded is not None

    def start_recording(self, *, clip: bool, of: str = "") -> None:
        """Start recording what is played, `of` to read; the last recording is kept until this one is finished."""
        stream = self.connection.watched
        if self.connection.phase == "playing" and stream is not None:
            self.keep_recording()
            pictures = not isinstance(stream, ToldStream)
            self.recorder = Recorder(stream.settings.pose, clip=clip and pictures, stills=pictures)
            stream.watchers.add(self.recorder, sinks=self.recorder.sinks)
            self._recorded, self._recorded_of = stream, of

    def chart(self, wanted: bool) -> bool:
        """Have what the browser's own model finds told for the charts, or no longer; whether that is new."""
        told = self.connection.told if wanted and self.connection.model_in_browser else None
        if told is self._charted:
            return False
        history = self.connection.history
        if self._charted is not None:
            self._charted.watchers.remove(history)
        if told is not None:
            history.restart(0.0)  # what was seen before a pause cannot be compared
            told.watchers.add(history)
        self._charted = told
        return True

    def keep_recording(self) -> None:
        """Finish a running recording, and keep it if it has any frames."""
        stream, recorder = self._recorded, self.recorder
        self._recorded = self.recorder = None
        if stream is not None and recorder is not None:
            stream.watchers.remove(recorder, sinks=recorder.sinks)
            recording = recorder.stop()
            if len(recording.time_s):
                self.recording, self.recording_of = recording, self._recorded_of

    def forget_recording(self) -> None:
        """Delete the last recording."""
        self.recording = None

    def take_clip(self, name: str | None, data: bytes | None) -> None:
        """Use this video file if it can be played; None for the sample."""
        self.uploads += 1
        self.clip_problem = None
        try:
            if data is not None:
                read_clip(data)
        except PoseCoreError as error:
            self.clip_problem = name or "", error
        else:
            self.clip_name, self.clip = name, data


def live_session() -> LiveSession:
    """The visitor's `LiveSession`."""
    if LIVE not in st.session_state:
        st.session_state[LIVE] = LiveSession(Connection(seats()))
    session: LiveSession = st.session_state[LIVE]
    if st.session_state.get(ENTERED):
        session.leave()  # first: a run may be left at any access to the state, and this must not be lost
        del st.session_state[ENTERED]
    return session

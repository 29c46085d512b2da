"""What one connection plays, from the first frame to the last: source, stream and track."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import av

from pose_core.models.pool import PosePool
from pose_core.pipeline.live import LiveSettings, LiveStream, Source
from pose_core.tracking.history import History
from pose_ui.webrtc.tracks import DrawnTrack, Player, camera_sink

__all__ = ["Media"]

#: A camera sends a packet at least every 67 ms.
_CAMERA_SILENT_S: Final = 0.5
#: Who only receives sends a report each second, with up to half a second more or less.
_VIEWER_SILENT_S: Final = 1.6


class Media:
    """A live stream between its source and the browser.

    Parameters
    ----------
    pool : PosePool
    settings : LiveSettings
        The initial settings.
    source : Source or None
        On this machine; None for the camera, whose frames go to the player's sink.
    on_asked : callable
        Called once with this object, when the browser's connection is open and requests its first frame.
    on_ended : callable
        Called once with this object, when its track ends for any reason.
    note : callable, optional
        Gets the name of each step on the way to the first picture, some of them repeatedly, on any thread.

    Attributes
    ----------
    stream : LiveStream
    history : History
        Watches the stream for the charts.
    player : Player
    drawn : bool
        Whether a frame has been through the model.
    """

    def __init__(
        self,
        pool: PosePool,
        settings: LiveSettings,
        source: Source | None,
        on_asked: Callable[[Media], None],
        on_ended: Callable[[Media], None],
        note: Callable[[str], None] = lambda step: None,
    ) -> None:
        self._note = note
        self._source = source
        self._track = DrawnTrack(lambda: on_asked(self), lambda: on_ended(self), lambda: note("returned"))
        self.history = History()
        self.stream = LiveStream(pool, settings, self._put, watchers=[self.history])
        self.player = Player(self._track, camera_sink(self._offer), self._step)
        self.drawn = False

    def _step(self, step: str) -> None:
        self._note(step)
        if step == "offer":  # load the model while the two ends connect, not at the first frame
            self.stream.prepare()

    def _offer(self, frame: av.VideoFrame, decode_ms: float | None = None, *, cut: bool = False) -> None:
        self._note("received")
        self.stream.offer(frame, decode_ms, cut=cut)

    def _put(self, frame: av.VideoFrame) -> None:
        self._note("drawn")
        self._track.put(frame)
        self.drawn = True

    @property
    def seated(self) -> bool:
        """Whether the stream has its seat in the pool."""
        return self.drawn or self.stream.seated

    def silent(self, now_s: float) -> bool:
        """Whether a browser that was connected has sent nothing for longer than it does while its page is open."""
        limit_s = _CAMERA_SILENT_S if self._source is None else _VIEWER_SILENT_S
        return now_s - self._track.heard_s() > limit_s

    def start(self) -> None:
        """Have the source offer its frames."""
        if self._source is not None:
            self._source.start(self._offer)

    def close(self) -> None:
        """End all of it, from any thread; the stream's own thread frees the seat. A second call does nothing."""
        self._track.stop()
        if self._source is not None:
            self._source.stop()
        self.stream.close()

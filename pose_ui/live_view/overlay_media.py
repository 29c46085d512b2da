"""What one connection carries when the browser draws: camera frames in, messages about people out."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, Final

import av

from pose_core.export.people_message import encode_people
from pose_core.models.pool import PosePool
from pose_core.pipeline.live import LiveSettings, LiveStream
from pose_core.tracking.history import History
from pose_core.watching import WatchedFrame
from pose_ui.webrtc.peer import CameraPeer

__all__ = ["OverlayMedia"]

#: A camera's frames are at most 67 ms apart, unless the network or the machine is slow.
_SILENT_S: Final = 0.5


class OverlayMedia:
    """A live stream whose pictures stay in the browser; `pose_ui.live_view.media.Media` sends them back drawn.

    Parameters
    ----------
    pool : PosePool
    settings : LiveSettings
        The initial settings.
    on_asked : callable
        Called with this object when the browser can be sent messages: once, or again after it connected again.
    on_ended : callable
        Called once with this object, when the connection ends for any reason.
    note : callable, optional
        Gets the name of each step on the way to the first message, some of them repeatedly, on any thread.

    Attributes
    ----------
    stream : LiveStream
    history : History
        Watches the stream for the charts.
    drawn : bool
        Whether a frame has been through the model.
    """

    def __init__(
        self,
        pool: PosePool,
        settings: LiveSettings,
        on_asked: Callable[[OverlayMedia], None],
        on_ended: Callable[[OverlayMedia], None],
        note: Callable[[str], None] = lambda step: None,
    ) -> None:
        self._note = note
        self._heard_s: float | None = None
        self.history = History()
        self.stream = LiveStream(pool, settings, watchers=[self.history], on_found=self._send)
        self._peer = CameraPeer(self._take, lambda: on_asked(self), lambda: on_ended(self))
        self._started = False
        self._answer: tuple[str, str | None] | None = None
        self.drawn = False

    def answer(self, name: str, offer: str, configuration: dict[str, Any]) -> str | None:
        """Answer the offer of this name, each once: an element that is mounted again makes another.

        Parameters
        ----------
        name, offer : str
        configuration : dict
            See `CameraPeer.answer`.

        Returns
        -------
        str or None
            None if it cannot be answered.
        """
        if self._answer is None or self._answer[0] != name:
            self._note("offer")
            self.stream.prepare()  # load the model while the two ends connect, not at the first frame
            self._answer = name, self._peer.answer(offer, configuration)
            self._note("answer")
        return self._answer[1]

    @property
    def seated(self) -> bool:
        """Whether the stream has its seat in the pool."""
        return self.drawn or self.stream.seated

    def silent(self, now_s: float) -> bool:
        """Whether a browser that was connected has sent nothing for longer than it does while its page is open."""
        return self._heard_s is not None and now_s - self._heard_s > _SILENT_S

    def start(self) -> None:
        """Let the frames through."""
        self._started = True

    def _take(self, frame: av.VideoFrame, decode_ms: float | None) -> None:
        self._note("received")
        self._heard_s = monotonic()
        if self._started:
            self.stream.offer(frame, decode_ms)

    def _send(self, frame: av.VideoFrame, found: WatchedFrame, server_s: float) -> None:
        self._note("drawn")
        captured_s = self._peer.captured_s(frame)
        self._peer.send(encode_people(found, frame.pts or 0, captured_s, server_s))
        self._note("returned")
        self.drawn = True

    def close(self) -> None:
        """End all of it, from any thread; the stream's own thread frees the seat. A second call does nothing."""
        self._peer.close()
        self.stream.close()

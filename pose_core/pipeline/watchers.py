"""`Watchers`: who watches a stream, each by itself, so that a fault of one is nobody else's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from pose_core.arrays import FrameRGB
from pose_core.watching import Event, EventLog, FrameSink, WatchedFrame, Watcher

__all__ = ["Watchers"]

_log = logging.getLogger("posedeck")

_One = TypeVar("_One", bound=Watcher | FrameSink)


class Watchers:
    """Hands frames to watchers and drawn pictures to sinks, and gathers the events.

    Any thread may call any method. Each watcher and each sink is called by one thread at a time, and no more once it is
    removed. One that raises is left out from then on; its fault is logged by type.

    Parameters
    ----------
    watchers : iterable of Watcher
    sinks : iterable of FrameSink

    Attributes
    ----------
    events : EventLog
        What the watchers noticed.
    """

    def __init__(self, watchers: Iterable[Watcher] = (), sinks: Iterable[FrameSink] = ()) -> None:
        self.events = EventLog()
        self._lock = threading.RLock()  # a watcher may remove itself, or another, while it is called
        self._finished = False
        self._watchers = list(watchers)
        self._sinks = list(sinks)

    def add(self, *watchers: Watcher, sinks: Iterable[FrameSink] = ()) -> None:
        """Let them see all from the next frame on, the same one for all; after the end they are finished at once."""
        with self._lock:
            self._watchers += watchers
            self._sinks += sinks
            finished = self._finished
        if finished:
            self.finish()

    def remove(self, *watchers: Watcher, sinks: Iterable[FrameSink] = ()) -> None:
        """Let them see no more, and finish those that were still here."""
        with self._lock:
            gone = _taken_out(self._watchers, watchers), _taken_out(self._sinks, sinks)
        self._finish(*gone)

    def show(self, frame: WatchedFrame, drawn_rgb: FrameRGB) -> None:
        """Hand on a frame, and its drawn picture."""
        with self._lock:
            self._call_watchers(lambda watcher: watcher.add(frame))
            _call_each(self._sinks, lambda sink: sink.add(frame.time_s, drawn_rgb))

    def restart(self, time_s: float) -> None:
        """Tell the watchers that frames from `time_s` on do not continue those before."""
        with self._lock:
            self._call_watchers(lambda watcher: watcher.restart(time_s))

    def finish(self) -> None:
        """The end, for all who are here and all who are added later."""
        with self._lock:
            self._finished = True
            gone = _taken_out(self._watchers, self._watchers), _taken_out(self._sinks, self._sinks)
        self._finish(*gone)

    def _finish(self, watchers: list[Watcher], sinks: list[FrameSink]) -> None:
        """Without the lock: they are no longer in the lists, and a film's last pictures take their time."""
        for watcher in watchers:
            _call(watcher, lambda watcher: self.events.add(watcher.finish()))
        for sink in sinks:
            _call(sink, lambda sink: sink.finish())

    def _call_watchers(self, call: Callable[[Watcher], Iterable[Event]]) -> None:
        _call_each(self._watchers, lambda watcher: self.events.add(call(watcher)))


def _taken_out(here: list[_One], wanted: Iterable[_One]) -> list[_One]:
    """Those of `wanted` that are in `here`, where they are no longer afterwards."""
    gone = [one for one in wanted if any(one is other for other in here)]
    here[:] = [one for one in here if not any(one is other for other in gone)]
    return gone


def _call_each(here: list[_One], call: Callable[[_One], object]) -> None:
    for one in tuple(here):
        if one in here and not _call(one, call):  # one before may have removed it
            _taken_out(here, [one])


def _call(one: _One, call: Callable[[_One], object]) -> bool:
    """Whether it went well."""
    try:
        call(one)
    except Exception as error:  # noqa: BLE001 - any fault of one must leave the stream and the others alone
        # Types only: a message might quote what a camera saw.
        _log.error("%s is left out of a stream: it failed with %s", type(one).__name__, type(error).__name__)
        return False
    return True

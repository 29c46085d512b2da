"""`Watchers`: everything that watches a stream, isolated so that a fault in one does not affect the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from pose_core.arrays import FrameRGB
from pose_core.watching import Event, EventLog, FrameSink, WatchedFrame, Watcher

__all__ = ["Watchers"]

_log = logging.getLogger("posedeck")

_Member = TypeVar("_Member", bound=Watcher | FrameSink)


class Watchers:
    """Hands frames to watchers and drawn pictures to sinks, and collects the events.

    Any thread may call any method. Each watcher and each sink is called by one thread at a time, and never again once
    it is removed. One that raises is dropped, and the type of its exception is logged.

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
        """Add watchers and sinks, all from the same frame on; after the end they are finished at once."""
        with self._lock:
            self._watchers += watchers
            self._sinks += sinks
            finished = self._finished
        if finished:
            self.finish()

    def remove(self, *watchers: Watcher, sinks: Iterable[FrameSink] = ()) -> None:
        """Remove watchers and sinks, and finish those that were still present."""
        with self._lock:
            removed = _take_out(self._watchers, watchers), _take_out(self._sinks, sinks)
        self._finish(*removed)

    @property
    def wanted(self) -> bool:
        """Whether there is a watcher."""
        return bool(self._watchers)

    @property
    def want_pictures(self) -> bool:
        """Whether there is a sink for drawn pictures."""
        return bool(self._sinks)

    def show(self, frame: WatchedFrame, drawn_rgb: FrameRGB | None) -> None:
        """Pass on a frame and its drawn picture, if there is one."""
        with self._lock:
            self._call_watchers(lambda watcher: watcher.add(frame))
            if drawn_rgb is not None:
                _call_each(self._sinks, lambda sink: sink.add(frame.time_s, drawn_rgb))

    def restart(self, time_s: float) -> None:
        """Tell the watchers that frames from `time_s` on do not continue those before."""
        with self._lock:
            self._call_watchers(lambda watcher: watcher.restart(time_s))

    def finish(self) -> None:
        """Finish all that are present now, and all that are added later."""
        with self._lock:
            self._finished = True
            removed = _take_out(self._watchers, self._watchers), _take_out(self._sinks, self._sinks)
        self._finish(*removed)

    def _finish(self, watchers: list[Watcher], sinks: list[FrameSink]) -> None:
        """Runs without the lock: they are no longer in the lists, and a clip's last pictures take time."""
        for watcher in watchers:
            _call(watcher, lambda watcher: self.events.add(watcher.finish()))
        for sink in sinks:
            _call(sink, lambda sink: sink.finish())

    def _call_watchers(self, call: Callable[[Watcher], Iterable[Event]]) -> None:
        _call_each(self._watchers, lambda watcher: self.events.add(call(watcher)))


def _take_out(members: list[_Member], wanted: Iterable[_Member]) -> list[_Member]:
    """Remove from `members`, by identity, those of `wanted` that are in it, and return them."""
    removed = [member for member in wanted if any(member is other for other in members)]
    members[:] = [member for member in members if not any(member is other for other in removed)]
    return removed


def _call_each(members: list[_Member], call: Callable[[_Member], object]) -> None:
    for member in tuple(members):
        if member in members and not _call(member, call):  # an earlier one may have removed it
            _take_out(members, [member])


def _call(member: _Member, call: Callable[[_Member], object]) -> bool:
    """Whether the call succeeded."""
    try:
        call(member)
    except Exception as error:  # noqa: BLE001 - a fault in one must not affect the stream or the others
        # Types only: a message might quote what a camera saw.
        _log.error(
            "%s is dropped from a stream: it failed with %s", type(member).__name__, type(error).__name__
        )
        return False
    return True

"""Watchers of a stream: each sees everything from when it is added, and a fault in one does not affect the others."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from pose_core.arrays import FrameRGB
from pose_core.pipeline.watchers import Watchers
from pose_core.watching import Event, WatchedFrame
from tests.support.watching import Note, watched

LONG_S = 30.0
PICTURE = np.zeros((48, 64, 3), dtype=np.uint8)


class Film:
    """A sink that keeps the times of its pictures."""

    def __init__(self) -> None:
        self.times_s: list[float] = []
        self.finished = 0

    def add(self, time_s: float, drawn_rgb: FrameRGB) -> None:
        assert drawn_rgb is PICTURE
        self.times_s.append(time_s)

    def finish(self) -> bytes:
        self.finished += 1
        return b"film"


class Faulty:
    """A watcher, or a sink, that fails in one of its methods."""

    def __init__(self, fails_in: str) -> None:
        self.called: list[str] = []
        self._fails_in = fails_in

    def _call(self, name: str) -> Sequence[Event]:
        self.called.append(name)
        if name == self._fails_in:
            raise RuntimeError("what the camera saw")
        return ()

    def add(self, *_: object) -> Sequence[Event]:
        return self._call("add")

    def restart(self, time_s: float) -> Sequence[Event]:
        return self._call("restart")

    def finish(self) -> Sequence[Event]:
        return self._call("finish")


def names(watchers: Watchers) -> list[str]:
    return [event.name for event in watchers.events.read()[0]]


def test_watchers_and_sinks_see_the_same_frames() -> None:
    note, film = Note(), Film()
    watchers = Watchers([note], [film])
    for number in range(3):
        watchers.show(watched(number / 30), PICTURE)
    watchers.restart(0.1)
    watchers.finish()
    assert note.told == ["add", "add", "add", "restart", "finish"]
    assert [frame.time_s for frame in note.frames] == film.times_s == [0, 1 / 30, 2 / 30]
    assert film.finished == 1
    assert names(watchers) == ["over"]


def test_added_watchers_see_frames_from_the_next_one_on_and_removed_ones_see_none() -> None:
    first, second, film = Note(), Note(), Film()
    watchers = Watchers([first])
    watchers.show(watched(0.0), PICTURE)
    watchers.add(second, sinks=[film])
    watchers.show(watched(0.1), PICTURE)
    watchers.remove(second, sinks=[film])
    watchers.show(watched(0.2), PICTURE)
    assert first.told == ["add"] * 3
    assert second.told == ["add", "finish"]
    assert (film.times_s, film.finished) == ([0.1], 1)
    watchers.remove(second, sinks=[film])
    assert (second.told, film.finished) == (["add", "finish"], 1), "removing again does nothing"


@pytest.mark.parametrize(
    ("fails_in", "called"),
    [("add", ["add"]), ("restart", ["add", "restart"]), ("finish", ["add", "restart", "add", "finish"])],
)
def test_a_failing_watcher_is_dropped_alone_and_logged_by_type(
    fails_in: str, called: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    faulty, note, film = Faulty(fails_in), Note(), Film()
    watchers = Watchers([faulty, note], [film])
    watchers.show(watched(0.0), PICTURE)
    watchers.restart(0.1)
    watchers.show(watched(0.1), PICTURE)
    watchers.finish()
    assert faulty.called == called
    assert note.told == ["add", "restart", "add", "finish"]
    assert (film.times_s, film.finished) == ([0.0, 0.1], 1)
    assert "Faulty is dropped from a stream: it failed with RuntimeError" in caplog.text
    assert "what the camera saw" not in caplog.text


def test_a_failing_sink_is_dropped_alone() -> None:
    faulty, film = Faulty("add"), Film()
    watchers = Watchers(sinks=[faulty, film])
    watchers.show(watched(0.0), PICTURE)
    watchers.show(watched(0.1), PICTURE)
    watchers.finish()
    assert faulty.called == ["add"]
    assert (film.times_s, film.finished) == ([0.0, 0.1], 1)


def test_a_watcher_that_returns_no_events_is_at_fault() -> None:
    class Silent(Note):
        def add(self, frame: WatchedFrame) -> Sequence[Event]:
            super().add(frame)
            return None  # type: ignore[return-value]

    silent, note = Silent(), Note()
    watchers = Watchers([silent, note])
    for number in range(2):
        watchers.show(watched(number / 30), PICTURE)
    assert (silent.told, note.told) == (["add"], ["add", "add"])


def test_a_watcher_may_remove_itself_and_others_while_it_is_called() -> None:
    class Judge(Note):
        def add(self, frame: WatchedFrame) -> Sequence[Event]:
            watchers.remove(self, other)
            return super().add(frame)

    judge, other = Judge(), Note()
    watchers = Watchers([judge, other])
    for number in range(2):
        watchers.show(watched(number / 30), PICTURE)
    assert judge.told == ["finish", "add"]
    assert other.told == ["finish"]


def test_a_watcher_added_after_the_end_is_finished_at_once() -> None:
    watchers = Watchers()
    watchers.finish()
    note, film = Note(), Film()
    watchers.add(note, sinks=[film])
    assert (note.told, film.finished) == (["finish"], 1)


def test_a_clip_that_takes_time_to_finish_does_not_block_the_stream() -> None:
    finishing, shown = threading.Event(), threading.Event()

    class Slow(Film):
        def finish(self) -> bytes:
            finishing.set()
            assert shown.wait(LONG_S)
            return super().finish()

    slow, note = Slow(), Note()
    watchers = Watchers([note], [slow])
    remover = threading.Thread(target=lambda: watchers.remove(sinks=[slow]))
    remover.start()
    assert finishing.wait(LONG_S)
    watchers.show(watched(0.0), PICTURE)  # would wait forever
    shown.set()
    remover.join(LONG_S)
    assert (note.told, slow.times_s, slow.finished) == (["add"], [], 1)


def test_a_frame_without_a_drawn_picture_reaches_watchers_alone() -> None:
    note, film = Note(), Film()
    watchers = Watchers([note])
    assert not watchers.want_pictures
    watchers.add(sinks=[film])
    assert watchers.want_pictures
    watchers.show(watched(1.0), None)
    watchers.show(watched(2.0), PICTURE)
    assert [frame.time_s for frame in note.frames] == [1.0, 2.0]
    assert film.times_s == [2.0]

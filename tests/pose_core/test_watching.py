"""What watchers get and return: frames, events, and the log in which events are collected."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from pose_core.pose import Pose, TrackedPerson
from pose_core.watching import Event, EventLog, WatchedFrame
from tests.support.watching import watched

REPETITION = Event(1.5, 2, "repetition", "squat", "end", value=3, confidence=0.75)


# ---------------------------------------------------------------------- frames
def test_a_frame_keeps_its_own_angles(make_pose: Callable[..., Pose]) -> None:
    person = TrackedPerson(1, make_pose(), make_pose())
    given = np.full((1, 15), 90.0)
    frame = WatchedFrame(0.5, (person,), (640, 480), True, given)
    given[0] = 0
    assert (frame.angles_deg == 90).all()
    with pytest.raises(ValueError, match="read-only"):
        frame.angles_deg[0] = 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time_s": math.nan}, "time_s must be finite; got nan"),
        ({"time_s": math.inf}, "time_s must be finite; got inf"),
        ({"size_wh": (0, 480)}, r"size_wh must be positive; got \(0, 480\)"),
        ({"angles_deg": np.zeros((1, 15))}, r"one row for each of 0 people; got shape \(1, 15\)"),
        ({"angles_deg": np.zeros(0)}, r"one row for each of 0 people; got shape \(0,\)"),
    ],
)
def test_an_impossible_frame_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(watched(0.0), **change)


# ---------------------------------------------------------------------- events
def test_an_event_is_ready_for_json_even_if_made_of_numpy_numbers() -> None:
    event = Event(
        np.float32(1.5),  # type: ignore[arg-type]
        np.int64(2),  # type: ignore[arg-type]
        "repetition",
        "squat",
        "end",
        value=np.int32(3),  # type: ignore[arg-type]
        confidence=np.float32(0.75),  # type: ignore[arg-type]
    )
    assert event == REPETITION
    assert json.loads(json.dumps(asdict(event), allow_nan=False)) == {
        "time_s": 1.5,
        "person": 2,
        "kind": "repetition",
        "name": "squat",
        "phase": "end",
        "value": 3.0,
        "confidence": 0.75,
    }
    nobody = Event(0.0, None, "picture", "dark")
    assert json.loads(json.dumps(asdict(nobody)))["person"] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time_s": math.nan}, "time_s must be finite; got nan"),
        ({"person": 0}, "person must be 1 or more, or None; got 0"),
        ({"kind": ""}, "kind must not be empty"),
        ({"name": ""}, "name must not be empty"),
        ({"phase": "middle"}, "phase must be one of start, change, end, once; got 'middle'"),
        ({"value": math.inf}, "value must be finite, or None; got inf"),
        ({"confidence": 1.01}, "confidence must be 0 to 1, or None; got 1.01"),
        ({"confidence": -0.01}, "confidence must be 0 to 1"),
        ({"confidence": math.nan}, "confidence must be 0 to 1, or None; got nan"),
    ],
)
def test_an_impossible_event_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(REPETITION, **change)


# ---------------------------------------------------------------------- the log
def event(number: int) -> Event:
    return Event(float(number), 1, "test", "count", value=number)


def test_each_reader_gets_every_event_once_at_its_own_pace() -> None:
    log = EventLog()
    log.add([event(0), event(1)])
    quick, place = log.read()
    log.add([event(2)])
    assert [one.value for one in quick] == [0, 1]
    quick, place = log.read(place)
    assert [one.value for one in quick] == [2]
    assert log.read(place) == ((), 3)
    slow, _ = log.read()
    assert [one.value for one in slow] == [0, 1, 2]


def test_the_oldest_events_are_dropped_and_a_slow_reader_can_tell_how_many() -> None:
    log = EventLog(most=3)
    log.add(event(number) for number in range(2))
    _, place = log.read()
    log.add(event(number) for number in range(2, 7))
    events, now = log.read(place)
    assert [one.value for one in events] == [4, 5, 6]
    assert now - place - len(events) == 2, "2 and 3 were missed"


def test_no_event_is_lost_or_duplicated_between_threads() -> None:
    log = EventLog(most=100_000)
    adders = [
        threading.Thread(target=lambda first=first: [log.add([event(first + n)]) for n in range(1000)])
        for first in (0, 1000, 2000)
    ]
    read: list[float | None] = []
    place = 0
    for thread in adders:
        thread.start()
    while any(thread.is_alive() for thread in adders) or len(read) < 3000:
        events, place = log.read(place)
        read.extend(one.value for one in events)
        assert place == len(read)
    assert sorted(read) == list(range(3000))  # type: ignore[type-var]

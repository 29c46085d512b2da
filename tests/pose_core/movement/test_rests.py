"""Rests between repetitions: what a model hides of a movement's ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pose_core.movement.catalogue import EXERCISES
from pose_core.movement.repetitions import Repetition
from pose_core.movement.rests import joined

SIT_UP = EXERCISES["sit_up"]
FIRST = Repetition(
    number=1,
    full=True,
    whole=True,
    start_s=1.0,
    bottom_s=1.5,
    end_s=2.0,
    counted_s=1.8,
    down_s=0.35,
    pause_s=0.2,
    up_s=0.45,
    range_deg=60.0,
    depth_deg=30.0,
    sides_deg=(float("nan"), float("nan")),
    speed=2.0,
    yaw_deg=90.0,
    effort_range=1.2,
    measured=(("jerky", 0.35), ("not_down", 80.0)),
)


def later(seconds: float) -> Repetition:
    return replace(
        FIRST,
        number=2,
        start_s=1 + seconds,
        bottom_s=1.5 + seconds,
        end_s=2 + seconds,
        counted_s=1.8 + seconds,
    )


def test_a_short_rest_is_none_and_what_it_hid_is_hidden_at_the_first_start_and_the_last_end() -> None:
    first, second = joined([FIRST, later(1.1)], SIT_UP, 10.0)
    assert (first.start_s, first.end_s) == pytest.approx((0.95, 2.05))
    assert (second.start_s, second.end_s) == pytest.approx((2.05, 3.15))
    assert (first.down_s, first.pause_s, first.up_s) == pytest.approx((0.4, 0.2, 0.5))
    assert first.speed == pytest.approx(1.2 / 0.5)


def test_a_long_rest_stays_one() -> None:
    first, second = joined([FIRST, later(3.0)], SIT_UP, 10.0)
    assert (first, second) == (FIRST, later(3.0))


def test_nothing_ends_after_the_newest_frame_or_begins_before_a_film() -> None:
    half = replace(FIRST, whole=False)
    first, second = joined([half, later(1.1)], SIT_UP, 3.1)
    assert (first.start_s, second.end_s) == pytest.approx((1.0, 3.1))


def test_a_fault_of_duration_is_judged_by_the_new_duration() -> None:
    first, _ = joined([FIRST, later(1.1)], SIT_UP, 10.0)
    assert dict(first.measured)["jerky"] == pytest.approx(first.down_s)
    assert [fault.fault for fault in joined([FIRST], SIT_UP, 10.0)[0].faults] == []
    hurried = replace(FIRST, measured=(("jerky", 0.3),), down_s=0.3)
    (one, _) = joined([hurried, later(1.1)], SIT_UP, 10.0)
    assert [(fault.fault, fault.value) for fault in one.faults] == [("jerky", pytest.approx(0.35))]


def test_without_repetitions_there_is_nothing() -> None:
    assert joined([], SIT_UP, 0.0) == ()

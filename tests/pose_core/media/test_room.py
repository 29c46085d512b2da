"""Who waits for room to decode a picture, and for how long."""

from __future__ import annotations

import threading

import pytest

from pose_core.errors import BusyError
from pose_core.media.room import Room
from tests.support.waiting import until


def test_a_picture_waits_until_there_is_room() -> None:
    room = Room(pixels=100, seats=4)
    room.take(80, wait_s=1)
    entered = threading.Event()

    def second() -> None:
        room.take(30, wait_s=30)
        entered.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert not entered.wait(0.05)
    room.leave_seat()  # decoded, but still in use
    assert not entered.wait(0.05)
    room.give_back(80)
    thread.join()
    assert entered.is_set()


def test_a_large_picture_is_not_overtaken_by_small_ones() -> None:
    room = Room(pixels=100, seats=4)
    room.take(80, wait_s=1)
    order: list[int] = []

    def take(pixels: int) -> None:
        room.take(pixels, wait_s=30)
        order.append(pixels)

    threads = []
    for pixels in (90, 10):
        threads.append(threading.Thread(target=take, args=(pixels,)))
        threads[-1].start()
        until(lambda: room.waiting == len(threads))
    room.give_back(80)
    for thread in threads:
        thread.join()
    assert order == [90, 10]


def test_who_waits_too_long_is_asked_to_come_back() -> None:
    room = Room(pixels=100, seats=4)
    room.take(80, wait_s=1)
    with pytest.raises(BusyError):
        room.take(30, wait_s=0)
    room.give_back(80)
    room.take(100, wait_s=0)


def test_a_picture_above_the_limit_gets_its_turn_alone() -> None:
    room = Room(pixels=100, seats=4)
    room.take(500, wait_s=0)
    with pytest.raises(BusyError):
        room.take(1, wait_s=0)

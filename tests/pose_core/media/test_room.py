"""Who waits for room to decode a picture, and for how long."""

from __future__ import annotations

import threading

import pytest

from pose_core.errors import BusyError
from pose_core.media.room import Room
from tests.support.waiting import LONG_S, until


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


def test_those_who_wait_are_turned_away_and_later_ones_are_not() -> None:
    room = Room(pixels=100, seats=4)
    room.take(80, wait_s=0)
    codes: list[str] = []

    def take() -> None:
        with pytest.raises(BusyError) as caught:
            room.take(30, wait_s=LONG_S)
        codes.append(caught.value.code)

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: room.waiting == 3)
    room.turn_away()
    for thread in threads:
        thread.join()
    assert codes == ["pool_closed"] * 3
    room.take(20, wait_s=0)

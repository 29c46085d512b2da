"""The slot between two threads: the newest wins, and nothing old queues up."""

from __future__ import annotations

import threading

from pose_core.slot import NewestSlot
from tests.support.waiting import LONG_S, until


def test_an_empty_slot_gives_none_on_timeout() -> None:
    assert NewestSlot[int]().take(timeout_s=0.01) is None


def test_put_says_whether_an_item_was_replaced() -> None:
    slot = NewestSlot[int]()
    assert slot.put(1)
    assert not slot.put(2)
    assert slot.take() == 2
    assert slot.put(3)


def test_under_load_a_slow_taker_gets_ever_newer_items_and_the_last_one() -> None:
    slot = NewestSlot[int]()
    taken: list[int] = []
    newest = thrown_out = 0

    def take() -> None:
        while (item := slot.take(LONG_S)) is not None:
            taken.append(item)
            if item == 1999:
                return
            until(lambda: newest >= min(item + 20, 1999))

    taker = threading.Thread(target=take)
    taker.start()
    for item in range(2000):
        thrown_out += not slot.put(item)
        newest = item
        if item % 100 == 99:
            until(lambda item=item: taken and taken[-1] > item - 50)
    taker.join(LONG_S)
    assert not taker.is_alive()
    assert taken[-1] == 1999
    assert taken == sorted(set(taken)), "each once, none older than the one before"
    assert thrown_out + len(taken) == 2000, "what was not taken was counted as thrown out"
    assert thrown_out > 0


def test_closing_wakes_waiting_threads_and_drops_the_item() -> None:
    slot = NewestSlot[int]()
    result: list[object] = []
    waiter = threading.Thread(target=lambda: result.append(slot.take(LONG_S)))
    waiter.start()
    slot.close()
    waiter.join(LONG_S)
    assert result == [None]
    slot.put(1)
    assert slot.closed
    assert slot.take(timeout_s=0.01) is None


def test_an_item_is_not_kept_once_it_is_taken() -> None:
    slot = NewestSlot[object]()
    slot.put(object())
    slot.take()
    assert slot.take(timeout_s=0.0) is None

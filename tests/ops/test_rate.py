"""How many requests an address may send, by a clock that the test sets."""

from __future__ import annotations

import threading

import pytest

from ops.rate import RateLimit


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


A, B = "192.0.2.1", "192.0.2.2"


def test_a_minutes_worth_may_be_sent_at_once_and_then_the_client_has_to_wait(clock: Clock) -> None:
    limit = RateLimit(6, clock=clock)
    assert [limit.wait_s(A) for _ in range(8)] == [0, 0, 0, 0, 0, 0, 10, 10]


def test_a_client_that_waited_as_long_as_told_may_send_again_and_not_sooner(clock: Clock) -> None:
    limit = RateLimit(6, clock=clock)
    for _ in range(6):
        limit.wait_s(A)
    clock.now_s += 9.5
    assert limit.wait_s(A) == 1
    clock.now_s += 0.5
    assert [limit.wait_s(A), limit.wait_s(A)] == [0, 10]


def test_requests_during_the_wait_do_not_make_it_longer(clock: Clock) -> None:
    limit = RateLimit(1, clock=clock)
    limit.wait_s(A)
    for second in range(60):
        assert limit.wait_s(A) == 60 - second
        clock.now_s += 1
    assert limit.wait_s(A) == 0


def test_a_long_pause_saves_up_no_more_than_a_minutes_worth(clock: Clock) -> None:
    limit = RateLimit(3, clock=clock)
    limit.wait_s(A)
    clock.now_s += 86_400
    assert [limit.wait_s(A) for _ in range(4)] == [0, 0, 0, 20]


def test_each_address_has_its_own_count(clock: Clock) -> None:
    limit = RateLimit(1, clock=clock)
    assert [limit.wait_s(A), limit.wait_s(B), limit.wait_s(A), limit.wait_s(B)] == [0, 0, 60, 60]


def test_an_ipv6_network_counts_as_one_address(clock: Clock) -> None:
    limit = RateLimit(1, clock=clock)
    assert limit.wait_s("2001:db8:1:2::1") == 0
    assert limit.wait_s("2001:db8:1:2:ffff::9") == 60
    assert limit.wait_s("2001:db8:1:3::1") == 0


def test_everything_that_is_not_an_address_is_counted_together(clock: Clock) -> None:
    limit = RateLimit(1, clock=clock)
    assert [limit.wait_s(None), limit.wait_s("a"), limit.wait_s("b")] == [0, 60, 60]


def test_a_rate_of_zero_never_waits_and_remembers_nobody(clock: Clock) -> None:
    limit = RateLimit(0, clock=clock)
    assert {limit.wait_s(A) for _ in range(1000)} == {0}
    assert len(limit) == 0


def test_the_number_of_addresses_is_bounded_and_the_oldest_is_forgotten(clock: Clock) -> None:
    limit = RateLimit(1, most_addresses=3, clock=clock)
    for last in range(4):
        limit.wait_s(f"192.0.2.{last}")
    assert len(limit) == 3
    assert limit.wait_s("192.0.2.3") == 60  # remembered
    assert limit.wait_s("192.0.2.0") == 0  # forgotten


def test_simultaneous_threads_get_no_more_than_the_limit(clock: Clock) -> None:
    limit = RateLimit(100, clock=clock)
    allowed: list[int] = []

    def send() -> None:
        allowed.extend(limit.wait_s(A) == 0 for _ in range(50))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == 100

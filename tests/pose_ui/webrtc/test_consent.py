"""A connection is given up when nothing comes any more, and not because a busy machine answers late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aioice import ice, stun

from pose_ui.webrtc import video
from tests.conftest import in_a_loop

CHECK_EVERY_S = 0.05
CHECKS = 2
#: Each unanswered check waits for as long as aioice's only try.
GIVEN_UP_S = CHECKS * (CHECK_EVERY_S * 1.2 + stun.RETRY_RTO)


@pytest.fixture(autouse=True)
def _quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ice, "CONSENT_FAILURES", CHECKS)
    monkeypatch.setattr(ice, "CONSENT_INTERVAL", CHECK_EVERY_S)
    for owner, name, wrap in (
        (ice.Connection, "data_received", video.noting_when),
        (ice.StunProtocol, "request", video.heard_instead_of_answered),
    ):
        monkeypatch.setattr(owner, name, wrap(getattr(owner, name)))


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[ice.Connection, ice.Connection]]:
    """A server's and a browser's end on this machine."""
    ends = ice.Connection(ice_controlling=True), ice.Connection(ice_controlling=False)
    for end in ends:
        await end.gather_candidates()
    for end, other in (ends, ends[::-1]):
        for candidate in other.local_candidates:
            await end.add_remote_candidate(candidate)
        await end.add_remote_candidate(None)
        end.remote_username, end.remote_password = other.local_username, other.local_password
    await asyncio.gather(*(end.connect() for end in ends))
    try:
        yield ends
    finally:
        for end in ends:
            await end.close()


def leave_unanswered(end: ice.Connection) -> None:
    """As a browser that is killed, or too busy to answer a check in time."""
    ignore: Callable[..., None] = lambda *_: None  # noqa: E731
    its: Any = end
    its.request_received = ignore
    its._query_consent_task.cancel()


async def _sends_something(end: ice.Connection, seconds: float) -> None:
    for _ in range(round(seconds / CHECK_EVERY_S * 2)):
        await end.sendto(b"\x80 as RTP begins", 1)
        await asyncio.sleep(CHECK_EVERY_S / 2)


def is_open(end: ice.Connection) -> bool:
    its: Any = end
    return its._query_consent_task is not None and not its._query_consent_task.done()


def test_whoever_sends_but_answers_no_check_in_time_stays() -> None:
    async def run() -> None:
        async with connected() as (server, browser):
            leave_unanswered(browser)
            await _sends_something(browser, 3 * GIVEN_UP_S)
            assert is_open(server)

    in_a_loop(run(), 60)


def test_whoever_is_silent_is_given_up() -> None:
    async def run() -> None:
        async with connected() as (server, browser):
            leave_unanswered(browser)
            for _ in range(100):
                if not is_open(server):
                    return
                await asyncio.sleep(GIVEN_UP_S / 10)
            pytest.fail("still open after ten times the limit")

    in_a_loop(run(), 60)

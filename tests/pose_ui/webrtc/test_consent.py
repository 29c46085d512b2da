"""A connection is given up when nothing arrives any more, but not because a busy machine answers late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aioice import ice

from pose_ui.webrtc import video
from tests.support.waiting import LONG_S, in_a_loop, until_in_loop

CHECK_EVERY_S = 0.05
CHECKS = 2


@pytest.fixture(autouse=True)
def checked(monkeypatch: pytest.MonkeyPatch) -> list[ice.Connection]:
    """Make checks quick; the list gets one entry for each finished check: the connection that sent it."""
    finished: list[ice.Connection] = []

    def counted(request: Callable[..., Any]) -> Callable[..., Any]:
        async def request_and_count(
            self: Any, message: Any, addr: Any, integrity_key: Any = None, retransmissions: int | None = None
        ) -> Any:
            try:
                return await request(self, message, addr, integrity_key, retransmissions)
            finally:
                if retransmissions == 0:  # a check on an open connection
                    finished.append(self.receiver)

        return request_and_count

    monkeypatch.setattr(ice, "CONSENT_FAILURES", CHECKS)
    monkeypatch.setattr(ice, "CONSENT_INTERVAL", CHECK_EVERY_S)
    for owner, name, wrap in (
        (ice.Connection, "data_received", video.noting_arrival),
        (ice.StunProtocol, "request", video.packets_count_as_answer),
        (ice.StunProtocol, "request", counted),
    ):
        monkeypatch.setattr(owner, name, wrap(getattr(owner, name)))
    return finished


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[ice.Connection, ice.Connection]]:
    """A server's and a browser's end, both on this machine."""
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
    """Behave like a browser that was killed or is too busy to answer a check in time."""
    ignore: Callable[..., None] = lambda *_: None  # noqa: E731
    its: Any = end
    its.request_received = ignore
    its._query_consent_task.cancel()


async def _keeps_sending(end: ice.Connection) -> None:
    while True:
        await end.sendto(b"\x80 as RTP begins", 1)
        await asyncio.sleep(CHECK_EVERY_S / 2)


def is_open(end: ice.Connection) -> bool:
    its: Any = end
    return its._query_consent_task is not None and not its._query_consent_task.done()


def test_a_peer_that_sends_but_answers_no_check_in_time_stays(checked: list[ice.Connection]) -> None:
    async def run() -> None:
        async with connected() as (server, browser):
            leave_unanswered(browser)
            sending = asyncio.create_task(_keeps_sending(browser))
            await until_in_loop(lambda: checked.count(server) > 2 * CHECKS or not is_open(server))
            assert is_open(server)
            sending.cancel()

    in_a_loop(run(), 2 * LONG_S)


def test_a_silent_peer_is_given_up() -> None:
    async def run() -> None:
        async with connected() as (server, browser):
            leave_unanswered(browser)
            await until_in_loop(lambda: not is_open(server))

    in_a_loop(run(), 2 * LONG_S)

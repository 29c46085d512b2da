"""Which of the addresses that a browser names are tried."""

from __future__ import annotations

from aioice import Candidate

from pose_ui.webrtc.video import without_mdns
from tests.support.waiting import in_a_loop


def _candidate(host: str) -> Candidate:
    return Candidate("1", 1, "udp", 1, host, 50000, "host")


def test_all_addresses_and_the_end_of_them_are_passed_on_but_local_names_are_not() -> None:
    hidden, shown = _candidate("0b1cbd6b-5d0f-4a84-8a5e-0f2c9a7e1d11.local"), _candidate("192.0.2.7")
    passed_on: list[Candidate | None] = []

    async def add(_connection: object, candidate: Candidate | None) -> None:
        passed_on.append(candidate)

    async def run() -> None:
        for candidate in (hidden, shown, None):
            await without_mdns(add)(object(), candidate)

    in_a_loop(run())
    assert passed_on == [shown, None]

"""How fast a body must arrive."""

from __future__ import annotations

import doctest

import anyio
import pytest
from starlette.types import Message

from ops import pace
from ops.pace import Pace, TooSlowError, paced
from tests.support.waiting import in_a_loop


def test_docstring_examples_pass() -> None:
    found = doctest.testmod(pace)
    assert found.attempted
    assert not found.failed


def test_a_body_that_is_complete_is_waited_for_no_longer() -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"all", "more_body": False}

    async def work() -> None:
        in_time = paced(receive, Pace(grace_s=5, bytes_s=1, whole_s=5))
        assert (await in_time())["body"] == b"all"
        assert (await in_time())["body"] == b"all"

    in_a_loop(work())


def test_a_body_without_time_left_is_given_up() -> None:
    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def work() -> None:
        with pytest.raises(TooSlowError):
            await paced(receive, Pace(grace_s=0.01, bytes_s=1, whole_s=5))()

    in_a_loop(work(), 30)

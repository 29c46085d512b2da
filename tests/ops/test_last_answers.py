"""A server that is told to end waits for its last answers, and not for ever."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol

from benchmarks import heavy_pictures
from ops import last_answers
from ops.pace import Pace
from pose_core.media.decoders import SHARED_DECODERS
from pose_core.models.pool import PosePool
from pose_core.performer.samples import sample_bytes
from service import Limits
from tests.support.rest_client import TIMEOUT_S, Client, answer_on, form, rest_server
from tests.support.waiting import until

POSE = "/api/v1/pose?model=lite"
PATIENT = Limits(pace=Pace(grace_s=TIMEOUT_S, whole_s=TIMEOUT_S))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[H11Protocol]:
    """Connections looked at after the server was told to end; at first often, from the third look on hardly ever."""
    seen: list[H11Protocol] = []
    look = last_answers._look

    def counted(connection: H11Protocol) -> None:
        seen.append(connection)
        if len(seen) == 3:
            monkeypatch.setattr(last_answers, "ANSWER_LIMIT_S", TIMEOUT_S)
        look(connection)

    monkeypatch.setattr(last_answers, "_look", counted)
    monkeypatch.setattr(last_answers, "ANSWER_LIMIT_S", 0.02)
    monkeypatch.setattr(H11Protocol, "shutdown", H11Protocol.shutdown)  # undone at the end
    last_answers.limit_last_answers()
    return seen


@pytest.fixture
def server(lite_pool: PosePool) -> Iterator[tuple[Client, ExitStack]]:
    with ExitStack() as running:
        yield running.enter_context(rest_server(lambda: lite_pool, PATIENT)), running


def test_work_that_goes_on_and_on_does_not_keep_the_server(
    looks: list[H11Protocol], server: tuple[Client, ExitStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SHARED_DECODERS, "limit_s", 10 * TIMEOUT_S)  # not what ends it
    client, running = server
    body = form(heavy_pictures.endless_jpeg(20))
    SHARED_DECODERS.close()  # so that there is only the process of this picture
    with client.unfinished(POSE, f"Content-Length: {len(body)}", body=body):
        until(lambda: SHARED_DECODERS.busy)
        (process,) = SHARED_DECODERS.process_ids
        os.kill(process, signal.SIGSTOP)  # it does not end by itself
        running.close()
        assert SHARED_DECODERS.process_ids == ()
    assert len(looks) == 1


def test_a_body_that_is_arriving_is_waited_for_and_answered(
    looks: list[H11Protocol], server: tuple[Client, ExitStack]
) -> None:
    client, running = server
    body = form(sample_bytes("empty_room"))
    with (
        ThreadPoolExecutor(1) as thread,
        client.unfinished(POSE, f"Content-Length: {len(body)}", body=body[:50]) as line,
    ):
        until(lambda: b"in_flight 1" in client.get("/api/v1/metrics").body)
        ended = thread.submit(running.close)
        until(lambda: len(looks) == 3)
        line.sendall(body[50:])
        assert answer_on(line).status == 200
        ended.result()

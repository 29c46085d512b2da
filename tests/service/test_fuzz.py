"""Damaged, lying and foreign files, the same on every run: none makes the service fail or keep memory."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing import get_context

import numpy as np
import pytest

from ops.memory import limit_memory_growth
from pose_core.machine import memory_mb
from pose_core.models.pool import PosePool
from tests.support.damage import SEED, corpus, cut, flipped
from tests.support.rest_client import FORM_TYPE, Client, form, rest_server

BROKEN_FORMS = 60
PASSES = 2
#: What the second pass over the corpus may add to the resident memory: 12 KB a file. Seen: 4 MB less to 1 MB more.
MORE_MB = 8.0


@dataclass
class Passes:
    """The result of sending the corpus several times: for each pass the statuses, and the memory after it."""

    statuses: list[list[int]] = field(default_factory=list)
    malformed: list[bytes] = field(default_factory=list)
    memory_mb: list[float | None] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    corpus_sha256: str = ""


class _Notes(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def checksum(files: list[bytes]) -> str:
    return sha256(b"".join(sha256(data).digest() for data in files)).hexdigest()


def send_all(passes: int) -> Passes:
    """Send the corpus to a service in this process, whose memory is managed like the application's."""
    limit_memory_growth()
    files = corpus()
    seen = Passes(corpus_sha256=checksum(files))
    logging.getLogger().addHandler(_Notes(seen.logged))
    pool = PosePool(image_limit=1, stream_limit=1)
    with rest_server(lambda: pool) as client:
        for _ in range(passes):
            statuses = []
            for data in files:
                answer = client.post("/api/v1/pose?model=lite", data)
                statuses.append(answer.status)
                body = answer.json() if answer.type == "application/json" else {}
                if ("people" if answer.status == 200 else "hint") not in body:
                    seen.malformed.append(answer.body)
            seen.statuses.append(statuses)
            seen.memory_mb.append(memory_mb())
    pool.close()
    return seen


@pytest.fixture(scope="module")
def seen() -> Passes:
    # A separate process: this one's memory has traces of other tests.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(send_all, PASSES).result()


@pytest.fixture(scope="module")
def client(lite_pool: PosePool) -> Iterator[Client]:
    with rest_server(lambda: lite_pool) as client:
        yield client


def test_no_damaged_or_foreign_file_makes_the_service_fail(seen: Passes) -> None:
    first, again = seen.statuses
    assert len(first) >= 500
    counts = Counter(first)
    assert set(counts) == {200, 400, 413}
    assert counts[400] > 300
    assert again == first
    assert seen.malformed == []
    assert seen.logged == []


def test_memory_does_not_grow_with_damaged_and_foreign_files(seen: Passes) -> None:
    before_mb, after_mb = seen.memory_mb
    if before_mb is None or after_mb is None:
        pytest.skip("the memory of a process is read from /proc")
    assert after_mb - before_mb < MORE_MB


def test_no_broken_form_makes_the_service_fail(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    random = np.random.default_rng(SEED)
    whole = form(b"a picture", b"another")
    statuses = set()
    with caplog.at_level(logging.WARNING):
        for i in range(BROKEN_FORMS):
            body = (cut, flipped)[i % 2](whole, random)
            answer = client.ask("POST", "/predict", body, {"Content-Type": FORM_TYPE})
            assert "error" in answer.json()
            statuses.add(answer.status)
    assert statuses <= {400, 413}
    assert caplog.records == []


def test_the_corpus_is_the_same_on_every_run(seen: Passes) -> None:
    assert checksum(corpus()) == seen.corpus_sha256

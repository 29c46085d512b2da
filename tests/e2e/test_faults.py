"""A running server that is killed or out of memory: clients are told, and it starts again at once."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from pose_core.media.images import encode_jpeg
from pose_core.performer.samples import sample_bytes
from tests.support.rest_client import Answer, Client, form
from tests.support.server import Server, running_server

pytestmark = pytest.mark.e2e

POSE = "/api/v1/pose"
STAND = sample_bytes("stand")
PATIENCE_S = 60
MB = 2**20
#: Far less than a large picture needs, and more than a small one.
LEFT_MB = 60


def client_of(server: Server) -> Client:
    port = urlsplit(server.url).port
    assert port
    return Client(port)


# ---------------------------------------------------------------------- killed
def test_a_killed_server_starts_again_on_its_port_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    env = {"TMPDIR": str(folder)}
    asked, over = threading.Semaphore(0), threading.Event()

    def ask_until_killed(client: Client) -> str:
        while not over.is_set():
            try:
                answer = client.post(f"{POSE}?model=heavy", STAND)
            except (OSError, http.client.HTTPException) as error:
                return type(error).__name__
            assert answer.status == 200
            asked.release()
        return "never"

    with running_server(tmp_path / "first.txt", env=env) as server:
        client = client_of(server)
        with ThreadPoolExecutor(4) as threads:
            try:
                ends = [threads.submit(ask_until_killed, client) for _ in range(4)]
                for _ in range(6):  # all have requests in progress
                    assert asked.acquire(timeout=PATIENCE_S)
                with client.unfinished(POSE, "Content-Length: 100000", body=form(STAND)[:5000]) as line:
                    os.kill(server.process.pid, signal.SIGKILL)
                    assert server.process.wait(PATIENCE_S) == -signal.SIGKILL
                    with suppress(ConnectionResetError):
                        assert line.recv(1) == b""
                assert {end.result(PATIENCE_S) for end in ends} <= {
                    "RemoteDisconnected",
                    "ConnectionResetError",
                    "ConnectionRefusedError",
                    "IncompleteRead",
                }
            finally:
                over.set()
    assert list(folder.iterdir()) == []
    with running_server(tmp_path / "second.txt", env=env, port=client.port) as server:
        assert client.post(POSE, STAND).status == 200
        assert client.get("/api/v1/health").json()["warmed"] is True
        assert "Traceback" not in server.log.read_text()
    assert list(folder.iterdir()) == []


# ---------------------------------------------------------------------- no descriptors
@pytest.mark.skipif(not shutil.which("prlimit"), reason="limiting descriptors needs prlimit, which Linux has")
def test_connections_above_the_systems_limit_are_refused_and_all_is_well_when_they_have_gone(
    tmp_path: Path,
) -> None:
    with running_server(tmp_path / "log.txt", prefix=("prlimit", "--nofile=200:200")) as server:
        client = client_of(server)
        with ExitStack() as lines:
            for _ in range(300):
                lines.enter_context(socket.create_connection(("127.0.0.1", client.port), timeout=PATIENCE_S))
            with pytest.raises((OSError, http.client.HTTPException)):
                client.get("/api/v1/health")
        deadline_s = time.monotonic() + PATIENCE_S
        answer = None
        while answer is None and time.monotonic() < deadline_s:
            with suppress(OSError, http.client.HTTPException):  # closed connections are noticed one by one
                answer = client.post(POSE, STAND)
        assert answer is not None
        assert answer.status == 200
        assert server.process.poll() is None
        assert "Traceback" not in server.log.read_text()


# ---------------------------------------------------------------------- no memory
if sys.platform == "linux":
    import resource

    def leave_memory(server: Server, megabytes: int) -> None:
        """Limit the server to this much more address space than it has."""
        status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
        (now_kb,) = (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmSize:"))
        limit = now_kb * 1024 + megabytes * MB
        resource.prlimit(server.process.pid, resource.RLIMIT_AS, (limit, limit))

    def large_picture() -> bytes:
        """45 megapixels: 135 MB once decoded."""
        noise = np.random.default_rng(1).integers(0, 255, (600, 600, 3), dtype=np.uint8)
        return encode_jpeg(np.tile(noise, (11, 11, 1)), 30)

    def test_requests_without_memory_are_asked_to_come_back_and_the_others_go_on(tmp_path: Path) -> None:
        large = large_picture()
        with running_server(tmp_path / "log.txt") as server:
            client = client_of(server)
            leave_memory(server, LEFT_MB)

            def ask(_: int) -> Answer:
                return client.post(POSE, large)

            with ThreadPoolExecutor(4) as threads:
                answers = list(threads.map(ask, range(8)))
            assert {answer.status for answer in answers} <= {200, 503}
            refused = [answer for answer in answers if answer.status == 503]
            assert refused
            for answer in refused:
                assert answer.json()["code"] == "out_of_memory"
                assert int(answer.headers["retry-after"]) >= 1
            # Their memory is free again.
            assert client.post(POSE, STAND).status == 200
            assert server.process.poll() is None
            assert "Traceback" not in server.log.read_text()

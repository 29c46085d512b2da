"""A real server in a separate process: the dashboard, or a small app of the tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT

#: Long enough for slow machines; a healthy run never waits that long.
START_LIMIT_S = 120


@dataclass(frozen=True)
class Server:
    """A running dashboard."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def assert_no_traceback(self) -> None:
        printed = self.log.read_text()
        assert "Traceback" not in printed, printed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def running(
    command: Sequence[str], url: str, log: Path, folder: Path = ROOT, env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run `command`, which serves Streamlit pages at `url`, and stop it afterwards; `env` adds to the environment."""
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_LIMIT_S
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield Server(url, process, log)
    finally:
        with suppress(ProcessLookupError):  # a test may have ended it
            # The whole group, as the command may be a program that starts the server.
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def running_server(
    log: Path,
    prefix: Sequence[str] = (),
    folder: Path = ROOT,
    env: Mapping[str, str] | None = None,
    script: str = "app.py",
    base: str = "",
    port: int | None = None,
    options: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Start the dashboard with `streamlit run app.py`, and stop it afterwards.

    `base` is a path such as ``/some/where`` to serve everything below; `options` are further options of Streamlit.
    """
    port = port or free_port()
    command = [*prefix, sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    command += ["--server.baseUrlPath", base] if base else []
    for name, value in (options or {}).items():
        command += [f"--{name}", value]
    with running(command, f"http://localhost:{port}{base}", log, folder, env) as server:
        yield server

"""Starting and stopping, as seen by the person at the keyboard."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from scripts import run
from tests.support.paths import ROOT
from tests.support.waiting import until

START_LIMIT_S = 120.0


class Launcher:
    """scripts/run.py with `choices` in its environment; its output goes to a file."""

    def __init__(self, folder: Path, **choices: str) -> None:
        ours = ("DISPLAY", "WAYLAND_DISPLAY", "HOST", "PORT")
        environment = {name: value for name, value in os.environ.items() if name not in ours} | choices
        self._log = folder / "output.txt"
        with self._log.open("wb") as log:
            command = [sys.executable, str(ROOT / "scripts" / "run.py")]
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)

    def output(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def wait_until_ready(self) -> str:
        """Wait for the line with the address, and return it."""

        def ready() -> bool:
            assert self._process.poll() is None, self.output()
            return "is ready" in self.output()

        until(ready, START_LIMIT_S)
        return next(line for line in self.output().splitlines() if "is ready" in line)

    def wait(self) -> int:
        return self._process.wait(60)

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        self._process.send_signal(how)
        return self.wait()


def refusal(folder: Path, **choices: str) -> str:
    """The one sentence that refuses `choices`."""
    launcher = Launcher(folder, **choices)
    assert launcher.wait() == 1
    assert launcher.output().count("\n") == 1, launcher.output()
    return launcher.output().strip()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_a_port_in_use_is_refused_with_another_to_try(tmp_path: Path, taken_port: int) -> None:
    sentence = refusal(tmp_path, PORT=str(taken_port))
    assert f"Port {taken_port} on 127.0.0.1 is already in use" in sentence
    suggested = re.search(r"make run PORT=(\d+)$", sentence)
    assert suggested
    assert 0 < int(suggested[1]) < 65536
    assert int(suggested[1]) != taken_port


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "80.5", "٣"])
def test_an_invalid_port_is_refused(tmp_path: Path, port: str) -> None:
    assert f"PORT must be a whole number from 1 to 65535; got '{port}'" in refusal(tmp_path, PORT=port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no host", "a..b"])
def test_a_host_that_is_not_this_machine_is_refused(tmp_path: Path, host: str, free_port: int) -> None:
    sentence = refusal(tmp_path, HOST=host, PORT=str(free_port))
    assert f"HOST must be an address of this machine; got '{host}'" in sentence
    assert "HOST=127.0.0.1" in sentence


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_prints_its_address_answers_there_and_stops_without_a_traceback(
    tmp_path: Path, free_port: int, how: signal.Signals
) -> None:
    launcher = Launcher(tmp_path, PORT=str(free_port))
    try:
        address = f"http://127.0.0.1:{free_port}"
        assert address in launcher.wait_until_ready().split()
        with urllib.request.urlopen(address, timeout=30) as page:
            assert page.status == 200
    finally:
        code = launcher.stop(how)
    assert code == 0
    first, ready, *rest = launcher.output().split("\n")
    assert (first, rest) == ("Starting PoseDeck ...", ["", "PoseDeck has stopped.", ""])
    assert ready.startswith("PoseDeck is ready")
    with socket.create_server(("127.0.0.1", free_port)):
        pass  # nothing listens on the port any more


def test_a_server_that_cannot_start_ends_the_wait(tmp_path: Path, free_port: int) -> None:
    launcher = Launcher(
        tmp_path, PORT=str(free_port), STREAMLIT_SERVER_SSL_CERT_FILE="no-such-certificate.pem"
    )
    assert launcher.wait() == 1
    assert launcher.output().endswith("PoseDeck could not start; the lines above say why.\n")


class HealthPage(BaseHTTPRequestHandler):
    """Answers each request with the next of `codes`."""

    codes: Iterator[int]

    def do_GET(self) -> None:
        self.send_response(next(self.codes))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test's output quiet."""


def wait_for_answers(*codes: int) -> list[int]:
    """Let the launcher wait for a server that answers with `codes` in turn; return the ones that were not needed."""
    rest = iter(codes)
    handler = type("Handler", (HealthPage,), {"codes": rest})
    with HTTPServer(("127.0.0.1", 0), handler) as server, subprocess.Popen(["sleep", "60"]) as process:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            run.wait_until_reachable(process, f"http://127.0.0.1:{server.server_port}")
        finally:
            process.kill()
            server.shutdown()
    return list(rest)


def test_the_wait_goes_on_while_the_server_is_not_ready_and_ends_with_the_first_good_answer() -> None:
    assert wait_for_answers(503, 503, 200, 200) == [200]


def test_a_server_that_answers_with_an_error_ends_the_wait() -> None:
    with pytest.raises(run.StartError, match="cannot work"):
        wait_for_answers(503, 500, 200)


def test_an_open_host_says_that_cameras_elsewhere_need_https(tmp_path: Path, free_port: int) -> None:
    launcher = Launcher(tmp_path, HOST="0.0.0.0", PORT=str(free_port))
    try:
        assert f"http://127.0.0.1:{free_port}" in launcher.wait_until_ready().split()
    finally:
        launcher.stop()
    printed = launcher.output()
    assert "camera only over HTTPS" in printed
    address = re.search(r"Other machines reach it at http://([^:;]+):(\d+);", printed)
    assert address
    assert address[1] != "0.0.0.0"
    assert int(address[2]) == free_port
    assert "No password is set: anyone who can reach it may come in" in printed


@pytest.mark.parametrize(
    ("host", "name"), [("192.0.2.5", "192.0.2.5"), ("2001:db8::1", "[2001:db8::1]"), ("box", "box")]
)
def test_the_announcement_names_the_address_for_others(host: str, name: str) -> None:
    assert f"Other machines reach it at http://{name}:8080;" in run.announcement(host, 8080, "http://x:8080")


@pytest.mark.parametrize("name", ["POSEDECK_PASSWORD", "POSEDECK_LOGIN"])
def test_with_a_password_or_login_there_is_no_warning(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "set")
    assert "No password" not in run.announcement("0.0.0.0", 8080, "http://127.0.0.1:8080")


def test_for_this_machine_alone_one_line_is_enough() -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        assert "\n" not in run.announcement(host, 8080, "http://127.0.0.1:8080")

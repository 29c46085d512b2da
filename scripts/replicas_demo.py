"""Run two PoseDecks behind nginx on this machine alone: ``.venv/bin/python scripts/replicas_demo.py``.

Uses deploy/nginx.conf unchanged except for the addresses, prints the page's address and each replica's process, and
waits for Ctrl-C. tests/e2e/test_replicas.py uses the same setup as its proof. Needs nginx (Debian: ``apt-get install
nginx-light``).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the project is run from its folder and not installed

from scripts.demo import DemoError, run_until_stopped, wait_for_start  # noqa: E402
from scripts.run import start_server, stop_server  # noqa: E402

SITE = ROOT / "deploy" / "nginx.conf"
HOST = "127.0.0.1"
NAMES = ("a", "b")
#: The addresses in deploy/nginx.conf, in the order of NAMES.
WRITTEN_REPLICAS = ("127.0.0.1:8081", "127.0.0.1:8082")
WRITTEN_LISTEN = "listen 80;"
START_LIMIT_S = 120.0
STOP_LIMIT_S = 30.0

#: nginx as an ordinary user, in the foreground, with its files in one folder and none of the machine's other settings.
FRAME = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
{user}
events {{}}
http {{
    log_format short '$request_method $uri $status by $upstream_addr ($upstream_status)';
    access_log {folder}/access.log short;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/unused;
    uwsgi_temp_path {folder}/unused;
    scgi_temp_path {folder}/unused;
    include {folder}/site.conf;
}}
"""

# For this machine's own loopback, ignoring any proxy that the environment names.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Replica:
    """One PoseDeck."""

    name: str
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return once it answers."""
        with self.log.open("ab") as sink:
            self.process = start_server(HOST, self.port, sink)
        wait_for_start(
            f"Replica {self.name}", partial(_answers, self.port), self.process, self.log, START_LIMIT_S
        )

    def stop(self) -> float:
        """Tell it to stop, as a service manager does, and wait; return the seconds it took."""
        assert self.process is not None
        began_s = time.monotonic()
        stop_server(self.process, STOP_LIMIT_S)
        return time.monotonic() - began_s


@dataclass(frozen=True)
class Replicas:
    """Two PoseDecks and the nginx in front of them."""

    port: int
    folder: Path
    each: dict[str, Replica] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The address that visitors and programs use."""
        return f"http://localhost:{self.port}"

    def access_log(self) -> list[str]:
        """Return what nginx logged for each request: method, path, status, and the replicas that were asked."""
        return (self.folder / "access.log").read_text(encoding="utf-8").splitlines()


def site(port: int, replica_ports: tuple[int, ...]) -> str:
    """Return deploy/nginx.conf with other addresses.

    Raises
    ------
    DemoError
        If an address is missing from the file.
    """
    text = SITE.read_text(encoding="utf-8")
    changes = {WRITTEN_LISTEN: f"listen {HOST}:{port};"}
    for written, replica_port in zip(WRITTEN_REPLICAS, replica_ports, strict=True):
        changes[written] = f"{HOST}:{replica_port}"
        changes[written.replace(".", r"\.")] = f"{HOST}:{replica_port}".replace(".", r"\.")
    for old, new in changes.items():
        if old not in text:
            raise DemoError(f"{SITE.name} must contain {old!r}, which is missing.")
        text = text.replace(old, new)
    return text


@contextmanager
def running_replicas(folder: Path) -> Iterator[Replicas]:
    """Run nginx and two replicas on free ports of this machine, with their files in `folder`; stop them afterwards."""
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if nginx is None:
        raise DemoError(
            "This needs nginx, which is not installed. Please run: sudo apt-get install -y nginx-light"
        )
    port, *ports = _free_ports(1 + len(NAMES))
    each = {name: Replica(name, own, folder / f"{name}.txt") for name, own in zip(NAMES, ports, strict=True)}
    (folder / "site.conf").write_text(site(port, tuple(ports)), encoding="utf-8")
    # If root starts nginx, its workers become a user who cannot write to the folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(FRAME.format(folder=folder, user=user), encoding="utf-8")
    front: subprocess.Popen[bytes] | None = None
    try:
        for replica in each.values():
            replica.start()
        log = folder / "nginx.txt"
        with log.open("wb") as sink:
            front = subprocess.Popen(
                [nginx, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                process_group=0,
            )
        wait_for_start("nginx", partial(_answers, port), front, log, START_LIMIT_S)
        yield Replicas(port, folder, each)
    finally:
        for process in (front, *(replica.process for replica in each.values())):
            if process is not None:
                stop_server(process, STOP_LIMIT_S)


def _free_ports(count: int) -> list[int]:
    """Return different free ports."""
    probes = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports: list[int] = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _answers(port: int) -> bool:
    try:
        with _DIRECT.open(f"http://{HOST}:{port}/api/v1/health", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def _demo(folder: Path) -> Iterator[str]:
    with running_replicas(folder) as replicas:
        lines = [f"Two PoseDecks behind one address: {replicas.url}   (Ctrl-C stops everything)"]
        for replica in replicas.each.values():
            assert replica.process is not None
            lines.append(f"  replica {replica.name}: port {replica.port}, process {replica.process.pid}")
        lines.append("The header X-PoseDeck-Replica of each answer names the replica that sent it.")
        yield "\n".join(lines)


def main() -> int:
    """Run until Ctrl-C; return the exit code."""
    return run_until_stopped(_demo, "nginx and both replicas have stopped.")


if __name__ == "__main__":
    sys.exit(main())

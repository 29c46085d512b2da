"""Run a TURN server for this machine only, to try PoseDeck through a relay: ``python scripts/turn_demo.py``.

Starts coturn (Debian: ``apt-get install coturn``) on 127.0.0.1 with a password generated for this run, prints how to
start PoseDeck with it, and waits for Ctrl-C. tests/e2e/test_turn.py uses the same server as its proof. Other machines
cannot use it: docs/deploy.md has a configuration for those.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run from its folder and not installed

from scripts.demo import DemoError, run_until_stopped, wait_for_start
from scripts.run import stop_server

HOST = "127.0.0.1"
START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
ANSWER_LIMIT_S = 0.2

#: coturn refuses loopback peers by default, for good reasons; here both ends of a stream are on this machine.
CONFIGURATION = """\
listening-ip={host}
relay-ip={host}
listening-port={port}
allow-loopback-peers
realm=posedeck
lt-cred-mech
user={username}:{credential}
no-tls
no-dtls
no-cli
userdb={folder}/turndb
pidfile={folder}/turnserver.pid
log-file={folder}/turnserver.log
simple-log
no-stdout-log
verbose
"""


@dataclass(frozen=True)
class Turn:
    """A running TURN server."""

    port: int
    username: str
    credential: str = field(repr=False)
    log: Path

    @property
    def url(self) -> str:
        """Its address, over UDP."""
        return f"turn:{HOST}:{self.port}?transport=udp"

    def environment(self) -> dict[str, str]:
        """Return the variables that make PoseDeck and its viewers meet at this server and nowhere else."""
        return {
            "POSEDECK_ICE_URLS": self.url,
            "POSEDECK_ICE_USERNAME": self.username,
            "POSEDECK_ICE_CREDENTIAL": self.credential,
            "POSEDECK_ICE_RELAY_ONLY": "1",
        }

    def allocations(self) -> int:
        """Count the relayed addresses given out so far, from the log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return sum("ALLOCATE processed, success" in line for line in lines)


@contextmanager
def running_turn(folder: Path) -> Iterator[Turn]:
    """Run coturn on a free port of this machine, with its files in `folder`, and stop it afterwards."""
    program = shutil.which("turnserver")
    if program is None:
        raise DemoError(
            "This needs coturn, which is not installed. Please run: sudo apt-get install -y coturn"
        )
    turn = Turn(_free_port(), "viewer", secrets.token_urlsafe(16), folder / "turnserver.log")
    configuration = folder / "turnserver.conf"
    # A file, because it holds the password: every user of the machine could see it as an argument.
    configuration.touch(mode=0o600)
    configuration.write_text(
        CONFIGURATION.format(
            host=HOST, port=turn.port, username=turn.username, credential=turn.credential, folder=folder
        ),
        encoding="utf-8",
    )
    # In its own process group, so that a Ctrl-C at the terminal ends it through us and after the streams.
    process = subprocess.Popen(
        [program, "-c", str(configuration)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        wait_for_start("coturn", partial(_answers, turn.port), process, turn.log, START_LIMIT_S)
        yield turn
    finally:
        stop_server(process, STOP_LIMIT_S)


def _free_port() -> int:
    """Return a port that is free for both UDP and TCP."""
    while True:
        with (
            socket.socket(type=socket.SOCK_DGRAM) as udp,
            socket.socket(type=socket.SOCK_STREAM) as tcp,
        ):
            udp.bind((HOST, 0))
            port: int = udp.getsockname()[1]
            try:
                tcp.bind((HOST, port))
            except OSError:
                continue
            return port


def _answers(port: int) -> bool:
    """Return whether a STUN binding request (RFC 8489, section 5) is answered within a moment."""
    request = struct.pack("!HHI12s", 0x0001, 0, 0x2112A442, os.urandom(12))
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.settimeout(ANSWER_LIMIT_S)
        probe.connect((HOST, port))
        try:
            probe.send(request)
            return probe.recv(1024)[8:20] == request[8:20]  # the same transaction
        except (TimeoutError, ConnectionRefusedError):  # the latter at once, if nothing listens yet
            return False


@contextmanager
def _demo(folder: Path) -> Iterator[str]:
    with running_turn(folder) as turn:
        settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in turn.environment().items())
        yield (
            f"A TURN server runs at {HOST}:{turn.port}. Start PoseDeck in another terminal with\n\n"
            f"    {settings} make run\n\n"
            "and open the Live page: its pictures go through the relay both ways.  (Ctrl-C stops the relay)"
        )


def main() -> int:
    """Run until Ctrl-C; return the exit code."""
    return run_until_stopped(_demo, "The TURN server has stopped.")


if __name__ == "__main__":
    sys.exit(main())

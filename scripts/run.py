"""Start PoseDeck, wait until its page answers, print its address, and stop it cleanly on Ctrl-C.

``make run`` calls this. ``PORT`` and ``HOST`` come from the environment; without them the dashboard listens on
127.0.0.1:8080, which only this machine can reach. Standard library only; for Linux and macOS.
"""

from __future__ import annotations

import errno
import os
import platform
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = "8080"
START_LIMIT_S = 180.0  # warming the models takes seconds; three minutes allow for a very slow disk
STOP_LIMIT_S = 10.0  # open live streams get this long to close
POLL_S = 0.1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# For this machine's own addresses, ignoring any proxy that the environment names.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class StartError(Exception):
    """A reason not to start; the message is one sentence for the person at the keyboard."""


class Stop(Exception):
    """Somebody asked to stop: Ctrl-C, a closed terminal, a service manager."""


def read_port(text: str) -> int:
    """Return the port that `text` names, or raise StartError."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise StartError(
            f"PORT must be a whole number from 1 to 65535; got {text!r}. Try: make run PORT=8090"
        )
    return int(text)


def check_free(host: str, port: int) -> None:
    """Raise StartError if nothing can listen on `host` and `port`."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just closed is not "in use"
            probe.bind(address)
            probe.listen()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "errno", None)
        if reason == errno.EADDRINUSE:
            raise StartError(
                f"Port {port} on {host} is already in use by another program (or PoseDeck already runs there). "
                f"Choose another one: make run PORT={port + 10 if port < 65000 else 8090}"
            ) from None
        if reason == errno.EACCES:
            raise StartError(
                f"Port {port} is reserved by the system. Choose one above 1023: make run PORT=8090"
            ) from None
        raise StartError(
            f"HOST must be an address of this machine; got {host!r}. "
            "Use HOST=127.0.0.1 (this machine only) or HOST=0.0.0.0 (other machines too)."
        ) from None


def page_address(host: str, port: int) -> str:
    """Return the address at which this machine itself reaches a server bound to `host`."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def start_server(
    host: str, port: int, output: IO[bytes] | None = None, **variables: str
) -> subprocess.Popen[bytes]:
    """Start Streamlit in its own process group, so that Ctrl-C reaches it once, through us, as a SIGTERM.

    Its output goes to `output` instead of the console if given; `variables` are added to its environment.
    """
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += [f"--server.address={host}", f"--server.port={port}", "--logger.hideWelcomeMessage=true"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        process_group=0,
    )


def wait_until_reachable(server: subprocess.Popen[bytes], address: str) -> None:
    """Return when the health page answers; raise StartError if the server ends or takes too long."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise StartError("PoseDeck could not start; the lines above say why.")
        try:
            with _DIRECT.open(f"{address}/_stcore/health", timeout=5):
                return
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:  # which only means "not yet"
                raise StartError("PoseDeck started but cannot work; the lines above say why.") from None
        except OSError:
            pass  # nothing listens yet
        time.sleep(POLL_S)
    raise StartError(f"PoseDeck did not answer at {address} within {START_LIMIT_S:.0f} seconds.")


def stop_server(server: subprocess.Popen[bytes], limit_s: float = STOP_LIMIT_S) -> None:
    """Stop the server and wait for it; kill it after `limit_s`."""
    server.terminate()
    try:
        server.wait(limit_s)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def has_desktop(environment: Mapping[str, str]) -> bool:
    """Return whether there is a screen on which a browser could open."""
    if platform.system() == "Linux":
        return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
    return True


def open_browser(address: str) -> None:
    """Open the page in the default browser; if none starts, say nothing."""
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-m", "webbrowser", address]
    subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)


def announcement(host: str, port: int, address: str) -> str:
    """Return the line that says PoseDeck is ready, and what to know if other machines can reach the page."""
    ready = f"PoseDeck is ready: {address}   (Ctrl-C stops it)"
    if host.startswith("127.") or host in ("localhost", "::1"):
        return ready
    there = f"http://{network_name(host)}:{port}"
    open_to_all = (
        ""
        if is_protected(os.environ)
        else "\nNo password is set: anyone who can reach it may come in (docs/deploy.md)."
    )
    return (
        f"{ready}\nOther machines reach it at {there}; "
        f"their browsers allow the camera only over HTTPS.{open_to_all}"
    )


def network_name(host: str) -> str:
    """Return how other machines can reach this one: its address in the network, or else its name."""
    if host not in ("0.0.0.0", "::"):
        return f"[{host}]" if ":" in host else host
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            # Picks a route and sends nothing; the address is reserved for documentation (RFC 5737).
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
    except OSError:  # no network
        return socket.gethostname()


def is_protected(environment: Mapping[str, str]) -> bool:
    """Return whether the pages require a password or a login."""
    return bool(environment.get("POSEDECK_PASSWORD") or environment.get("POSEDECK_LOGIN"))


def run(host: str, port: int) -> int:
    """Serve until the server ends by itself (return its exit code) or `Stop` is raised; never leave it running."""
    check_free(host, port)
    print("Starting PoseDeck ...", flush=True)
    server = start_server(host, port)
    try:
        address = page_address(host, port)
        wait_until_reachable(server, address)
        print(announcement(host, port, address), flush=True)
        if has_desktop(os.environ):
            open_browser(address)
        return server.wait()
    finally:
        for signum in STOP_SIGNALS:  # a second, impatient Ctrl-C must not leave the server running
            signal.signal(signum, signal.SIG_IGN)
        stop_server(server)


def _raise_stop(signum: int, frame: FrameType | None) -> None:
    raise Stop


def main() -> int:
    """Run the dashboard as the environment says; return the exit code, 0 after a requested stop."""
    for signum in STOP_SIGNALS:
        signal.signal(signum, _raise_stop)
    try:
        port = read_port(os.environ.get("PORT") or DEFAULT_PORT)
        code = run(os.environ.get("HOST") or DEFAULT_HOST, port)
    except Stop:
        print("\nPoseDeck has stopped.", flush=True)
        return 0
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"PoseDeck ended by itself (exit code {code}).", file=sys.stderr)
    return code or 1


if __name__ == "__main__":
    sys.exit(main())

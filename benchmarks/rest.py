"""Requests a second, compared with a service like the older demo: ``python -m benchmarks.rest [--out FILE]``.

Both run on this machine at the same time and take turns to be asked, by one client and by four, for the picture with
the skeleton on it and for the landmarks as JSON. The clients are threads of one process on the same cores, each with
one connection that is kept open if the server keeps it. The older demo's packages go into their own environment in
``.cache``, made if it is missing (Python 3.9 to 3.12; ``--older-python`` names another interpreter for it).
"""

from __future__ import annotations

import argparse
import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np

from benchmarks.machine import describe_machine, machine_lines
from benchmarks.report import interleaved, save, summary, table
from benchmarks.server import serving
from pose_core.media.images import encode_jpeg
from pose_core.performer import Camera, render_frame
from scripts import run

__all__ = ["BOUNDARY", "Asked", "ask", "compare", "form"]

_HOST: Final = "127.0.0.1"
_SIZE_WH: Final = (640, 491)
_ANSWERS: Final = {"picture": "/predict", "json": "/predict?format=json"}
_CLIENTS: Final = (1, 4)
BOUNDARY: Final = "posedeck-benchmark"
_PACKAGES: Final = ("mediapipe==0.10.21", "flask")
_FOLDER: Final = run.ROOT / ".cache" / "older-demo"
_WARM_S: Final = 1.0
_START_LIMIT_S: Final = 60.0


def form(*pictures: bytes) -> bytes:
    """Return the body of a request."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="picture.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    parts = [head.encode() + picture + b"\r\n" for picture in pictures]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True, slots=True)
class Asked:
    """What some clients got in a span of time.

    Attributes
    ----------
    seconds : float
    times_ms : list of float
        Time of each whole request.
    failed : int
        Number of answers other than 200.
    """

    seconds: float
    times_ms: list[float]
    failed: int


def ask(port: int, path: str, body: bytes, clients: int, seconds: float) -> Asked:
    """Let some clients send requests as fast as they are answered; meant for a process of its own."""
    times_ms: list[list[float]] = [[] for _ in range(clients)]
    failed = [0] * clients
    start = threading.Barrier(clients + 1)
    end_s = [0.0]

    def client(place: int) -> None:
        connection = http.client.HTTPConnection(_HOST, port, timeout=60)
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        start.wait()
        while time.perf_counter() < end_s[0]:
            begin_s = time.perf_counter()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            times_ms[place].append((time.perf_counter() - begin_s) * 1e3)
            failed[place] += answer.status != 200
        connection.close()

    threads = [threading.Thread(target=client, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    begin_s = time.perf_counter()
    end_s[0] = begin_s + seconds
    start.wait()
    for thread in threads:
        thread.join()
    return Asked(time.perf_counter() - begin_s, list(chain.from_iterable(times_ms)), sum(failed))


def _older_python(chosen: str) -> Path:
    """Return the interpreter of the older demo's environment, which is made first if it is missing."""
    python = _FOLDER / "bin" / "python"
    if not python.exists():
        print(f"Making an environment with {' and '.join(_PACKAGES)} ...", file=sys.stderr, flush=True)
        subprocess.run([chosen, "-m", "venv", str(_FOLDER)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *_PACKAGES], check=True)
    return python


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline_s = time.monotonic() + _START_LIMIT_S
    while process.poll() is None and time.monotonic() < deadline_s:
        try:
            socket.create_connection((_HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(
        "The older demo did not start. Run benchmarks/older_demo.py in its environment to see why."
    )


@contextmanager
def _older_demo(python: Path) -> Iterator[int]:
    """Start the older demo on a free port; stop it afterwards."""
    with socket.create_server((_HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    process = subprocess.Popen(
        [str(python), str(run.ROOT / "benchmarks" / "older_demo.py"), str(port)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        _wait_for(port, process)
        yield port
    finally:
        run.stop_server(process)


def compare(
    ports: dict[str, int], picture: bytes, rounds: int, seconds: float, clients: Sequence[int] = _CLIENTS
) -> list[dict[str, Any]]:
    """Ask each service for each kind of answer with each number of clients, in turns.

    Parameters
    ----------
    ports : dict of str to int
        Name of each service to its port.
    picture : bytes
    rounds : int
    seconds : float
        How long one service is asked in a turn.
    clients : sequence of int

    Returns
    -------
    list of dict
        For each service, answer and number of clients: requests a second (median of the rounds) and milliseconds of a
        request.

    Raises
    ------
    RuntimeError
        If a request was not answered with 200: refusals are quick and would make a rate look good.
    """
    cases = [(name, answer, count) for answer in _ANSWERS for count in clients for name in ports]
    got: dict[tuple[str, str, int], list[Asked]] = {case: [] for case in cases}
    body = form(picture)
    with get_context("spawn").Pool(1) as asker:
        for name, port in ports.items():
            print(f"... {name} warms up", file=sys.stderr, flush=True)
            asker.apply(ask, (port, _ANSWERS["picture"], body, max(clients), _WARM_S))
        for case in interleaved(cases, rounds):
            name, answer, count = case
            print(f"... {name}, {answer}, {count}", file=sys.stderr, flush=True)
            got[case].append(asker.apply(ask, (ports[name], _ANSWERS[answer], body, count, seconds)))
    failed = {case: sum(one.failed for one in asked) for case, asked in got.items()}
    if any(failed.values()):
        raise RuntimeError(f"Every request must be answered with 200; got other answers, by case: {failed}")
    return [
        {
            "service": name,
            "answer": answer,
            "clients": count,
            "requests_per_s": round(float(np.median([len(one.times_ms) / one.seconds for one in asked])), 2),
            "ms": summary([time_ms for one in asked for time_ms in one.times_ms]),
        }
        for (name, answer, count), asked in got.items()
    ]


def ratios(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return how many times as many requests PoseDeck answers, for each kind of answer and number of clients."""
    rate = {(one["service"], one["answer"], one["clients"]): one["requests_per_s"] for one in runs}
    return [
        {
            "answer": answer,
            "clients": count,
            "ratio": round(rate["posedeck", answer, count] / rate["older demo", answer, count], 2),
        }
        for name, answer, count in rate
        if name == "posedeck"
    ]


def main() -> None:
    """Measure, print, and save the figures if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=4.0, help="how long one service is asked in a turn")
    parser.add_argument("--picture", type=Path, help="JPEG or PNG; default the performer at 640x491")
    parser.add_argument("--older-python", default=sys.executable, help="for the older demo's environment")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    machine = describe_machine()
    python = _older_python(options.older_python)
    picture = (
        options.picture.read_bytes()
        if options.picture
        else encode_jpeg(render_frame("arm_raise", 0.3, camera=Camera(*_SIZE_WH), noise=4.0).rgb)
    )
    with serving() as server, _older_demo(python) as older_port:
        port = urlsplit(server.address).port
        assert port is not None
        runs = compare({"posedeck": port, "older demo": older_port}, picture, options.rounds, options.seconds)
    print(machine_lines(machine), end="\n\n")
    rows = [["service, answer, clients", "requests/s", "ms median", "p95"]]
    rows += [
        [
            f"{one['service']}, {one['answer']}, {one['clients']}",
            f"{one['requests_per_s']:.1f}",
            f"{one['ms']['median']:.1f}",
            f"{one['ms']['p95']:.1f}",
        ]
        for one in runs
    ]
    print(table(rows))
    for one in ratios(runs):
        print(f"{one['answer']}, {one['clients']} clients: {one['ratio']:.2f} times as many")
    if options.out:
        save(
            {
                "machine": machine,
                "rounds": options.rounds,
                "seconds": options.seconds,
                "picture_bytes": len(picture),
                "runs": runs,
                "ratios": ratios(runs),
            },
            options.out,
        )


if __name__ == "__main__":
    main()

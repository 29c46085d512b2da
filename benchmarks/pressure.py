"""Clients that put the REST interface under load: many at once, slow ones, ones that hang up, and silent ones.

`press` runs them all against a server, from a process of its own, and returns what they got.
"""

from __future__ import annotations

import http.client
import resource
import select
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from benchmarks.rest import BOUNDARY, form

__all__ = ["HOST", "IMPATIENT_S", "POSE", "Pressed", "Pressure", "allow_descriptors", "leave", "press"]

HOST: Final = "127.0.0.1"
POSE: Final = "/api/v1/pose"
_TIMEOUT_S: Final = 60.0
_TRICKLE_S: Final = 0.05
_LEAVE_S: Final = 0.1
_BUSY: Final = (429, 503)
#: How long impatient clients wait, whatever they are told.
IMPATIENT_S: Final = 0.05
#: Descriptors that a process needs besides those for the idle connections.
_SPARE: Final = 400


@dataclass(frozen=True, slots=True)
class Pressure:
    """The parameters of `press`.

    Attributes
    ----------
    port : int
    picture : bytes
    seconds : float
    clients : int
        Clients that request `POSE` again and again, each over one connection.
    slow : int
        Clients that send a request byte by byte.
    leaving : int
        Clients that hang up in the middle of a request, or before its answer, ten times a second.
    idle : int
        Connections on which nothing is sent.
    patience_s : float or None
        How long clients wait when they are asked to come back; if None, as long as they are told.
    """

    port: int
    picture: bytes
    seconds: float
    clients: int = 32
    slow: int = 2
    leaving: int = 2
    idle: int = 1000
    patience_s: float | None = IMPATIENT_S


@dataclass(slots=True)
class Pressed:
    """What the clients got.

    Attributes
    ----------
    seconds : float
    statuses, slow, leaving : Counter of str
        Answers by status to the ordinary and the slow clients, and how often the leaving ones left. A failure is
        counted under the name of its error.
    times_ms : list of float
        Time of each answered picture.
    busy_ms : list of float
        Time of each answer that asks to come back.
    idle_open : int
        Idle connections that the server still held at the end.
    """

    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    slow: Counter[str] = field(default_factory=Counter)
    leaving: Counter[str] = field(default_factory=Counter)
    times_ms: list[float] = field(default_factory=list)
    busy_ms: list[float] = field(default_factory=list)
    idle_open: int = 0


def allow_descriptors(idle: int) -> int:
    """Allow this process, and those it starts from now on, enough open files for `idle` connections.

    Returns
    -------
    int
        How many of them the system allows.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = idle + _SPARE
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(0, min(idle, allowed - _SPARE))


def _request(job: Pressure) -> bytes:
    body = form(job.picture)
    head = (
        f"POST {POSE} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _ask(job: Pressure, over: threading.Event, pressed: Pressed) -> None:
    body = form(job.picture)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    connection = http.client.HTTPConnection(HOST, job.port, timeout=_TIMEOUT_S)
    while not over.is_set():
        begin_s = time.perf_counter()
        try:
            connection.request("POST", POSE, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            pressed.statuses[type(error).__name__] += 1
            connection.close()
            continue
        took_ms = (time.perf_counter() - begin_s) * 1e3
        pressed.statuses[str(answer.status)] += 1
        if answer.status in _BUSY:
            pressed.busy_ms.append(took_ms)
            told_s = float(answer.headers.get("Retry-After", "1"))
            over.wait(told_s if job.patience_s is None else job.patience_s)
        else:
            pressed.times_ms.append(took_ms)
    connection.close()


def _status_on(line: socket.socket) -> str:
    answer = http.client.HTTPResponse(line)
    answer.begin()
    answer.read()
    return str(answer.status)


def _trickle(job: Pressure, over: threading.Event, pressed: Pressed) -> None:
    """Send a request byte by byte until there is any answer, then another request."""
    request = _request(job)
    while not over.is_set():
        try:
            with socket.create_connection((HOST, job.port), timeout=_TIMEOUT_S) as line:
                answered = select.poll()  # select.select cannot handle descriptors above 1023
                answered.register(line, select.POLLIN)
                for place in range(len(request)):
                    if over.is_set() or answered.poll(0):
                        break
                    line.sendall(request[place : place + 1])
                    over.wait(_TRICKLE_S)
                pressed.slow["unfinished" if over.is_set() else _status_on(line)] += 1
        except (OSError, http.client.HTTPException) as error:
            pressed.slow[type(error).__name__] += 1
        over.wait(_LEAVE_S)


def leave(job: Pressure, over: threading.Event, pressed: Pressed, *, every_s: float = _LEAVE_S) -> None:
    """Hang up after the head, in the middle of the picture, or after all of it; with a normal close or a reset."""
    request = _request(job)
    turn = 0
    while not over.is_set():
        ends = (120, len(request) // 2, len(request))
        try:
            with socket.create_connection((HOST, job.port), timeout=_TIMEOUT_S) as line:
                line.sendall(request[: ends[turn % 3]])
                if turn % 2:  # close with a reset, as when a process is killed or a cable is pulled
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            pressed.leaving["left"] += 1
        except OSError as error:
            pressed.leaving[type(error).__name__] += 1
        turn += 1
        over.wait(every_s)


@contextmanager
def _idle(port: int, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as lines:
        yield [
            lines.enter_context(socket.create_connection((HOST, port), timeout=_TIMEOUT_S))
            for _ in range(count)
        ]


def _still_open(line: socket.socket) -> bool:
    with suppress(OSError):
        line.setblocking(False)
        try:
            return bool(line.recv(1))
        except BlockingIOError:
            return True
    return False


def press(job: Pressure) -> Pressed:
    """Put a server under load for a while; meant for a process of its own."""
    allow_descriptors(job.idle)
    pressed = Pressed()
    over = threading.Event()
    kinds: list[tuple[Callable[[Pressure, threading.Event, Pressed], None], int]] = [
        (_ask, job.clients),
        (_trickle, job.slow),
        (leave, job.leaving),
    ]
    with _idle(job.port, job.idle) as lines:
        # Each thread has its own counters: the interpreter's lock does not make += atomic.
        parts = [(kind, Pressed()) for kind, count in kinds for _ in range(count)]
        begin_s = time.perf_counter()
        with ThreadPoolExecutor(len(parts)) as threads:
            running = [threads.submit(kind, job, over, part) for kind, part in parts]
            over.wait(job.seconds)
            over.set()
            for one in running:
                one.result()  # raises what a client raised, which would otherwise go unnoticed
        pressed.seconds = time.perf_counter() - begin_s
        pressed.idle_open = sum(map(_still_open, lines))
    for _, part in parts:
        pressed.statuses += part.statuses
        pressed.slow += part.slow
        pressed.leaving += part.leaving
        pressed.times_ms += part.times_ms
        pressed.busy_ms += part.busy_ms
    return pressed

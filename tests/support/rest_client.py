"""The REST interface on a real server on this machine, and a client for it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette

from ops.configuration import Configuration
from ops.films import FilmStudio
from pose_core.models.pool import PosePool
from service import Limits, Validations, routes

BOUNDARY = "a-boundary-of-the-tests"
FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
#: Longer than a healthy server ever takes.
TIMEOUT_S = 60
#: Tests send more requests than anyone else.
NO_RATE = Configuration(rate=0)


def form(*pictures: bytes, field: str = "image", name: str = "some.png") -> bytes:
    """The body of a form with `pictures` as files."""
    return _body([(field, name, picture) for picture in pictures])


def named_form(files: Mapping[tuple[str, str], bytes]) -> bytes:
    """The body of a form with files, by field and name."""
    return _body([(field, name, data) for (field, name), data in files.items()])


def _body(files: list[tuple[str, str, bytes]]) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for field, name, data in files
    ]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def type(self) -> str:
        return self.headers["content-type"].partition(";")[0]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    port: int

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, body, dict(headers or {}))
            return read_answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, *pictures: bytes, accept: str | None = None, **options: Any) -> Answer:
        headers = {"Content-Type": FORM_TYPE} | ({} if accept is None else {"Accept": accept})
        return self.ask("POST", path, form(*pictures, **options), headers)

    @contextmanager
    def unfinished(
        self, path: str, *head: str, body: bytes = b"", address: str = "127.0.0.1"
    ) -> Iterator[socket.socket]:
        """A request from `address`, one of this machine, whose body is incomplete."""
        lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {FORM_TYPE}", *head, "", ""]
        server = ("127.0.0.1", self.port)
        with socket.create_connection(server, timeout=TIMEOUT_S, source_address=(address, 0)) as line:
            line.sendall("\r\n".join(lines).encode() + body)
            yield line


def read_answer(response: http.client.HTTPResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())


def answer_on(line: socket.socket) -> Answer:
    response = http.client.HTTPResponse(line)
    response.begin()
    return read_answer(response)


@contextmanager
def rest_server(
    pool: Callable[[], PosePool],
    limits: Limits | None = None,
    configuration: Configuration = NO_RATE,
    trusted: str = "127.0.0.1",
    studio: Callable[[], FilmStudio] | None = None,
    validations: Validations | None = None,
) -> Iterator[Client]:
    """The interface alone on a port of this machine, until the block ends; it trusts `trusted` as a proxy."""
    app = Starlette(routes=routes(pool, limits, configuration, studio, validations))
    config = uvicorn.Config(app, ws="none", lifespan="off", log_level="warning", forwarded_allow_ips=trusted)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=server.run, args=([door],))
        thread.start()
        try:
            yield Client(door.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(TIMEOUT_S)
    assert not thread.is_alive()

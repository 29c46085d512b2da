"""Which names requests may name, and how others are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from ops.hosts import AllowedHosts, HostCheck
from tests.support.waiting import in_a_loop

LOCAL = [
    "localhost",
    "LOCALHOST:8080",
    "localhost.",
    "a.localhost:80",
    "127.0.0.1:8080",
    "127.9.9.9",
    "[::1]:8080",
]
OWN = [
    "192.168.1.5:8080",
    "10.1.2.3",
    "[fd00::5]:8080",
    "lab-pc:8080",
    "LAB-PC",
    "lab-pc.local",
    "lab-pc.corp.example",
]
STRANGE = [
    "rebound.example",
    "rebound.example:8080",
    "localhost.rebound.example",
    "notlocalhost",
    "lab-pc.rebound.example",
    "127.0.0.1.rebound.example",
    "0x7f000001",
]
BROKEN = [
    "",
    "a b",
    "[",
    "[::1",
    "a:b",
    "a:8080:8080",
    "user@localhost",
    "localhost/x",
    "localhost\x00",
    "локальный",
]


@pytest.mark.parametrize("bound_to", ["127.0.0.1", "::1", "localhost"])
def test_on_loopback_only_local_names_are_answered(bound_to: str) -> None:
    hosts = AllowedHosts(bound_to, machine="lab-pc.corp.example")
    assert [host for host in LOCAL if not hosts.allow(host, "127.0.0.1")] == []
    assert [host for host in OWN + STRANGE + BROKEN if hosts.allow(host, "127.0.0.1")] == []


@pytest.mark.parametrize("bound_to", ["0.0.0.0", "::", "192.168.1.5", "", None])
def test_bound_wider_the_machines_name_and_addresses_in_numbers_are_answered_too(
    bound_to: str | None,
) -> None:
    hosts = AllowedHosts(bound_to, machine="lab-pc.corp.example")
    assert [host for host in LOCAL + OWN if not hosts.allow(host)] == []
    assert [host for host in STRANGE + BROKEN if hosts.allow(host)] == []


def test_a_connection_from_elsewhere_shows_that_others_can_connect_whatever_the_setting_says() -> None:
    hosts = AllowedHosts("127.0.0.1", machine="lab-pc")
    assert hosts.allow("192.168.1.5:8000", "192.168.1.5")
    assert not hosts.allow("rebound.example", "192.168.1.5")


def test_the_setting_adds_names_and_everything_below_a_name() -> None:
    hosts = AllowedHosts("127.0.0.1", ("pose.example.org", "*.lab.example", "192.168.1.5", "[fd00::5]"))
    for host in (
        "pose.example.org",
        "Pose.Example.org:443",
        "a.lab.example",
        "b.a.lab.example",
        "192.168.1.5:80",
        "[fd00::5]",
    ):
        assert hosts.allow(host), host
    for host in ("example.org", "a.pose.example.org", "lab.example", "evillab.example", "192.168.1.6"):
        assert not hosts.allow(host), host
    assert AllowedHosts("127.0.0.1", ("*",)).allow("any.example")


# ---------------------------------------------------------------------- the middleware
def ask(kind: str, path: str, *hosts: str, extensions: dict[str, Any] | None = None) -> list[Message]:
    """What is sent in answer to a request with these headers Host."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "passed"})

    async def receive() -> Message:
        return {"type": f"{kind}.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", host.encode("latin-1")) for host in hosts]
    scope = {"type": kind, "path": path, "headers": headers, "server": ("127.0.0.1", 8080)}
    if extensions is not None:
        scope["extensions"] = extensions
    in_a_loop(HostCheck(app, AllowedHosts("127.0.0.1"))(scope, receive, send))
    return sent


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("path", ["/", "/photo", "/_stcore/stream", "/api/v1/pose", "/predict"])
def test_a_rebound_name_reaches_nothing(kind: str, path: str) -> None:
    start, body = ask(kind, path, "rebound.example", extensions={"websocket.http.response": {}})
    assert start["status"] == 421
    assert b"POSEDECK_HOSTS" in body["body"]
    assert ask(kind, path, "localhost:8080") == [{"type": "passed"}]


def test_a_server_that_cannot_answer_an_upgrade_closes_it() -> None:
    assert ask("websocket", "/_stcore/stream", "rebound.example", extensions={}) == [
        {"type": "websocket.close", "code": 1008}
    ]


@pytest.mark.parametrize("hosts", [("localhost", "rebound.example"), ("a b",), ("[",)])
def test_a_malformed_host_is_a_bad_request(hosts: tuple[str, ...]) -> None:
    start, body = ask("http", "/api/v1/health", *hosts)
    assert start["status"] == 400
    assert json.loads(body["body"])["code"] == "bad_request"


def test_a_probe_without_host_is_answered() -> None:
    assert ask("http", "/api/v1/health") == [{"type": "passed"}]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("path", ["/_stcore/stream\n", "/_stcore/metrics\n", "/static/a\x00b", "/\x7f"])
def test_a_path_with_control_characters_reaches_nothing(kind: str, path: str) -> None:
    start, _ = ask(kind, path, "localhost:8080", extensions={"websocket.http.response": {}})
    assert start["status"] == 400

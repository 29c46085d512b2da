"""Every way to host PoseDeck, started with what its file sets: it answers to its true host names and to no other."""

from __future__ import annotations

import re
import shlex
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.paths import ROOT
from tests.support.rest_client import Client
from tests.support.server import running_server
from tests.support.socket_client import upgrade_answer

pytestmark = pytest.mark.e2e

#: Paths of a page, of Streamlit's own and of programs.
PATHS = ("/", "/_stcore/host-config", "/api/v1/health")
MISDIRECTED = 421


@dataclass(frozen=True)
class Form:
    """What a form sets, and the header Host of those who reach it."""

    names: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def image() -> dict[str, str]:
    return dict(re.findall(r"(STREAMLIT_SERVER_ADDRESS)=(\S+)", read("Dockerfile")))


def in_the_open() -> Form:
    """The image alone, or ``HOST=0.0.0.0 make run``: at this machine's name and its addresses."""
    return Form((socket.gethostname(), "192.168.1.5:8080", "localhost"), image())


def compose() -> Form:
    given = dict(re.findall(r"^(\w+)=(.+)$", read("deploy/compose.env.example"), re.MULTILINE))
    given = {name: shlex.split(value)[0] for name, value in given.items()}
    block = re.search(r"\n    environment:\n((?: {6}.*\n)+)", read("compose.yaml"))
    assert block

    def filled(match: re.Match[str]) -> str:
        return given.get(match[1], match[3] or "")

    variables = {
        name: re.sub(r"\$\{(\w+)(:?[?-]([^}]*))?\}", filled, value).strip('"')
        for name, value in re.findall(r"^ {6}(\w+): (.*?)(?:  #.*)?$", block[1], re.MULTILINE)
    }
    assert variables["POSEDECK_HOSTS"] == given["PAGE_NAME"]
    # Caddy passes on what the visitor typed; the image's health check uses the address.
    return Form((given["PAGE_NAME"], "127.0.0.1:8080"), image() | variables)


def kubernetes() -> Form:
    text = read("deploy/kubernetes.yaml")
    variables = dict(re.findall(r'\{name: (\w+), value: "([^"]+)"\}', text))
    ingress = re.findall(r"- host: (\S+)", text)
    # The Ingress, the Service and the probes.
    return Form((*ingress, "posedeck", "posedeck:80", "10.42.0.7:8080"), image() | variables)


def systemd() -> Form:
    text = read("deploy/posedeck@.service")
    host = socket.gethostname()
    variables = {
        name: value.replace("%H", host)
        for line in re.findall(r"^Environment=(.+)$", text, re.MULTILINE)
        for name, value in re.findall(r"(\w+)=(\S+)", line)
        if "PORT" not in name
    }
    return Form((host, "localhost"), variables)


def behind(name: str) -> Form:
    """A proxy on the same machine, which keeps the name that the visitor typed."""
    found = re.search(r"POSEDECK_HOSTS=([a-z.]+)", read(name))
    assert found
    return Form((found[1], "127.0.0.1:8080"), {"POSEDECK_HOSTS": found[1]})


def space() -> Form:
    return Form(("me-posedeck.hf.space",), image() | {"SPACE_HOST": "me-posedeck.hf.space"})


FORMS = {
    "compose.yaml": compose(),
    "deploy/posedeck@.service": systemd(),
    "Dockerfile": in_the_open(),
    "deploy/kubernetes.yaml": kubernetes(),
    "deploy/nginx.conf": behind("deploy/nginx.conf"),
    "deploy/Caddyfile": behind("deploy/Caddyfile"),
    "docs/huggingface.md": space(),
    # Community Cloud passes no variables on.
    "docs/community-cloud.md": Form(("me.streamlit.app", "localhost")),
}
#: One that is bound to all addresses, and one that is not.
SHORT = ("compose.yaml", "deploy/posedeck@.service")


@pytest.mark.parametrize(
    "name", [name if name in SHORT else pytest.param(name, marks=pytest.mark.nightly) for name in FORMS]
)
def test_a_form_answers_to_its_true_host_and_to_no_other(name: str, tmp_path: Path) -> None:
    form = FORMS[name]
    with running_server(tmp_path / "log.txt", env=form.variables) as server:
        client = Client(urlsplit(server.url).port or 0)
        for host, expected in (*((name, 200) for name in form.names), ("rebound.example", MISDIRECTED)):
            found = {path: client.ask("GET", path, headers={"Host": host}).status for path in PATHS}
            assert found == dict.fromkeys(PATHS, expected), host
            status = int(upgrade_answer(client.port, host=host).split()[1])
            assert status == (101 if expected == 200 else expected), host
        server.assert_no_traceback()

"""Every way to host PoseDeck answers to its own name: the settings in the files, against the Host they see."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

import pytest

from ops.configuration import read_configuration
from ops.hosts import AllowedHosts
from tests.support.paths import ROOT


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def found(pattern: str, name: str) -> str:
    match = re.search(pattern, read(name))
    assert match, (name, pattern)
    return match[1]


def hosts(bound_to: str, setting: str = "", **others: str) -> AllowedHosts:
    configuration = read_configuration({"POSEDECK_HOSTS": setting, **others})
    return AllowedHosts(bound_to, configuration.hosts, machine="machine")


IMAGE = found(r"STREAMLIT_SERVER_ADDRESS=(\S+)", "Dockerfile")
FOLDER = tomllib.loads(read(".streamlit/config.toml"))["server"]["address"]
UNIT = found(r"STREAMLIT_SERVER_ADDRESS=(\S+)", "deploy/posedeck@.service")


def test_from_the_folder_and_to_the_network() -> None:
    assert hosts(FOLDER).allow("localhost:8080")
    assert hosts("0.0.0.0").allow("192.168.1.5:8080")
    assert hosts("0.0.0.0").allow("machine:8080")


def test_the_image_alone_at_the_docker_hosts_address_and_its_health_check() -> None:
    assert hosts(IMAGE).allow("192.168.1.5:8080")
    assert "'http://127.0.0.1:'" in read("Dockerfile").split("HEALTHCHECK")[1]
    assert hosts(IMAGE).allow("127.0.0.1:8080")


def test_compose_behind_caddy() -> None:
    setting = found(r"POSEDECK_HOSTS: (\S+)", "compose.yaml")
    env = dict(re.findall(r"^(\w+)=(\S+)$", read("deploy/compose.env.example"), re.MULTILINE))
    assert setting == "${PAGE_NAME:?}"
    behind = hosts(IMAGE, env["PAGE_NAME"])
    assert behind.allow(env["PAGE_NAME"])  # Caddy passes on what the visitor typed
    assert not behind.allow("rebound.example")


def test_kubernetes_at_its_ingress_its_service_and_its_probes() -> None:
    setting = found(r'POSEDECK_HOSTS, value: "([^"]+)"', "deploy/kubernetes.yaml")
    names = set(re.findall(r"- host: (\S+)", read("deploy/kubernetes.yaml")))
    inside = hosts(IMAGE, setting)
    assert names
    assert [
        name for name in (*names, "posedeck", "posedeck:80", "10.42.0.7:8080") if not inside.allow(name)
    ] == []


def test_systemd_at_the_machines_name_unless_the_operators_file_says_otherwise() -> None:
    assert found(r"\nEnvironment=POSEDECK_HOSTS=(\S+)", "deploy/posedeck@.service") == "%H"
    assert hosts(UNIT, "machine").allow("machine")
    assert hosts(UNIT, "pose.example.org").allow("pose.example.org")


@pytest.mark.parametrize(
    "name", ["deploy/nginx.conf", "deploy/Caddyfile", "docs/deploy.md", "docs/replicas.md"]
)
def test_each_page_about_a_proxy_names_the_setting(name: str) -> None:
    setting = found(r"POSEDECK_HOSTS=([a-z.]+)", name)
    assert hosts(FOLDER, setting).allow("pose.example.org")
    assert not hosts(FOLDER).allow("pose.example.org")


def test_spaces_and_community_cloud_need_no_setting() -> None:
    space: Mapping[str, str] = {"SPACE_HOST": "me-posedeck.hf.space"}
    assert "SPACE_HOST" in read("docs/huggingface.md")
    assert hosts(IMAGE, **space).allow("me-posedeck.hf.space")
    assert ".streamlit.app" in read("docs/community-cloud.md")
    assert hosts(FOLDER).allow("me.streamlit.app")

"""The files for containers and proxies match the project; that they work is proven elsewhere."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from importlib.metadata import requires
from pathlib import Path

import pytest

from scripts import prove_dockerfile, replicas_demo
from scripts.demo import DemoError
from tests.support.paths import ROOT

STEPS = prove_dockerfile.read_steps((ROOT / "Dockerfile").read_text(encoding="utf-8"))
HEALTH = "/api/v1/health"


def texts(name: str) -> list[str]:
    return [step.text for step in STEPS if step.name == name]


def copied() -> list[str]:
    return [source for text in texts("COPY") for source in text.split()[:-1]]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_docstring_examples_of_the_dockerfile_proof_pass() -> None:
    found = doctest.testmod(prove_dockerfile)
    assert found.attempted
    assert not found.failed


def test_image_has_all_that_the_server_imports_and_no_development_files() -> None:
    layers = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["root_packages"]
    assert {*layers, "app.py", "dashboard.py", ".streamlit/config.toml"} <= set(copied())
    assert not {".", ".git", "tests", ".streamlit", ".streamlit/secrets.toml"} & set(copied())
    # These packages read only their own files: nothing is looked up from the folder above.
    outside = [
        "/".join(re.findall(r'"([^"]+)"', line))
        for layer in layers
        for path in (ROOT / layer).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "__file__" in line and ("parents[" in line or "parent.parent" in line)
    ]
    assert outside == []


def test_docker_gets_exactly_what_the_image_copies() -> None:
    lines = read(".dockerignore").splitlines()
    admitted = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert admitted == {source.rstrip("/") for source in copied()}


def test_image_installs_the_pinned_list_like_setup_and_runs_unprivileged() -> None:
    installs = "\n".join(texts("RUN"))
    assert "--no-deps --require-hashes -r /build/requirements.txt" in installs
    assert "packages.txt" in installs
    (user,) = texts("USER")
    assert user == "1000:1000"
    assert f"'{HEALTH}'" in texts("HEALTHCHECK")[0]


def test_every_address_in_the_nginx_configuration_is_replaced() -> None:
    text = replicas_demo.site(9000, (9001, 9002))
    servers = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert not [line for line in servers if re.search(r":808\d|listen 80;", line)]
    assert len(re.findall(r"server 127\.0\.0\.1:900[12]", text)) == 6


def test_a_changed_nginx_configuration_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "nginx.conf"
    other.write_text("server { listen 80; }")
    monkeypatch.setattr(replicas_demo, "SITE", other)
    with pytest.raises(DemoError, match=re.escape("127.0.0.1:8081")):
        replicas_demo.site(9000, (9001, 9002))


def test_kubernetes_probes_the_same_health_address_as_the_image() -> None:
    text = read("deploy/kubernetes.yaml")
    probes = re.findall(r"(\w+)Probe:.*\n +httpGet: \{path: (\S+), port: http\}", text)
    assert dict(probes) == {"startup": HEALTH, "readiness": HEALTH, "liveness": HEALTH}
    assert "readOnlyRootFilesystem: true" in text
    assert "runAsUser: 1000" in text


def test_space_uses_the_port_of_the_image() -> None:
    front = read("deploy/huggingface/README.md").split("---")[1]
    settings = dict(line.split(": ", 1) for line in front.strip().splitlines())
    assert settings["sdk"] == "docker"
    assert [settings["app_port"]] == texts("EXPOSE")


def test_uv_installs_only_what_is_listed() -> None:
    assert tomllib.loads(read("pyproject.toml"))["tool"]["uv"]["pip"] == {"no-deps": True}


# ---------------------------------------------------------------------- who may come in
def test_compose_passes_password_and_token_on_and_stops_without_a_decision() -> None:
    service, _, proxy = read("compose.yaml").partition("\n  caddy:\n")
    for name in ("POSEDECK_PASSWORD", "POSEDECK_API_TOKEN"):
        assert f"{name}: ${{{name}?}}" in service
        assert re.search(rf"^{name}=", read("deploy/compose.env.example"), re.MULTILINE)
    (trusted,) = re.findall(r"FORWARDED_ALLOW_IPS: (\S+)", service)
    assert f'ipv4_address: "{trusted}"' in proxy  # Caddy, and nobody else


def test_nginx_passes_no_address_on_that_a_client_wrote() -> None:
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in read("deploy/nginx.conf")


# ---------------------------------------------------------------------- what is installed
def test_image_has_the_packages_for_the_login_pinned_and_hashed() -> None:
    assert "-r /build/requirements-login.txt" in "\n".join(texts("RUN"))
    wanted = {
        re.split(r"[^\w.-]", line)[0].lower()
        for line in requires("streamlit") or ()
        if re.search(r"extra == .auth.", line)
    }
    pinned = set(re.findall(r"^([\w.-]+)==", read("requirements-login.txt"), re.MULTILINE))
    assert wanted
    assert wanted <= pinned


def test_uv_itself_is_pinned_and_hashed() -> None:
    assert "--no-deps --require-hashes -r scripts/uv.txt" in read("scripts/lock.sh")
    assert re.match(r"uv==[\d.]+ \\\n +--hash=sha256:", read("scripts/uv.txt"))


def pin(folder: Path, digests: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script in `folder` with a Docker that knows `digests`."""
    known = "\n".join(f"    {image}) echo {digest} ;;" for image, digest in digests.items())
    docker = folder / "bin" / "docker"
    docker.parent.mkdir(exist_ok=True)
    docker.write_text(f"#!/bin/sh\ncase $4 in\n{known}\n    *) echo unknown ;;\nesac\n")
    docker.chmod(0o755)
    path = f"{docker.parent}:{os.environ['PATH']}"
    script = folder / "scripts" / "pin_images.sh"
    return subprocess.run([script], env={"PATH": path}, capture_output=True, text=True, check=False)


def test_every_image_is_pinned_by_digest() -> None:
    lines = re.findall(r"(?m)^ *(?:FROM|image:) +(.+)$", read("Dockerfile") + read("compose.yaml"))
    assert [line for line in lines if not re.search(r":[^@]+@sha256:[0-9a-f]{64}$", line)] == ["posedeck"]


def test_digests_follow_their_tags_to_newer_images(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    for name in ("Dockerfile", "compose.yaml", "scripts/pin_images.sh"):
        shutil.copy(ROOT / name, tmp_path / name)
    images = ("python:3.12-slim-bookworm", "caddy:2.11.4-alpine", "coturn/coturn:4.6.3")
    for digit in "ab":
        digests = dict.fromkeys(images, "sha256:" + digit * 64)
        done = pin(tmp_path, digests)
        assert done.returncode == 0, done.stderr
        for name, number in (("Dockerfile", 1), ("compose.yaml", 2)):
            before, after = (folder / name for folder in (ROOT, tmp_path))
            changed = set(after.read_text().splitlines()) - set(before.read_text().splitlines())
            assert len(changed) == number
            assert all(line.endswith(f"@sha256:{digit * 64}") for line in changed)
    failed = pin(tmp_path, {})
    assert failed.returncode == 1
    assert "digest" in failed.stderr

"""Carry out the steps of the Dockerfile without Docker, and see the result work without a network.

``sudo python3 scripts/prove_dockerfile.py`` reads the Dockerfile, so that proof and file cannot drift apart:

1. FROM becomes a bare Debian of the release that the image's name ends in, with Debian's own Python (3.11, not 3.12);
   COPY, RUN, ENV, WORKDIR and USER are done in it as Docker does them.
2. CMD is started in it as its user, with nothing but a loopback of its own for a network, a read-only root and a small
   writable /tmp; HEALTHCHECK is asked until it is content.
3. The page and the REST interface are asked; then the server is told to stop in the middle of a request.

Needs Linux, root, debootstrap, iproute2, the network for step 1 alone, and any Python from 3.11.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

PROJECT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 120.0
STOP_LIMIT_S = 30.0
#: Where other machines' settings for pip and certificates are found, so that step 1 gets what this machine gets.
NETWORK_FILES = ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf")
OPENER = build_opener(ProxyHandler({}))  # whatever proxy this machine has: it is not there inside
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Step(NamedTuple):
    """One instruction of a Dockerfile."""

    name: str
    text: str


@dataclass
class Image:
    """What a container would be started with."""

    environment: dict[str, str] = field(default_factory=lambda: {"PATH": SYSTEM_PATH})
    folder: str = "/"
    user: str = "0:0"
    command: list[str] = field(default_factory=list)
    health: str = ""

    def inside(self, root: Path, command: str) -> list[str]:
        """Return `command` as the image's user runs it, in the image's folder."""
        shell = ["/bin/sh", "-c", f"cd {shlex.quote(self.folder)} && {command}"]
        return ["chroot", f"--userspec={self.user}", str(root), *shell]


def read_steps(text: str) -> list[Step]:
    r"""Return the instructions of the Dockerfile `text`: comments left out, continued lines joined.

    Examples
    --------
    >>> read_steps("FROM a\n# why\nRUN one \\\n    && two\n")
    [Step(name='FROM', text='a'), Step(name='RUN', text='one     && two')]
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [Step(*line.split(maxsplit=1)) for line in "\n".join(lines).replace("\\\n", "").splitlines()]


def read_variables(text: str, known: Mapping[str, str]) -> dict[str, str]:
    """Return what ``ENV text`` sets; ``$NAME`` stands for what was known before.

    Examples
    --------
    >>> read_variables("PATH=/venv/bin:$PATH PORT=80", {"PATH": "/bin"})
    {'PATH': '/venv/bin:/bin', 'PORT': '80'}
    """
    pairs = (word.split("=", 1) for word in shlex.split(text))
    return {name: re.sub(r"\$\{?(\w+)\}?", lambda at: known.get(at[1], ""), value) for name, value in pairs}


def run(*command: object, environment: Mapping[str, str] | None = None) -> None:
    """Run `command`; end with what it printed if it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        sys.exit(f"{shlex.join(words)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


# ---------------------------------------------------------------------- step 1, with a network
def copy(root: Path, image: Image, text: str) -> None:
    """Do ``COPY text``: files into a folder, or what is in a folder into another, owned by root."""
    *sources, target = text.split()
    folder = root / os.path.normpath(f"{image.folder}/{target}").lstrip("/")
    folder.mkdir(parents=True, exist_ok=True)
    for source in (PROJECT / name for name in sources):
        if source.is_dir():
            shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    run("chown", "-R", "0:0", folder)


def release(image: str) -> str:
    """The Debian release of a Python image.

    >>> release("python:3.12-slim-bookworm"), release("python:3.12-slim-bookworm@sha256:0123")
    ('bookworm', 'bookworm')
    """
    return image.partition("@")[0].rpartition("-")[2]


def build(root: Path, steps: Sequence[Step], mirror: Sequence[str]) -> Image:
    """Do `steps` in the empty folder `root`; return what is to be started."""
    image = Image()
    pip_settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    for word, text in steps:
        began_s = time.monotonic()
        match word:
            case "FROM":
                packages = "--include=python3,python3-venv,ca-certificates"
                run("debootstrap", "--variant=minbase", packages, release(text), root, *mirror)
                for name in filter(os.path.isfile, NETWORK_FILES):
                    shutil.copy(name, root / name[1:])
            case "COPY":
                copy(root, image, text)
            case "RUN":
                run(*image.inside(root, text), environment=pip_settings | image.environment)
            case "ENV":
                image.environment |= read_variables(text, image.environment)
            case "WORKDIR":
                image.folder = text
                (root / text[1:]).mkdir(parents=True, exist_ok=True)
            case "USER":
                image.user = text
            case "HEALTHCHECK":
                image.health = text.partition("CMD ")[2]
            case "CMD":
                image.command = json.loads(text)
            case other if other != "EXPOSE":
                sys.exit(f"This script does not know the instruction {other}.")
        print(f"{time.monotonic() - began_s:6.1f} s  {word} {text[:88]}", flush=True)
    return image


# ---------------------------------------------------------------------- steps 2 and 3, without one
def seal(root: Path) -> None:
    """Make `root` read-only, as ``docker run --read-only --tmpfs /tmp`` does."""
    run("mount", "--bind", root, root)
    for kind, place in (("proc", "proc"), ("tmpfs", "tmp"), ("tmpfs", "dev")):
        run("mount", "-t", kind, "-o", "mode=1777" if kind == "tmpfs" else "rw", kind, root / place)
    for device in ("null", "zero", "urandom"):
        (root / "dev" / device).touch()
        run("mount", "--bind", f"/dev/{device}", root / "dev" / device)
    run("mount", "-o", "remount,bind,ro", root)


def ask(address: str, picture: bytes = b"", count: int = 1) -> bytes:
    """Return the answer at `address`, to a form that holds `picture` `count` times if there is one."""
    head = b'--edge\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    form = (head + picture + b"\r\n") * count + b"--edge--\r\n" if picture else None
    kind = {"Content-Type": "multipart/form-data; boundary=edge"} if form else {}
    with OPENER.open(Request(address, form, kind), timeout=60) as answer:  # any status but success raises
        return bytes(answer.read())


def expect(true: bool, what: str) -> None:
    """Print `what` as seen, or end."""
    if not true:
        sys.exit(f"Not so: {what}")
    print(f"  seen: {what}", flush=True)


def check_stop(server: subprocess.Popen[bytes], url: str, picture: bytes) -> None:
    """Send SIGTERM in the middle of a request: it must be answered, the next one refused, the server gone."""
    with ThreadPoolExecutor() as threads:
        # Long enough to be under way when the signal comes: eight pictures with the slowest model.
        request = threads.submit(ask, f"{url}/api/v1/pose?model=heavy", picture, 8)
        while not json.loads(ask(f"{url}/api/v1/health"))["image_landmarkers"]["busy"]:
            time.sleep(0.01)
        server.terminate()
        told_s, refused_s = time.monotonic(), 0.0
        while not refused_s and not request.done():
            try:
                ask(f"{url}/api/v1/health")
            except HTTPError:
                continue  # an answer, if no good one
            except OSError:
                refused_s = time.monotonic() - told_s
        expect(bool(request.result()), "a request under way when SIGTERM came was answered")
    expect(refused_s > 0, f"new ones were refused meanwhile, {refused_s:.2f} s after the signal")
    server.wait(STOP_LIMIT_S)
    expect(True, f"the server had ended {time.monotonic() - told_s:.2f} s after the signal")


def prove(root: Path, image: Image) -> None:
    """Start the container's command in `root` and ask it what a user would."""
    run("ip", "link", "set", "lo", "up")
    devices = [line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]]
    expect(devices == ["lo"], "there is no network but a loopback")
    seal(root)
    url = f"http://127.0.0.1:{image.environment['STREAMLIT_SERVER_PORT']}"
    picture = (PROJECT / "pose_core" / "performer" / "samples" / "stand.png").read_bytes()
    began_s = time.monotonic()
    start = image.inside(root, f"exec {shlex.join(image.command)}")
    health = image.inside(root, f"exec {image.health}")
    server = subprocess.Popen(start, env=image.environment, stdin=subprocess.DEVNULL)
    try:
        while subprocess.run(health, env=image.environment, capture_output=True, check=False).returncode:
            if server.poll() is not None or time.monotonic() - began_s > START_LIMIT_S:
                sys.exit("The server did not become healthy; the lines above may say why.")
            time.sleep(0.2)
        took_s = time.monotonic() - began_s
        expect(True, f"HEALTHCHECK content {took_s:.1f} s after the start, without a network")
        status = dict(re.findall(r"(?m)^(\w+):\s+(.*)$", Path(f"/proc/{server.pid}/status").read_text()))
        expect(set(status["Uid"].split()) == {image.user.partition(":")[0]}, f"it runs as user {image.user}")
        expect(True, f"it takes {int(status['VmRSS'].split()[0]) / 1000:.0f} MB")
        expect(True, f"versions {json.loads(ask(f'{url}/api/v1/health'))['versions']}")
        expect(b'<div id="root"' in ask(f"{url}/photo"), "the page /photo is served")
        found = json.loads(ask(f"{url}/api/v1/pose", picture))["people"]
        expect(len(found) == 1, "/api/v1/pose finds the person in a sample")
        check_stop(server, url, picture)
    finally:
        server.kill()
        server.wait()


def main() -> None:
    """Build and prove."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mirror", nargs=1, default=[], help="Debian archive, if not debootstrap's own")
    parser.add_argument("--inside", type=json.loads, help=argparse.SUPPRESS)  # as this script calls itself
    chosen = parser.parse_args()
    if chosen.inside:
        prove(Path(chosen.inside.pop("root")), Image(**chosen.inside))
        return
    if os.geteuid() or not shutil.which("debootstrap"):
        sys.exit("This needs root and debootstrap (sudo apt-get install -y debootstrap).")
    with tempfile.TemporaryDirectory(prefix="posedeck-root-") as folder:
        root = Path(folder) / "root"
        image = build(root, read_steps((PROJECT / "Dockerfile").read_text(encoding="utf-8")), chosen.mirror)
        given = json.dumps(vars(image) | {"root": str(root)})
        alone = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc"]
        sys.exit(
            subprocess.run([*alone, sys.executable, __file__, "--inside", given], check=False).returncode
        )


if __name__ == "__main__":
    main()

"""Carry out the steps of the Dockerfile without Docker, and check that the result works without a network.

``sudo python3 scripts/prove_dockerfile.py`` reads the Dockerfile, so that proof and file cannot drift apart:

1. FROM becomes a bare Debian of the release that the image's name ends in (debootstrap, with Debian's own Python: 3.11
   where the image has 3.12); COPY, RUN, ENV, WORKDIR and USER are carried out in it as Docker does.
2. CMD is started in it as its user, with its own loopback as the only network, a read-only root and a small writable
   /tmp; HEALTHCHECK is repeated until it passes.
3. The page and the REST interface are requested; then the server is told to stop in the middle of a request.

Needs Linux, root, debootstrap, and the network for step 1 only. Any Python from 3.11 will do; standard library only.
"""

from __future__ import annotations

import argparse
import fcntl
import http.client
import json
import os
import re
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 120.0
STOP_LIMIT_S = 30.0
#: Path and number of pictures: long enough to be in progress when the signal arrives, with the slowest model.
LONG_REQUEST = ("/api/v1/pose?model=heavy", 8)
#: This machine's settings for name resolution, certificates and pip, so that step 1 reaches what this machine reaches.
NETWORK_FILES = ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ProofError(Exception):
    """Something is not as the Dockerfile promises; the message is one sentence."""


@dataclass(frozen=True)
class Step:
    """One instruction of a Dockerfile."""

    name: str
    text: str


@dataclass
class Image:
    """The settings that a container would be started with."""

    environment: dict[str, str] = field(default_factory=lambda: {"PATH": SYSTEM_PATH})
    folder: str = "/"
    user: str = "0:0"
    command: list[str] = field(default_factory=list)
    health: str = ""


def read_steps(text: str) -> list[Step]:
    r"""Return the instructions of the Dockerfile `text`: comments left out, continued lines joined.

    Examples
    --------
    >>> read_steps("FROM a\n# why\nRUN one \\\n    && two\n")
    [Step(name='FROM', text='a'), Step(name='RUN', text='one     && two')]
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", "")
    return [Step(*line.split(maxsplit=1)) for line in joined.splitlines()]


def read_variables(text: str, known: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that ``ENV text`` sets; ``$NAME`` is replaced with its value in `known`.

    Examples
    --------
    >>> read_variables("PATH=/venv/bin:$PATH PORT=80", {"PATH": "/bin"})
    {'PATH': '/venv/bin:/bin', 'PORT': '80'}
    """
    pairs = (part.split("=", 1) for part in shlex.split(text))
    return {
        name: re.sub(r"\$\{?(\w+)\}?", lambda found: known.get(found[1], ""), value) for name, value in pairs
    }


def debian_release(image: str) -> str:
    """Return the Debian release in an image's name.

    Examples
    --------
    >>> debian_release("python:3.12-slim-bookworm")
    'bookworm'
    """
    return image.rpartition("-")[2]


def run(command: Sequence[str], **options: object) -> None:
    """Run `command`; if it fails, raise ProofError with what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode:
        raise ProofError(f"{shlex.join(command)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def default_mirror(release: str) -> str:
    """Return the package archive that this machine uses for `release`."""
    query = ["--format", "$(REPO_URI)", "Created-By: Packages", f"Codename: {release}", "Component: main"]
    done = subprocess.run(["apt-get", "indextargets", *query], capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.strip():
        raise ProofError(f"This machine knows no archive for Debian {release}. Name one: --mirror ADDRESS")
    return done.stdout.split()[0]


def make_base(root: Path, release: str, mirror: str) -> None:
    """Make a bare Debian with Python in `root`, and copy this machine's network settings into it."""
    packages = "python3,python3-venv,ca-certificates"
    run(["debootstrap", "--variant=minbase", f"--include={packages}", release, str(root), mirror])
    for name in NETWORK_FILES:
        if Path(name).is_file():
            shutil.copy(name, root / name[1:])


def copy(root: Path, image: Image, text: str) -> None:
    """Carry out ``COPY text``: files into a folder, or a folder's contents into another, owned by root."""
    *sources, target = text.split()
    folder = root / os.path.normpath(f"{image.folder}/{target}").lstrip("/")
    folder.mkdir(parents=True, exist_ok=True)
    for source in (PROJECT / name for name in sources):
        if source.is_dir():
            shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    run(["chown", "-R", "0:0", str(folder)])


def build(root: Path, steps: Sequence[Step], mirror: str | None) -> Image:
    """Carry out `steps` in the empty folder `root`; return the image to start."""
    image = Image()
    pip_settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    for step in steps:
        began_s = time.monotonic()
        match step.name:
            case "FROM":
                release = debian_release(step.text)
                make_base(root, release, mirror or default_mirror(release))
            case "COPY":
                copy(root, image, step.text)
            case "RUN":
                inside = f"cd {shlex.quote(image.folder)} && {step.text}"
                run(
                    ["chroot", f"--userspec={image.user}", str(root), "/bin/sh", "-c", inside],
                    env=pip_settings | image.environment,
                )
            case "ENV":
                image.environment |= read_variables(step.text, image.environment)
            case "WORKDIR":
                image.folder = step.text
                (root / step.text[1:]).mkdir(parents=True, exist_ok=True)
            case "USER":
                image.user = step.text
            case "EXPOSE":
                pass
            case "HEALTHCHECK":
                image.health = step.text.partition("CMD ")[2]
            case "CMD":
                image.command = json.loads(step.text)
            case other:
                raise ProofError(f"This script does not know the instruction {other}.")
        print(f"{time.monotonic() - began_s:6.1f} s  {step.name} {step.text[:88]}", flush=True)
    return image


# ---------------------------------------------------------------------------------- inside, without a network


def raise_loopback() -> None:
    """Bring up the loopback of this network namespace, which has no other device."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14s", b"lo", 0x1 | 0x40, b"")  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS
    devices = [line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]]
    if devices != ["lo"]:
        raise ProofError(f"The only network device must be a loopback; got {devices}.")


def seal(root: Path) -> None:
    """Make `root` read-only, as ``docker run --read-only --tmpfs /tmp`` does."""
    run(["mount", "--bind", str(root), str(root)])
    for kind, place in (("proc", "proc"), ("tmpfs", "tmp"), ("tmpfs", "dev")):
        run(["mount", "-t", kind, "-o", "mode=1777" if kind == "tmpfs" else "rw", kind, str(root / place)])
    for device in ("null", "zero", "urandom"):
        (root / "dev" / device).touch()
        run(["mount", "--bind", f"/dev/{device}", str(root / "dev" / device)])
    run(["mount", "-o", "remount,bind,ro", str(root)])


def ask(port: int, method: str, path: str, picture: bytes = b"", count: int = 1) -> tuple[int, bytes]:
    """Send a request with `picture` repeated `count` times in a form; return status and body."""
    part = (
        b'--edge\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
        + picture
        + b"\r\n"
    )
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        body = part * count + b"--edge--\r\n" if picture else None
        connection.request(method, path, body, {"Content-Type": "multipart/form-data; boundary=edge"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def expect(holds: bool, claim: str) -> None:
    """Print `claim` if it holds; otherwise raise ProofError."""
    if not holds:
        raise ProofError(f"This does not hold: {claim}")
    print(f"  seen: {claim}", flush=True)


def check_stop(server: subprocess.Popen[bytes], port: int, picture: bytes) -> None:
    """Send SIGTERM in the middle of a request: it must be answered, new ones refused, and the server must end."""
    path, count = LONG_REQUEST
    answers: list[int] = []
    request = threading.Thread(target=lambda: answers.append(ask(port, "POST", path, picture, count)[0]))
    request.start()
    while not json.loads(ask(port, "GET", "/api/v1/health")[1])["image_landmarkers"]["busy"]:
        time.sleep(0.01)
    server.terminate()
    told_s = time.monotonic()
    refused = False
    while not refused and request.is_alive():
        try:
            ask(port, "GET", "/api/v1/health")
        except OSError:
            refused = True
    refused_s = time.monotonic() - told_s
    request.join()
    expect(answers == [200], "a request in progress at SIGTERM was answered")
    expect(refused, f"new ones were refused meanwhile, {refused_s:.2f} s after the signal")
    server.wait(STOP_LIMIT_S)
    expect(True, f"the server had ended {time.monotonic() - told_s:.2f} s after the signal")


def prove(root: Path, image: Image) -> None:
    """Start the container's command in `root` and request what a user would."""
    raise_loopback()
    seal(root)
    chroot = ["chroot", f"--userspec={image.user}", str(root), "/bin/sh", "-c"]
    inside = f"cd {shlex.quote(image.folder)} && exec "
    port = int(image.environment["STREAMLIT_SERVER_PORT"])
    picture = (PROJECT / "pose_core" / "performer" / "samples" / "stand.png").read_bytes()
    began_s = time.monotonic()
    server = subprocess.Popen(
        [*chroot, inside + shlex.join(image.command)], env=image.environment, stdin=subprocess.DEVNULL
    )
    try:
        while subprocess.run(
            [*chroot, inside + image.health], env=image.environment, capture_output=True
        ).returncode:
            if server.poll() is not None or time.monotonic() - began_s > START_LIMIT_S:
                raise ProofError("The server did not become healthy; the lines above may say why.")
            time.sleep(0.2)
        expect(
            True, f"HEALTHCHECK passed {time.monotonic() - began_s:.1f} s after the start, without a network"
        )
        status = Path(f"/proc/{server.pid}/status").read_text()
        (ids,) = re.findall(r"(?m)^Uid:\s+(.*)$", status)
        expect(set(ids.split()) == {image.user.partition(":")[0]}, f"it runs as user {image.user}")
        (resident_kb,) = re.findall(r"(?m)^VmRSS:\s+(\d+) kB$", status)
        expect(True, f"it takes {int(resident_kb) / 1000:.0f} MB")
        versions = json.loads(ask(port, "GET", "/api/v1/health")[1])["versions"]
        expect(True, f"versions {versions}")
        code, page = ask(port, "GET", "/photo")
        expect(code == HTTPStatus.OK and b'<div id="root"' in page, "the page /photo is served")
        code, body = ask(port, "POST", "/api/v1/pose", picture)
        expect(
            code == HTTPStatus.OK and len(json.loads(body)["people"]) == 1,
            "/api/v1/pose finds the person in a sample",
        )
        check_stop(server, port, picture)
    finally:
        server.kill()
        server.wait()


def main() -> int:
    """Build and prove; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mirror", help="Debian archive; default the one this machine uses")
    parser.add_argument("--keep", type=Path, help="build in this new folder and keep it")
    parser.add_argument("--inside", help=argparse.SUPPRESS)  # steps 2 and 3: the script calls itself with it
    chosen = parser.parse_args()
    try:
        if chosen.inside:
            given = json.loads(chosen.inside)
            prove(Path(given.pop("root")), Image(**given))
            return 0
        if os.geteuid() or not shutil.which("debootstrap"):
            raise ProofError("This needs root and debootstrap (sudo apt-get install -y debootstrap).")
        with tempfile.TemporaryDirectory(prefix="posedeck-root-") as folder:
            root = chosen.keep.resolve() if chosen.keep else Path(folder) / "root"
            image = build(
                root, read_steps((PROJECT / "Dockerfile").read_text(encoding="utf-8")), chosen.mirror
            )
            given = json.dumps(vars(image) | {"root": str(root)})
            alone = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc"]
            return subprocess.run(
                [*alone, sys.executable, __file__, "--inside", given], check=False
            ).returncode
    except ProofError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

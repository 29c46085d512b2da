"""Twenty of the largest pictures at once, in a container's memory: ``python -m benchmarks.large_pictures``.

The server runs in a memory control group of the size that docs/deploy.md states for a container (``--limit-mb``),
version 1 or 2, which takes root; without swap, as in most containers. Each kind of picture has 49 megapixels and is
sent by twenty clients at the same time, who want it back with the skeleton on it, the most expensive answer. All must
be answered or asked to come back (503), and the system must end no process. Exits with 1 otherwise.
"""

from __future__ import annotations

import argparse
import http.client
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import cv2
import numpy as np

from benchmarks import heavy_pictures
from benchmarks.report import table
from benchmarks.rest import BOUNDARY, form
from benchmarks.server import serving

__all__ = ["KINDS", "ControlGroup"]

_ROOT: Final = Path("/sys/fs/cgroup")
_MB: Final = 2**20
_TIMEOUT_S: Final = 300.0
_LOOK_EVERY_S: Final = 0.02


def _photo() -> bytes:
    """A JPEG of 49 megapixels with something in it, several megabytes."""
    random = np.random.default_rng(1)
    small = random.integers(0, 256, (500, 500, 3), dtype=np.uint8)
    large = cv2.resize(small, (7000, 7000), interpolation=cv2.INTER_CUBIC)
    return bytes(cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())


KINDS: Final[dict[str, Callable[[], bytes]]] = {
    "WebP of 28 bytes": heavy_pictures.webp_of_few_bytes,
    "16-bit PNG": heavy_pictures.png_16_bit,
    "16-bit PNG with alpha": lambda: heavy_pictures.png_16_bit(colour_type=6),
    "JPEG, turned by EXIF": heavy_pictures.jpeg_turned,
    "progressive JPEG 4:4:4": lambda: heavy_pictures.jpeg_turned(progressive=True, subsampling=0),
    "photo": _photo,
}


class ControlGroup:
    """A memory limit for the processes started within `inside`.

    Parameters
    ----------
    limit_mb : int
    """

    def __init__(self, limit_mb: int) -> None:
        self._version_1 = (_ROOT / "memory").is_dir()
        parent = _ROOT / "memory" if self._version_1 else _ROOT
        self.folder = parent / f"posedeck-{os.getpid()}"
        self._back_to = parent / "cgroup.procs"
        if not self._version_1:
            (parent / "cgroup.subtree_control").write_text("+memory", encoding="ascii")
        self.folder.mkdir()
        names = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
        for name in names if self._version_1 else ("memory.max", "memory.swap.max"):
            if (self.folder / name).exists():
                value = 0 if name == "memory.swap.max" else limit_mb * _MB
                (self.folder / name).write_text(str(value), encoding="ascii")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Move this process into the group, so that what it starts is there, and out again."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
        try:
            yield
        finally:
            self._back_to.write_text(str(os.getpid()), encoding="ascii")

    def _numbers(self, name: str) -> dict[str, int]:
        lines = (self.folder / name).read_text(encoding="ascii").split("\n")
        return {key: int(value) for key, value in (line.split() for line in lines if line)}

    def used_mb(self) -> float:
        """What the processes hold, without the system's cache of files."""
        return self._numbers("memory.stat")["total_rss" if self._version_1 else "anon"] / _MB

    def ended(self) -> int:
        """How many processes the system has ended for want of memory."""
        return self._numbers("memory.oom_control" if self._version_1 else "memory.events")["oom_kill"]

    def close(self) -> None:
        """Remove the group; all its processes must have ended."""
        self.folder.rmdir()


class _Peak:
    """The most that a group held while this was running."""

    def __init__(self, group: ControlGroup) -> None:
        self._group = group
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.mb = 0.0

    def _look(self) -> None:
        while not self._done.wait(_LOOK_EVERY_S):
            self.mb = max(self.mb, self._group.used_mb())

    def __enter__(self) -> _Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def _post(port: int, body: bytes) -> str:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        connection.request("POST", "/api/v1/pose", body, {"Content-Type": kind, "Accept": "image/jpeg"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    return str(answer.status)


def main() -> None:
    """Run all kinds and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--limit-mb", type=int, default=1536)
    parser.add_argument("--clients", type=int, default=20)
    arguments = parser.parse_args()
    group = ControlGroup(arguments.limit_mb)
    rows = [["kind", "file", "answers", "s", "peak MB"]]
    good = True
    try:
        with ThreadPoolExecutor(arguments.clients) as clients, _serving_in(group) as port:
            rows.append(["at rest", "", "", "", f"{group.used_mb():.0f}"])
            for kind, make in KINDS.items():
                data = make()
                start_s = time.perf_counter()
                with _Peak(group) as peak:
                    answers = Counter(
                        clients.map(_post, [port] * arguments.clients, [form(data)] * arguments.clients)
                    )
                elapsed_s = time.perf_counter() - start_s
                good &= set(answers) <= {"200", "503"} and answers["200"] > 0
                told = ", ".join(f"{count} x {status}" for status, count in sorted(answers.items()))
                rows.append([kind, f"{len(data) / 1e6:.3f} MB", told, f"{elapsed_s:.1f}", f"{peak.mb:.0f}"])
        good &= group.ended() == 0
        print(table(rows))
        print(f"limit {arguments.limit_mb} MB; processes ended by the system: {group.ended()}")
    finally:
        group.close()
    sys.exit(0 if good else 1)


@contextmanager
def _serving_in(group: ControlGroup) -> Iterator[int]:
    inside = group.inside()
    inside.__enter__()
    try:
        with serving() as server:
            inside.__exit__(None, None, None)
            port = urlsplit(server.address).port
            assert port is not None
            yield port
    finally:
        (group.folder.parent / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")


if __name__ == "__main__":
    main()

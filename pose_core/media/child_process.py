"""A process for files that may be hostile, seen from the process that uses it; see `pose_core.media.child_side`."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pose_core.media.child_side import HEAD
from pose_core.stopping import Stop

__all__ = ["ChildProcess"]

_PIPE_BYTES: Final = 2**20
_F_SETPIPE_SZ: Final = 1031  # Linux
#: All of the environment that the process gets; passwords and tokens are not its business.
_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "SYSTEMROOT")
#: One thread, and memory that goes back to the system after each picture (glibc).
_SMALL: Final = {
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(2**20),
}


class ChildProcess:
    """One process, and the deadline of what it is doing.

    Parameters
    ----------
    module : str
        Whose `main` it runs.

    Attributes
    ----------
    killed : bool
        Whether `kill` was called.
    """

    def __init__(self, module: str) -> None:
        places = [str(Path(place).absolute()) for place in sys.path]  # it imports what this process would
        code = f"import sys; sys.path[:] = {places!r}; from {module} import main; main()"
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment |= _SMALL
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=environment,
        )
        self._lock = threading.Lock()
        self._busy = False
        self.killed = False
        if sys.platform == "linux":
            import fcntl

            for pipe in (self._process.stdin, self._process.stdout):
                with suppress(OSError):  # the user's pipes may be at their limit
                    fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)  # type: ignore[arg-type]

    @property
    def process_id(self) -> int:
        """Of the system."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it in the middle of its work; `close` follows."""
        self.killed = True
        self._process.kill()

    def _kill_if_busy(self) -> None:
        with self._lock:
            if self._busy:
                self.kill()

    def close(self) -> int:
        """End the process; returns its exit code."""
        self._process.kill()
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        return code

    @contextmanager
    def within(self, limit_s: float, stop: Stop) -> Iterator[None]:
        """Kill the process if the body takes longer, or nobody wants its result any more."""
        self._busy = True
        timer = threading.Timer(limit_s, self._kill_if_busy)
        timer.daemon = True
        timer.start()
        try:
            with stop.calls(self._kill_if_busy):
                yield
        finally:
            timer.cancel()
            with self._lock:
                self._busy = False

    def send(self, job: int, data: bytes, number: float = 0.0) -> None:
        """Send a file; what to do with it is one of the jobs that its module names."""
        assert self._process.stdin is not None
        for part in (memoryview(struct.pack(HEAD, job, number, len(data))), memoryview(data)):
            while part:
                part = part[self._process.stdin.write(part) :]

    def read(self, into: memoryview) -> None:
        """Fill it with what the process answers; an EOFError if it has ended."""
        assert self._process.stdout is not None
        while into:
            count = self._process.stdout.readinto(into)  # type: ignore[attr-defined]
            if not count:
                raise EOFError
            into = into[count:]

    def read_bytes(self, count: int) -> bytes:
        """So many bytes of the answer."""
        data = bytearray(count)
        self.read(memoryview(data))
        return bytes(data)

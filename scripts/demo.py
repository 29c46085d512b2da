"""What the demonstrations of this folder share: wait until something has started, and run until Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from scripts.run import STOP_SIGNALS

POLL_S = 0.05


class DemoError(Exception):
    """Something is missing or does not start, as one sentence."""


def wait_for_start(
    name: str, answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, limit_s: float
) -> None:
    """Return when it answers; raise DemoError with the end of its log if it ends or takes longer than `limit_s`."""
    deadline = time.monotonic() + limit_s
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""
            raise DemoError(f"{name} did not start. It said:\n{said}")
        time.sleep(POLL_S)


def run_until_stopped(demo: Callable[[Path], AbstractContextManager[str]], goodbye: str) -> int:
    """Run `demo` with a folder for its files, print what it gives, and wait for Ctrl-C; return the exit code."""
    for signum in STOP_SIGNALS:
        signal.signal(signum, signal.default_int_handler)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="posedeck-demo-") as folder,
            demo(Path(folder)) as text,
        ):
            print(text, flush=True)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        print(f"\n{goodbye}")
        return 0
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1

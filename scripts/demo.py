"""What the demonstrations in this folder share: waiting until something has started, and running until Ctrl-C."""

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
    """Something is missing or does not start; the message is one sentence."""


def wait_for_start(
    name: str, answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, limit_s: float
) -> None:
    """Return once `answers` holds; raise DemoError with the end of `log` if the process ends or `limit_s` is over."""
    deadline = time.monotonic() + limit_s
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            printed = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""
            raise DemoError(f"{name} did not start. It printed:\n{printed}")
        time.sleep(POLL_S)


def run_until_stopped(demo: Callable[[Path], AbstractContextManager[str]], goodbye: str) -> int:
    """Run `demo` with a folder for its files, print the text it yields, and wait for Ctrl-C; return the exit code."""
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

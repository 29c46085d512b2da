"""Which Chromium the browser tests drive.

``python tests/support/browser.py`` prints it and exits with 1 if no installed browser can be used. With ``--start`` it
also starts it, or Playwright's own, since finding a browser proves little. Only `starts` needs Playwright.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_executable() -> str | None:
    """Return the path of the Chromium to use, or None for Playwright's own.

    The variable CHROMIUM decides if it is set; otherwise it is the first of `NAMES` on the PATH that really runs.
    """
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen
    return next((path for name in NAMES if (path := shutil.which(name)) and _usable(path)), None)


def starts() -> bool:
    """Whether Playwright can start the chosen browser."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            playwright.chromium.launch(executable_path=chromium_executable(), args=["--no-sandbox"]).close()
        except Error as error:
            print(error, file=sys.stderr)
            return False
    return True


def _usable(path: str) -> bool:
    """Whether the program runs and is not a snap, which sees neither the tests' files nor their profile folder."""
    if _is_snap(Path(path)):
        return False
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def _is_snap(path: Path) -> bool:
    """Whether `path` is a snap's launcher, or Ubuntu's script that only points to the snap."""
    if "snap" in path.parts or path.resolve().name == "snap":
        return True
    with path.open("rb") as program:
        head = program.read(4096)
    return head.startswith(b"#!") and b"/snap/" in head


if __name__ == "__main__":
    executable = chromium_executable()
    print(executable or "Playwright's own")
    sys.exit(not starts() if "--start" in sys.argv[1:] else executable is None)

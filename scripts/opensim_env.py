"""An environment of its own with OpenSim, to read the files that are made for it; `make nightly` uses it.

Run as ``python scripts/opensim_env.py``: it prints the environment's Python, or says in one line why there is none. The
package needs 380 MB and numpy in a version of its own, so it never goes into the project's environment.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / ".cache" / "opensim"
PACKAGE: Final = "opensim==4.6"
LIMIT_S: Final = 900


class NoOpenSimError(Exception):
    """The package cannot be installed or used here."""


def _run(command: list[str]) -> None:
    try:
        # OpenSim writes a log where it is started.
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=LIMIT_S, check=False, cwd=FOLDER
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoOpenSimError(f"{command[0]} did not finish: {type(error).__name__}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        errors = [line for line in lines if line.startswith("ERROR")]
        raise NoOpenSimError(f"{PACKAGE} cannot be installed or used here: {(errors or lines)[-1]}")


def python_with_opensim() -> Path:
    """The environment's Python; it is set up first if necessary.

    Raises
    ------
    NoOpenSimError
        With the reason, in one line.
    """
    python = FOLDER / "bin" / "python"
    if not python.exists():
        venv.create(FOLDER, with_pip=True, clear=True)
    try:
        _run([str(python), "-c", "import opensim"])
    except NoOpenSimError:
        _run([str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", PACKAGE])
        _run([str(python), "-c", "import opensim"])
    return python


if __name__ == "__main__":
    try:
        print(python_with_opensim())
    except NoOpenSimError as error:
        sys.exit(str(error))

"""All tests: ``python scripts/run_tests.py [what pytest takes]``, called by ``make test``.

First those that need no browser, on every core; then those that do, in one process, because they share a server and a
browser. Both parts always run. It fails when one of them does, or when nothing was selected in either.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

NOTHING_SELECTED, INTERRUPTED = 5, 2  # pytest's exit codes


def main() -> int:
    """Run both parts; the exit code of the first that failed."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-m", dest="marks")
    choices, rest = parser.parse_known_args()
    also = f" and ({choices.marks})" if choices.marks else ""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parts = {
        "without a browser": [f"-n{cores}", "--dist=loadfile", "--ignore=tests/e2e", "-m", f"not e2e{also}"],
        "in the browser": ["-o", "testpaths=tests/e2e", "-m", f"e2e{also}"],
    }
    codes = {}
    for name, options in parts.items():
        print(f"Tests {name}", flush=True)
        codes[name] = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *rest], check=False
        ).returncode
        if codes[name] == INTERRUPTED:
            return INTERRUPTED
    failed = [name for name, code in codes.items() if code not in (0, NOTHING_SELECTED)]
    for name in failed:
        print(f"Tests {name} failed.", file=sys.stderr)
    if failed:
        return codes[failed[0]]
    return 0 if 0 in codes.values() else NOTHING_SELECTED


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)

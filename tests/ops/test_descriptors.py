"""The limit on open files, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.paths import ROOT

PROGRAM = """
import os, resource
from ops.descriptors import few_left, raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))
raise_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE), few_left(96))
opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(120)]
print(few_left(96))
try:
    while True:
        opened.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    print(few_left(0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have limits of their own")
def test_the_soft_limit_becomes_the_hard_one_and_few_are_noticed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "(200, 200) False\nTrue\nTrue\n"

"""Too little memory is reported in one sentence: before the start, and when a server has used it up."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

from ops import enough_memory
from tests.support.paths import ROOT

MB = 2**20
PROGRAM = """
import asyncio
from ops import enough_memory

async def main():
    loop = asyncio.get_running_loop()
    enough_memory.end_when_exhausted(loop)
    over = asyncio.Event()
    def fail(times):
        if times == 0:
            return over.set()
        loop.call_soon(fail, times - 1)
        raise {error}
    loop.call_soon(fail, {times})
    await over.wait()
    print("continues")

asyncio.run(main())
"""


def run(error: str, times: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM.format(error=error, times=times)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_docstring_examples_pass() -> None:
    results = doctest.testmod(enough_memory)
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize("megabytes", [300, 600, 900, 1200, 1499])
def test_too_little_address_space_is_refused_with_both_figures(megabytes: int) -> None:
    reason = enough_memory.refusal(megabytes * MB, None)
    assert reason is not None
    assert "needs 1500 MB" in reason
    assert f"may use {megabytes} MB" in reason
    assert enough_memory.refusal(1500 * MB, None) is None


@pytest.mark.parametrize("text", ["max", "", "9223372036854771712"])
def test_a_container_without_a_limit_has_enough(tmp_path: Path, text: str) -> None:
    (tmp_path / "limit").write_text(text + "\n")
    limit = enough_memory._container_limit((tmp_path / "missing", tmp_path / "limit"))
    assert enough_memory.refusal(None, limit) is None


def test_a_container_with_too_little_is_told_how_much_it_has(tmp_path: Path) -> None:
    (tmp_path / "limit").write_text(f"{512 * MB}\n")
    limit = enough_memory._container_limit((tmp_path / "limit",))
    reason = enough_memory.refusal(None, limit)
    assert reason is not None
    assert "needs 600 MB" in reason
    assert "may use 512 MB" in reason


def test_without_a_limit_file_there_is_no_limit(tmp_path: Path) -> None:
    assert enough_memory._container_limit((tmp_path / "missing",)) is None


def test_an_event_loop_that_keeps_running_out_of_memory_ends_the_process() -> None:
    ended = run("MemoryError", 50)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("PoseDeck has run out of memory and stops.")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(("error", "times"), [("MemoryError", 3), ("ValueError", 50)])
def test_a_few_such_failures_and_other_errors_are_survived(error: str, times: int) -> None:
    ended = run(error, times)
    assert (ended.returncode, ended.stdout) == (0, "continues\n")
    assert ("ValueError" in ended.stderr) == (error == "ValueError")

"""How the browser is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.browser import chromium_executable


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An otherwise empty PATH, where a test puts its browsers."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    return tmp_path


def install(folder: Path, name: str, script: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_chromium_that_runs_is_used(programs: Path) -> None:
    path = install(programs, "chromium", "echo Chromium 150")
    assert chromium_executable() == path


def test_a_chromium_that_does_not_run_is_skipped(programs: Path) -> None:
    install(programs, "chromium", "exit 1")
    path = install(programs, "google-chrome", "echo Chrome 150")
    assert chromium_executable() == path


def test_a_snap_is_skipped_even_if_it_runs(programs: Path) -> None:
    install(programs, "chromium-browser", 'test -n "$0" || exec /snap/bin/chromium "$@"\necho Chromium 150')
    assert chromium_executable() is None


def test_the_variable_decides(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(programs, "chromium", "echo Chromium 150")
    monkeypatch.setenv("CHROMIUM", "/somewhere/else/chrome")
    assert chromium_executable() == "/somewhere/else/chrome"

"""The log: one line an event, in files that rotate, and a disk that is full or closed."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.configuration import Configuration
from ops.log import FILE_NAME, close_log, log_event, log_unexpected, open_log

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full, a disk without space")


@pytest.fixture(autouse=True)
def _closed_afterwards() -> Iterator[None]:
    yield
    close_log()


def on_a_full_disk(folder: Path) -> Path:
    """Open a log whose disk is full; return its file."""
    file = folder / FILE_NAME
    file.symlink_to(FULL)
    open_log(Configuration(log_folder=folder))
    return file


def lines(folder: Path, name: str = FILE_NAME) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines() if line]


def test_an_event_is_one_line_of_json_with_time_level_name_and_fields(tmp_path: Path) -> None:
    open_log(Configuration(log_folder=tmp_path / "new" / "logs"))
    log_event("request", route="/predict", status=200, ms=12.5)
    (line,) = lines(tmp_path / "new" / "logs")
    logged_at = datetime.fromisoformat(line.pop("time"))
    assert abs(datetime.now(UTC) - logged_at) < timedelta(minutes=1)
    assert logged_at.utcoffset() == timedelta(0)
    assert line == {"level": "info", "event": "request", "route": "/predict", "status": 200, "ms": 12.5}


def test_a_line_break_in_a_field_makes_no_second_line(tmp_path: Path) -> None:
    open_log(Configuration(log_folder=tmp_path))
    log_event("a", text='x\n{"event": "forged"}\u2028\x1b[2J')
    assert [line["event"] for line in lines(tmp_path)] == ["a"]
    assert (tmp_path / FILE_NAME).read_bytes().isascii()


def test_the_console_shows_warnings_in_short_and_no_routine_events(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_log(Configuration(log_folder=tmp_path))
    log_event("request", status=200)
    log_event("sign_in", logging.WARNING, outcome="wrong")
    log_event("open", logging.WARNING, message="A door is open.", door=1)
    log_unexpected(RuntimeError("what a visitor sent"))
    shown = capsys.readouterr().err
    assert shown.splitlines() == [
        "sign_in outcome=wrong",
        "A door is open.",
        "unexpected RuntimeError at ",
    ]
    assert [line["event"] for line in lines(tmp_path)] == ["request", "sign_in", "open", "unexpected"]
    assert "visitor" not in (tmp_path / FILE_NAME).read_text()


@pytest.mark.parametrize(
    ("level", "expected"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1), (None, 3)]
)
def test_events_below_the_level_are_not_logged(tmp_path: Path, level: Any, expected: int) -> None:
    open_log(Configuration(log_folder=tmp_path, log_level=level))
    for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        log_event("a", number)
    assert len(lines(tmp_path)) == expected


def test_without_a_folder_nothing_is_written_and_the_console_can_show_info(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    open_log(Configuration(log_level="info"))
    log_event("request", status=200)
    assert capsys.readouterr().err == "request status=200\n"
    assert list(tmp_path.iterdir()) == []


def test_files_are_limited_in_size_and_number(tmp_path: Path) -> None:
    open_log(Configuration(log_folder=tmp_path, log_mb=1, log_files=2))
    for number in range(4 * 1024):  # about 4 MB
        log_event("a", number=number, filling="x" * 950)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [FILE_NAME, f"{FILE_NAME}.1", f"{FILE_NAME}.2"]
    assert all((tmp_path / name).stat().st_size <= 1024 * 1024 for name in names)
    kept = [line["number"] for name in reversed(names) for line in lines(tmp_path, name)]
    assert kept == list(range(kept[0], 4 * 1024))  # the newest, in order and complete


def test_lines_of_many_threads_stay_whole(tmp_path: Path) -> None:
    open_log(Configuration(log_folder=tmp_path))
    threads = [
        threading.Thread(target=lambda: [log_event("a", filling="x" * 500) for _ in range(100)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(tmp_path)) == 800


def test_opening_again_writes_no_line_twice(tmp_path: Path) -> None:
    open_log(Configuration(log_folder=tmp_path))
    open_log(Configuration(log_folder=tmp_path))
    log_event("a")
    close_log()
    log_event("b")
    assert [line["event"] for line in lines(tmp_path)] == ["a"]


# ---------------------------------------------------------------------- trouble
@needs_full
def test_a_full_disk_is_reported_once_and_the_program_continues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    on_a_full_disk(tmp_path)
    for _ in range(50):
        log_event("request", status=200)
    log_event("sign_in", logging.WARNING, outcome="wrong")  # the console still gets it
    first, second = capsys.readouterr().err.splitlines()
    assert first == (
        f"The log in {tmp_path} cannot be written (No space left on device). PoseDeck continues without it."
    )
    assert second == "sign_in outcome=wrong"


@needs_full
def test_the_log_continues_when_there_is_space_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = on_a_full_disk(tmp_path)
    log_event("lost")
    file.unlink()
    log_event("kept")
    log_event("kept")
    assert [line["event"] for line in lines(tmp_path)] == ["kept", "kept"]
    assert capsys.readouterr().err.splitlines()[1:] == ["The log can be written again."]


@needs_full
def test_a_disk_that_is_full_twice_is_reported_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = on_a_full_disk(tmp_path)
    log_event("lost")
    file.unlink()
    log_event("kept")
    close_log()
    file.unlink()
    on_a_full_disk(tmp_path)
    log_event("lost")
    assert capsys.readouterr().err.count("cannot be written") == 2


@pytest.mark.parametrize("folder", ["/dev/null/logs", "/proc/logs"])
def test_a_folder_that_cannot_be_written_is_reported_and_the_program_continues(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    open_log(Configuration(log_folder=Path(folder)))
    log_event("request", status=200)
    log_event("sign_in", logging.WARNING, outcome="wrong")
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("POSEDECK_LOG_FOLDER must be a writable folder; got ")
    assert folder in first
    assert first.endswith("Choose another folder, or make this one writable.")
    assert second == "sign_in outcome=wrong"

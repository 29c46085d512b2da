"""The log: one line an event, in files that rotate, and a disk that is full or closed."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.configuration import Configuration
from ops.log import FILE_NAME, close_log, escape_everything, log_event, log_unexpected, open_log

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


# ---------------------------------------------------------------------- what other packages log
#: What a visitor may type to forge a line, to drive the operator's terminal, and to turn its text around.
NASTY = "one\r\n2026-01-01 forged\x1b[2J\x00\x9b31m\u2028\u202etxt\ud800"


@pytest.fixture
def printed() -> Iterator[io.StringIO]:
    """What a logger of another package prints with its own handler, as Streamlit's and uvicorn's do."""
    escape_everything()
    console = io.StringIO()
    handler = logging.StreamHandler(console)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    other = logging.getLogger("someone.else")
    other.addHandler(handler)
    yield console
    other.removeHandler(handler)
    logging.setLogRecordFactory(logging.LogRecord)


def one_safe_line(console: io.StringIO) -> str:
    (line,) = console.getvalue().splitlines()
    assert line.isprintable()
    return line


@pytest.mark.parametrize("form", ["argument", "named argument", "object", "message"])
def test_what_a_visitor_typed_stays_on_one_line_without_control_characters(
    printed: io.StringIO, form: str
) -> None:
    log = logging.getLogger("someone.else")
    if form == "argument":
        log.warning("No page %s, %d times", NASTY, 3)
    elif form == "named argument":
        log.warning("No page %(name)s", {"name": NASTY})
    elif form == "object":
        log.warning("No page: %s", ValueError(NASTY))
    else:
        log.warning(f"No page {NASTY}")
    line = one_safe_line(printed)
    assert "No page" in line
    assert "forged\\x1b[2J\\x00\\x9b31m\\u2028\\u202etxt\\ud800" in line


def test_fifteen_megabytes_become_one_short_line(printed: io.StringIO) -> None:
    logging.getLogger("someone.else").warning("Fragment %s is gone", "x" * 15_000_000)
    line = one_safe_line(printed)
    assert "x... (15000000 characters) is gone" in line
    assert len(line) < 500


def test_a_traceback_keeps_its_places_and_escapes_its_message(printed: io.StringIO) -> None:
    try:
        try:
            raise KeyError(NASTY)
        except KeyError as error:
            raise ValueError("y" * 100_000 + NASTY) from error
    except ValueError:
        logging.getLogger("someone.else").exception("Cannot read %s", NASTY)
    text = printed.getvalue()
    assert text.count("Traceback (most recent call last):") == 2
    assert "test_log.py" in text
    assert "\nValueError: yyy" in text
    assert "forged\\x1b[2J" in text
    assert not [line for line in text.splitlines() if not line.isprintable() or line.startswith("2026-01-01")]
    assert len(text) < 3000

"""What happened, one line an event: short on the console and, if a folder is set, as JSON in rotating files.

An event has a name and fields from the program itself: counts, times, statuses, names of routes and pages. Never what a
visitor sent: no picture, no file name, no landmark, no address, nothing typed.

Other packages log, too, and some of them quote what a visitor sent. `escape_everything` makes that one line of bounded
length without control characters, whichever logger and handler it goes through.

If the disk is full or gone, the lines of that time are lost and the console says so once; everything else continues.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from numbers import Number
from pathlib import Path, PurePath
from typing import Any, Final

from ops.configuration import Configuration

__all__ = [
    "FILE_NAME",
    "close_log",
    "escape_everything",
    "escaped",
    "log_event",
    "log_unexpected",
    "open_log",
]

FILE_NAME: Final = "posedeck.log"
_LEVELS: Final = logging.getLevelNamesMapping()
#: How many places of a traceback are logged: the innermost ones.
_PLACES: Final = 6
#: Most characters of something quoted, and of a whole message, in a line of the log.
_MOST_QUOTED: Final = 300
_MOST_TEXT: Final = 2000
#: How many places of a traceback, and how many exceptions that led to each other, are printed.
_MOST_PLACES: Final = 40
_MOST_CAUSES: Final = 4
_log = logging.getLogger("posedeck")

#: A count, a time, a yes or no, or a name from a fixed set.
Field = str | int | float | bool | None


class _Lines(logging.Formatter):
    """A record as one line of JSON; line breaks inside are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": time.replace("+00:00", "Z"), "level": record.levelname.lower()}
        return json.dumps(line | {"event": _event(record)} | _fields(record))


class _Short(logging.Formatter):
    """A record for a person at the console: its sentence, or its name and fields."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if text != _event(record):
            return text
        return " ".join([text, *(f"{name}={escaped(str(value))}" for name, value in _fields(record).items())])


def _event(record: logging.LogRecord) -> str:
    return str(getattr(record, "event", "message"))


def _fields(record: logging.LogRecord) -> dict[str, Field]:
    fields: dict[str, Field] = dict(getattr(record, "fields", {}))
    if record.getMessage() != _event(record):
        fields["message"] = record.getMessage()
    return fields


class _Console(logging.StreamHandler):  # type: ignore[type-arg]
    """Standard error as it is at that moment; says nothing if nobody reads it any more."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        del record


class _Files(RotatingFileHandler):
    """Files of bounded size and number; if they cannot be written, says so once and continues."""

    _failing = False  # at this event
    _failed = False  # at the event before
    _reason = ""

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        if self._failed:
            stream.write("\n")  # the last line may be on the disk only in part
        return stream

    def emit(self, record: logging.LogRecord) -> None:
        self._failing = False
        super().emit(record)  # on failure calls handleError, which does not raise
        if self._failing and not self._failed:
            folder = Path(self.baseFilename).parent
            _tell(f"The log in {folder} cannot be written ({self._reason}). PoseDeck continues without it.")
        elif self._failed and not self._failing:
            _tell("The log can be written again.")
        self._failed = self._failing

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        del record
        error = sys.exception()
        self._reason = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        self._failing = True
        # The stream still has what could not be written, and would later write half a line: drop both. The next event
        # opens the file again.
        stream, self.stream = self.stream, None
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.close()


def _tell(sentence: str) -> None:
    """Print on the console only."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()


def open_log(configuration: Configuration) -> None:
    """Send events where the configuration says, and nowhere else; may be called again.

    If the folder cannot be written, the console says so and PoseDeck continues without log files.
    """
    close_log()
    console = _Console()
    console.setFormatter(_Short())
    console.setLevel(_LEVELS[(configuration.log_level or "warning").upper()])
    _log.addHandler(console)
    level = console.level
    if configuration.log_folder is not None:
        try:
            configuration.log_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            files = _Files(
                configuration.log_folder / FILE_NAME,
                maxBytes=configuration.log_mb * 1024 * 1024,
                backupCount=configuration.log_files,
                encoding="utf-8",
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            _tell(
                f"POSEDECK_LOG_FOLDER must be a writable folder; got {configuration.log_folder} ({reason}). PoseDeck "
                "continues without log files. Choose another folder, or make this one writable."
            )
        else:
            files.setFormatter(_Lines())
            files.setLevel(_LEVELS[(configuration.log_level or "info").upper()])
            _log.addHandler(files)
            level = min(level, files.level)
    _log.setLevel(level)


def close_log() -> None:
    """Close the files; events go nowhere until `open_log` is called again."""
    _log.setLevel(logging.NOTSET)
    for handler in list(_log.handlers):
        if isinstance(handler, (_Console, _Files)):
            _log.removeHandler(handler)
            with suppress(OSError, ValueError):  # a full disk
                handler.close()


# ---------------------------------------------------------------------- what others log
def escaped(text: str, most: int = _MOST_QUOTED) -> str:
    r"""Text that is safe in a line of the log: bounded, and whatever cannot be printed is escaped.

    Examples
    --------
    >>> escaped("a\nb\x1b[31m 深蹲")
    'a\\nb\\x1b[31m 深蹲'
    >>> escaped("abcdef", 3)
    'abc... (6 characters)'
    """
    cut = text[:most]
    if not cut.isprintable():
        cut = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
    return cut if len(text) <= most else f"{cut}... ({len(text)} characters)"


def escape_everything() -> None:
    """Escape and bound what any logger of this process gets from now on, tracebacks included."""
    logging.setLogRecordFactory(_escaped_record)


def _escaped_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = logging.LogRecord(*args, **kwargs)
    record.msg = escaped(str(record.msg).strip("\n"), _MOST_TEXT)
    if isinstance(record.args, dict):
        record.args = {name: _escaped_argument(value) for name, value in record.args.items()}
    elif record.args:
        record.args = tuple(map(_escaped_argument, record.args))
    if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
        record.exc_text = _traceback(record.exc_info[1])  # a formatter uses this instead of its own
    return record


def _escaped_argument(value: object) -> object:
    return value if value is None or isinstance(value, Number) else escaped(str(value))


def _traceback(error: BaseException) -> str:
    """The program's own lines as they are; the error's message, which may quote a visitor, escaped."""
    lines: list[str] = []
    cause: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if cause is None:
            break
        places = "".join(traceback.format_tb(cause.__traceback__, -_MOST_PLACES))
        lines.insert(
            0, f"Traceback (most recent call last):\n{places}{type(cause).__name__}: {escaped(str(cause))}"
        )
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\nwhich led to\n".join(lines)


# ---------------------------------------------------------------------- our own events
def log_event(event: str, level: int = logging.INFO, *, message: str | None = None, **fields: Field) -> None:
    """Log one event.

    Parameters
    ----------
    event : str
        Its name, always the same for the same kind of event.
    level : int
        One of `logging`'s.
    message : str, optional
        A sentence for the console to show instead of the fields.
    **fields
        What the program knows about it, never what a visitor sent.
    """
    _log.log(level, "%s", message or event, extra={"event": event, "fields": fields})


def log_unexpected(error: BaseException) -> None:
    """Log an unexpected error: only its type and place, since its message might quote what a visitor sent."""
    trace = error.__traceback__
    places = []
    while trace is not None:
        places.append(f"{PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    kind, place = type(error).__name__, " > ".join(places[-_PLACES:])
    log_event("unexpected", logging.ERROR, message=f"unexpected {kind} at {place}", type=kind, place=place)

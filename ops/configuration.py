"""What whoever runs PoseDeck decides, from environment variables. The table in docs/deploy.md lists them all.

STUN and TURN servers are read by `pose_ui.webrtc.ice`, since they may stand in Streamlit's secrets file too. An empty
variable counts as none. Neither a token nor a password is in any ``repr`` or sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from pose_core.errors import SettingsError

__all__ = ["LOG_LEVELS", "Configuration", "LogLevel", "read_configuration"]

LogLevel = Literal["debug", "info", "warning", "error"]
LOG_LEVELS: Final[dict[str, LogLevel]] = {level: level for level in get_args(LogLevel)}

#: Guessing 16 random characters takes longer than anybody has; a password may be typed, and attempts are limited.
_TOKEN_LENGTH: Final = 16
_PASSWORD_LENGTH: Final = 8
_MOST_SECRET: Final = 1000
#: Characters of a Bearer token (RFC 6750, section 2.1).
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)
#: Scheme, host and perhaps a port, as browsers write them into the header Origin: in lower case, no path.
_ORIGIN: Final = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?", re.ASCII)
_WHO: Final = re.compile(r"[^@\s,]*@[^@\s,]+")


@dataclass(frozen=True, slots=True)
class Configuration:
    """All decisions, with what holds where nothing is said.

    Attributes
    ----------
    seats : int or None
        Live viewers at a time; None: as many as the cores allow.
    api_token : str or None
        What programs have to show; None: nothing.
    password : str or None
        What visitors of the pages have to type; None: nothing.
    login : bool
        Whether visitors have to log in by Streamlit's own login (OIDC).
    login_who : tuple of str
        E-mail addresses, or ``@domain``, that may come in by it, in lower case; empty: everybody whom it knows.
    origins : tuple of str
        Origins whose pages may ask the REST interface from a browser.
    rate : int
        Most REST requests a minute from one address; 0: without end. Nobody at a keyboard reaches the default.
    log_folder : Path or None
        Where log files go; None: nowhere.
    log_level : str or None
        From which level on events are logged; None: warnings to the console, from ``info`` on to files.
    log_mb, log_files : int
        Size of one log file in megabytes, and how many older ones are kept.
    """

    seats: int | None = None
    api_token: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    login: bool = False
    login_who: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    rate: int = 600
    log_folder: Path | None = None
    log_level: LogLevel | None = None
    log_mb: int = 5
    log_files: int = 5


def _number(environment: Mapping[str, str], name: str, low: int, high: int, without: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return without
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(high)) and low <= int(text) <= high):
        raise SettingsError(
            "number_setting",
            "{name} should be a whole number from {low} to {high}; {value} came. Correct it or leave it out.",
            name=name,
            low=low,
            high=high,
            value=text[:40],
        )
    return int(text)


def _seats(environment: Mapping[str, str]) -> int | None:
    text = environment.get("POSEDECK_SEATS", "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise SettingsError(
            "seats_setting",
            "POSEDECK_SEATS should be a whole number of 1 or more; {value} came. Correct it or leave it out.",
            value=text,
        )
    return int(text)


def _api_token(environment: Mapping[str, str]) -> str | None:
    token = environment.get("POSEDECK_API_TOKEN", "").strip()
    if token and not (_TOKEN_LENGTH <= len(token) <= _MOST_SECRET and _TOKEN.fullmatch(token)):
        raise SettingsError(
            "token_setting",
            "POSEDECK_API_TOKEN should be {low} to {high} letters, digits and signs of ._~+/-; {length} characters "
            "came, or others. Make one, such as with: openssl rand -hex 32",
            low=_TOKEN_LENGTH,
            high=_MOST_SECRET,
            length=len(token),
        )
    return token or None


def _password(environment: Mapping[str, str]) -> str | None:
    # Not stripped: what is typed is compared as it is. So a space at an end, which nobody sees, is refused.
    password = environment.get("POSEDECK_PASSWORD", "")
    if password and not (_PASSWORD_LENGTH <= len(password) <= _MOST_SECRET and password == password.strip()):
        raise SettingsError(
            "password_setting",
            "POSEDECK_PASSWORD should be {low} to {high} characters without a space at either end; {length} came. "
            "Choose another, such as four words that nobody would put together.",
            low=_PASSWORD_LENGTH,
            high=_MOST_SECRET,
            length=len(password),
        )
    return password or None


def _login(environment: Mapping[str, str]) -> bool:
    kind = environment.get("POSEDECK_LOGIN", "").strip().lower()
    if kind not in ("", "oidc"):
        raise SettingsError(
            "login_setting",
            "POSEDECK_LOGIN should be oidc; {value} came. Correct it or leave it out.",
            value=kind[:40],
        )
    if kind and environment.get("POSEDECK_PASSWORD"):
        raise SettingsError(
            "login_and_password",
            "One of POSEDECK_LOGIN and POSEDECK_PASSWORD was expected; both are set. Leave one of them out.",
        )
    return bool(kind)


def _login_who(environment: Mapping[str, str], login: bool) -> tuple[str, ...]:
    who = _list(environment, "POSEDECK_LOGIN_WHO")
    for entry in who:
        if not _WHO.fullmatch(entry):
            raise SettingsError(
                "who_setting",
                "POSEDECK_LOGIN_WHO should be e-mail addresses, or domains such as @example.org, separated by commas; "
                "{value} came. Correct it or leave it out.",
                value=entry[:80],
            )
    if who and not login:
        raise SettingsError(
            "who_without_login",
            "POSEDECK_LOGIN_WHO works with POSEDECK_LOGIN=oidc, which is not set. Set it, or leave this one out.",
        )
    return who


def _list(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(entry for part in environment.get(name, "").split(",") if (entry := part.strip().lower()))


def _origins(environment: Mapping[str, str]) -> tuple[str, ...]:
    origins = _list(environment, "POSEDECK_CORS")
    for origin in origins:
        # Not *: the list is there so that somebody thinks about who is on it.
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(
                "origins_setting",
                "POSEDECK_CORS should be origins such as https://app.example.org, separated by commas, without a path; "
                "{value} came. Correct it or leave it out.",
                value=origin[:80],
            )
    return origins


def _log_level(environment: Mapping[str, str]) -> LogLevel | None:
    level = environment.get("POSEDECK_LOG_LEVEL", "").strip().lower()
    if level and level not in LOG_LEVELS:
        raise SettingsError(
            "level_setting",
            "POSEDECK_LOG_LEVEL should be one of {levels}; {value} came. Correct it or leave it out.",
            levels=", ".join(LOG_LEVELS),
            value=level[:40],
        )
    return LOG_LEVELS.get(level)


def read_configuration(environment: Mapping[str, str]) -> Configuration:
    """Read all variables.

    Parameters
    ----------
    environment : mapping of str to str
        Such as ``os.environ``.

    Raises
    ------
    SettingsError
        If one of them cannot be used; the sentence names it, what came, and what to do.

    Examples
    --------
    >>> read_configuration({"POSEDECK_RATE": "60"}).rate
    60
    >>> read_configuration({"POSEDECK_RATE": "many"})
    Traceback (most recent call last):
    pose_core.errors.SettingsError: POSEDECK_RATE should be a whole number from 0 to 1000000; many came. Correct it or \
leave it out.
    """
    login = _login(environment)
    folder = environment.get("POSEDECK_LOG_FOLDER", "").strip()
    return Configuration(
        seats=_seats(environment),
        api_token=_api_token(environment),
        password=_password(environment),
        login=login,
        login_who=_login_who(environment, login),
        origins=_origins(environment),
        rate=_number(environment, "POSEDECK_RATE", 0, 1_000_000, Configuration().rate),
        log_folder=Path(folder).expanduser() if folder else None,
        log_level=_log_level(environment),
        log_mb=_number(environment, "POSEDECK_LOG_MB", 1, 10_000, Configuration().log_mb),
        log_files=_number(environment, "POSEDECK_LOG_FILES", 1, 1000, Configuration().log_files),
    )

"""What the operator of PoseDeck sets in environment variables. The table in docs/deploy.md lists them all.

STUN and TURN servers are read by `pose_ui.webrtc.ice`, since they may also be set in Streamlit's secrets file. An
empty variable counts as unset. No ``repr`` and no message contains a token or a password.
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

#: Nobody has the time to guess 16 random characters; a password may be short enough to type, as attempts are limited.
_MIN_TOKEN_LENGTH: Final = 16
_MIN_PASSWORD_LENGTH: Final = 8
_MAX_SECRET_LENGTH: Final = 1000
#: Characters of a Bearer token (RFC 6750, section 2.1).
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)
#: Scheme, host and perhaps a port, as browsers write them into the header Origin: in lower case, no path.
_ORIGIN: Final = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?", re.ASCII)
#: A name without a port, perhaps with "*." in front, or an address.
_HOST_NAME: Final = re.compile(
    r"\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[?[0-9a-f:.]*:[0-9a-f:.]*\]?", re.ASCII
)
#: Where a Hugging Face Space says its own name.
_SPACE_HOST: Final = "SPACE_HOST"
_EMAIL_OR_DOMAIN: Final = re.compile(r"[^@\s,]*@[^@\s,]+")


@dataclass(frozen=True, slots=True)
class Configuration:
    """All settings, with their defaults.

    Attributes
    ----------
    seats : int or None
        Live viewers at a time; None: as many as the cores allow.
    api_token : str or None
        What programs must send; None: nothing.
    password : str or None
        What visitors must type; None: nothing.
    login : bool
        Whether visitors must log in through Streamlit's own login (OIDC).
    login_who : tuple of str
        E-mail addresses, or ``@domain``, that may log in, in lower case; empty: everyone whom the provider knows.
    origins : tuple of str
        Origins whose pages may send REST requests from a browser.
    hosts : tuple of str
        Host names or addresses under which visitors and programs reach it, besides its own, in lower case;
        ``*.example.org`` means every name below example.org, ``*`` all.
    rate : int
        Most REST requests a minute from one address; 0: unlimited. Nobody at a keyboard reaches the default.
    log_folder : Path or None
        Where log files go; None: nowhere.
    log_level : str or None
        Least level that is logged; None: ``warning`` on the console, ``info`` in files.
    log_mb, log_files : int
        Largest size of a log file in megabytes, and how many older files are kept.
    """

    seats: int | None = None
    api_token: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    login: bool = False
    login_who: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    rate: int = 600
    log_folder: Path | None = None
    log_level: LogLevel | None = None
    log_mb: int = 5
    log_files: int = 5


def _number(environment: Mapping[str, str], name: str, low: int, high: int, default: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(high)) and low <= int(text) <= high):
        raise SettingsError(
            "number_setting",
            "{name} must be a whole number from {low} to {high}; got {value}. Correct it or leave it out.",
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
            "POSEDECK_SEATS must be a whole number of 1 or more; got {value}. Correct it or leave it out.",
            value=text,
        )
    return int(text)


def _api_token(environment: Mapping[str, str]) -> str | None:
    token = environment.get("POSEDECK_API_TOKEN", "").strip()
    if token and not (_MIN_TOKEN_LENGTH <= len(token) <= _MAX_SECRET_LENGTH and _TOKEN.fullmatch(token)):
        raise SettingsError(
            "token_setting",
            "POSEDECK_API_TOKEN must be {low} to {high} letters, digits and characters of ._~+/-; got {length} "
            "characters, or others. Make one, for example with: openssl rand -hex 32",
            low=_MIN_TOKEN_LENGTH,
            high=_MAX_SECRET_LENGTH,
            length=len(token),
        )
    return token or None


def _password(environment: Mapping[str, str]) -> str | None:
    # Not stripped, like what a visitor types. So a space at an end, which nobody sees, is refused.
    password = environment.get("POSEDECK_PASSWORD", "")
    if password and not (
        _MIN_PASSWORD_LENGTH <= len(password) <= _MAX_SECRET_LENGTH and password == password.strip()
    ):
        raise SettingsError(
            "password_setting",
            "POSEDECK_PASSWORD must be {low} to {high} characters without a space at either end; got {length}. "
            "Choose another, such as four words that nobody would put together.",
            low=_MIN_PASSWORD_LENGTH,
            high=_MAX_SECRET_LENGTH,
            length=len(password),
        )
    return password or None


def _login(environment: Mapping[str, str]) -> bool:
    kind = environment.get("POSEDECK_LOGIN", "").strip().lower()
    if kind not in ("", "oidc"):
        raise SettingsError(
            "login_setting",
            "POSEDECK_LOGIN must be oidc; got {value}. Correct it or leave it out.",
            value=kind[:40],
        )
    if kind and environment.get("POSEDECK_PASSWORD"):
        raise SettingsError(
            "login_and_password",
            "Only one of POSEDECK_LOGIN and POSEDECK_PASSWORD may be set; both are set. Leave one of them out.",
        )
    return bool(kind)


def _login_who(environment: Mapping[str, str], login: bool) -> tuple[str, ...]:
    who = _list(environment, "POSEDECK_LOGIN_WHO")
    for entry in who:
        if not _EMAIL_OR_DOMAIN.fullmatch(entry):
            raise SettingsError(
                "who_setting",
                "POSEDECK_LOGIN_WHO must be e-mail addresses, or domains such as @example.org, separated by commas; "
                "got {value}. Correct it or leave it out.",
                value=entry[:80],
            )
    if who and not login:
        raise SettingsError(
            "who_without_login",
            "POSEDECK_LOGIN_WHO needs POSEDECK_LOGIN=oidc, which is not set. Set it, or leave POSEDECK_LOGIN_WHO out.",
        )
    return who


def _list(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(entry for part in environment.get(name, "").split(",") if (entry := part.strip().lower()))


def _origins(environment: Mapping[str, str]) -> tuple[str, ...]:
    origins = _list(environment, "POSEDECK_CORS")
    for origin in origins:
        # Not *: the list is there to make the operator think about who is on it.
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(
                "origins_setting",
                "POSEDECK_CORS must be origins such as https://app.example.org, separated by commas, without a path; "
                "got {value}. Correct it or leave it out.",
                value=origin[:80],
            )
    return origins


def _hosts(environment: Mapping[str, str]) -> tuple[str, ...]:
    hosts = _list(environment, "POSEDECK_HOSTS")
    for host in hosts:
        if not _HOST_NAME.fullmatch(host) or re.search(r"^[^:]+:\d+$", host):
            raise SettingsError(
                "hosts_setting",
                "POSEDECK_HOSTS must be host names such as pose.example.org or *.example.org, or addresses, separated "
                "by commas, without http:// and without a port; got {value}. Correct it or leave it out.",
                value=host[:80],
            )
    space = environment.get(_SPACE_HOST, "").strip().lower()
    return (*hosts, space) if _HOST_NAME.fullmatch(space) else hosts


def _log_level(environment: Mapping[str, str]) -> LogLevel | None:
    level = environment.get("POSEDECK_LOG_LEVEL", "").strip().lower()
    if level and level not in LOG_LEVELS:
        raise SettingsError(
            "level_setting",
            "POSEDECK_LOG_LEVEL must be one of {levels}; got {value}. Correct it or leave it out.",
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
        If one of them cannot be used. The message says what it must be, what it is, and what to do.

    Examples
    --------
    >>> read_configuration({"POSEDECK_RATE": "60"}).rate
    60
    >>> read_configuration({"POSEDECK_RATE": "many"})
    Traceback (most recent call last):
    pose_core.errors.SettingsError: POSEDECK_RATE must be a whole number from 0 to 1000000; got many. Correct it or \
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
        hosts=_hosts(environment),
        rate=_number(environment, "POSEDECK_RATE", 0, 1_000_000, Configuration().rate),
        log_folder=Path(folder).expanduser() if folder else None,
        log_level=_log_level(environment),
        log_mb=_number(environment, "POSEDECK_LOG_MB", 1, 10_000, Configuration().log_mb),
        log_files=_number(environment, "POSEDECK_LOG_FILES", 1, 1000, Configuration().log_files),
    )

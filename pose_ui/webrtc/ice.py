"""STUN and TURN servers for the Live page: none unless the operator sets some, as docs/deploy.md shows.

The environment comes first, then the section ``[ice]`` of Streamlit's ``secrets.toml``.

A credential has to reach each viewer's browser, but must not appear in logs or on the screen: no ``repr`` and no error
message contains it. Nor do they contain addresses, since a password may have been pasted into the wrong line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, TypeVar

import streamlit as st
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from ops.secrets import secrets_section
from pose_core.errors import SettingsError
from pose_ui.webrtc.bindings import force_relay

__all__ = ["IceServer", "IceSettings", "ice_configuration", "read_settings"]

URLS = "POSEDECK_ICE_URLS"
USERNAME = "POSEDECK_ICE_USERNAME"
CREDENTIAL = "POSEDECK_ICE_CREDENTIAL"
RELAY_ONLY = "POSEDECK_ICE_RELAY_ONLY"

#: What both ends can use. RFC 7064 has no transport after stun:, browsers use turns: over TCP only, and aiortc reads
#: neither stuns: nor an IPv6 address.
_ADDRESS = re.compile(
    r"(stun:[\w.-]+(:\d{1,5})?|turn:[\w.-]+(:\d{1,5})?(\?transport=(udp|tcp))?"
    r"|turns:[\w.-]+(:\d{1,5})?(\?transport=tcp)?)",
    re.ASCII,
)
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
#: A misspelt relay_only would expose addresses, so unknown names are rejected.
_STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)
_T = TypeVar("_T")


def _address(text: str) -> str:
    url = text.strip()
    port = re.search(r":(\d+)(\?|$)", url)
    if not _ADDRESS.fullmatch(url) or not (port is None or 1 <= int(port.group(1)) <= 65535):
        raise ValueError
    return url


_Urls = Annotated[
    tuple[Annotated[str, AfterValidator(_address)], ...],
    Field(min_length=1),
    BeforeValidator(lambda urls: [urls] if isinstance(urls, str) else urls),
]
_Text = Annotated[str | None, AfterValidator(lambda text: text or None)]


@dataclass(frozen=True, config=_STRICT)
class IceServer:
    """One STUN or TURN server under one or more addresses; TURN always has a username and a credential."""

    urls: _Urls
    username: _Text = None
    credential: _Text = field(default=None, repr=False)

    @model_validator(mode="after")
    def _turn_is_complete(self) -> IceServer:
        if self.relays and not (self.username and self.credential):
            raise PydanticCustomError("ice_credential", "a TURN server without a username or a credential")
        return self

    @property
    def relays(self) -> bool:
        """Whether it is a TURN server."""
        return any(url.startswith("turn") for url in self.urls)


@dataclass(frozen=True, config=_STRICT)
class IceSettings:
    """All servers, and whether every connection has to go through a TURN server."""

    servers: tuple[IceServer, ...] = ()
    relay_only: StrictBool = False

    def configuration(self) -> dict[str, Any]:
        """Return the settings in the form that browsers and streamlit-webrtc take.

        ``iceServers`` is present even when empty: without it, streamlit-webrtc contacts a STUN server of Google.
        """
        servers: list[dict[str, Any]] = []
        for server in self.servers:
            entry: dict[str, Any] = {"urls": list(server.urls)}
            if server.username and server.credential:
                entry |= {"username": server.username, "credential": server.credential}
            servers.append(entry)
        policy = {"iceTransportPolicy": "relay"} if self.relay_only else {}
        return {"iceServers": servers} | policy


def ice_configuration() -> dict[str, Any]:
    """Return the ``rtc_configuration`` for both ends of a live stream; ``{"iceServers": []}`` unless set otherwise.

    If only relays are allowed, the server is made to respect that, too. The settings are read again at each call.

    Raises
    ------
    SettingsError
        If a setting is wrong; the message says which.
    """
    settings = read_settings(os.environ, st.get_option("secrets.files"))
    if settings.relay_only:
        force_relay()
    return settings.configuration()


def read_settings(environment: Mapping[str, str], files: Iterable[str | Path]) -> IceSettings:
    """Read and check the settings.

    Parameters
    ----------
    environment : Mapping[str, str]
        ``POSEDECK_ICE_URLS`` (separated by commas) replaces all servers of the files; ``POSEDECK_ICE_RELAY_ONLY``
        replaces their ``relay_only``. An empty value counts as not set.
    files : Iterable[str | Path]
        TOML files; one that does not exist is skipped, and the last one with a section ``[ice]`` decides.

    Raises
    ------
    SettingsError
        If a file is damaged, a name unknown, an address or a switch invalid, a TURN server has no username or
        credential, or only relays are allowed but there is no TURN server.
    """
    settings = _from_files(files)
    servers = _servers_from(environment)
    switch = environment.get(RELAY_ONLY, "").strip().lower()
    if switch not in (*_YES, *_NO, ""):
        raise SettingsError(
            "ice_switch",
            "{name} must be 1 or 0, but is set to something else. Correct it or leave it out.",
            name=RELAY_ONLY,
        )
    settings = IceSettings(
        settings.servers if servers is None else servers, switch in _YES if switch else settings.relay_only
    )
    if settings.relay_only and not any(server.relays for server in settings.servers):
        raise SettingsError(
            "ice_relay",
            "Connecting only through a relay needs a TURN server, but no address with turn: or turns: is set. "
            "Add one, or remove relay_only ({name}).",
            name=RELAY_ONLY,
        )
    return settings


def _servers_from(environment: Mapping[str, str]) -> tuple[IceServer, ...] | None:
    urls = environment.get(URLS, "").strip()
    username, credential = environment.get(USERNAME) or None, environment.get(CREDENTIAL) or None
    if urls:
        table = {"urls": urls.split(","), "username": username, "credential": credential}
        return (_checked(IceServer, table, URLS),)
    if username or credential:
        raise SettingsError(
            "ice_alone",
            "{name} needs {urls}, which is not set. Set both.",
            name=USERNAME if username else CREDENTIAL,
            urls=URLS,
        )
    return None


def _from_files(files: Iterable[str | Path]) -> IceSettings:
    found = secrets_section("ice", files)
    if found is None:
        return IceSettings()
    file, section = found
    place = f"{file} [ice]"
    own = {}
    if isinstance(section, dict):  # one server may be in the section itself
        own = {name: section[name] for name in ("urls", "username", "credential") if name in section}
        section = {name: value for name, value in section.items() if name not in own}
    settings = _checked(IceSettings, section, place)
    if own:
        settings = IceSettings((_checked(IceServer, own, place), *settings.servers), settings.relay_only)
    return settings


def _checked(kind: type[_T], table: object, place: str) -> _T:
    """`table` as one of the classes above; otherwise SettingsError says what is wrong without quoting any value."""
    try:
        return TypeAdapter(kind).validate_python(table)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where, shown = fault["loc"], "[ice]"
    if where[:1] == ("servers",) and len(where) > 1:
        shown = "[[ice.servers]]"
        place = f"{place.removesuffix('[ice]')}{shown} {int(where[1]) + 1}"
        where = where[2:]
    if fault["type"] == "ice_credential":
        raise SettingsError(
            "ice_credential",
            "A TURN server must have a username and a credential; the one in {place} lacks at least one of them. "
            "Add what is missing.",
            place=place,
        )
    if where[:1] == ("urls",) and len(where) > 1:
        raise SettingsError(
            "ice_address",
            "Each address in {place} must look like stun:turn.example.org:3478, "
            "turn:turn.example.org:3478?transport=udp or turns:turn.example.org:5349?transport=tcp; "
            "number {number} does not. Correct it.",
            place=place,
            number=int(where[1]) + 1,
        )
    raise SettingsError(
        "ice_section",
        "{place} may contain urls, username, credential, relay_only and servers in the form shown in docs/deploy.md; "
        "{name} is missing, unknown or has another form. Correct it.",
        place=place,
        name=where[0] if where else shown,
    )

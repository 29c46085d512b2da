"""STUN and TURN servers for the Live page: none unless whoever runs PoseDeck names some. docs/deploy.md shows how.

The environment leads, then the section ``[ice]`` of Streamlit's ``secrets.toml``.

A credential has to reach each viewer's browser. It stays out of logs and of the screen: it is in no ``repr`` and in no
sentence of an error, and neither are addresses, since a password may have been pasted in the wrong line.
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

#: What both ends can use. RFC 7064 knows no transport after stun:, browsers speak turns: over TCP alone, and aiortc
#: reads neither stuns: nor an IPv6 address.
_ADDRESS = re.compile(
    r"(stun:[\w.-]+(:\d{1,5})?|turn:[\w.-]+(:\d{1,5})?(\?transport=(udp|tcp))?"
    r"|turns:[\w.-]+(:\d{1,5})?(\?transport=tcp)?)",
    re.ASCII,
)
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
#: A misspelt relay_only would show addresses: unknown names are refused.
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
    def _turn_is_whole(self) -> IceServer:
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
        """Return them as browsers and streamlit-webrtc want them.

        ``iceServers`` is there even when empty: without it, streamlit-webrtc asks a STUN server of Google.
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

    When only relays are wanted, the server is made to keep to it, too. The settings are read anew at each call.

    Raises
    ------
    SettingsError
        A setting is wrong; the sentence says which.
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
        A file is damaged, a name unknown, an address or a switch not understood, TURN without a username and a
        credential, or only relays wanted without a TURN server.
    """
    settings = _from_files(files)
    servers = _servers_from(environment)
    switch = environment.get(RELAY_ONLY, "").strip().lower()
    if switch not in (*_YES, *_NO, ""):
        raise SettingsError(
            "ice_switch",
            "{name} should be 1 or 0, and is something else. Please correct it.",
            name=RELAY_ONLY,
        )
    settings = IceSettings(
        settings.servers if servers is None else servers, switch in _YES if switch else settings.relay_only
    )
    if settings.relay_only and not any(server.relays for server in settings.servers):
        raise SettingsError(
            "ice_relay",
            "Connections through a relay only need a TURN server, and no address with turn: or turns: is set. "
            "Please add one, or take relay_only ({name}) away.",
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
            "{name} needs {urls} beside it, which is not set. Please set both.",
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
    if isinstance(section, dict):  # one server may stand in the section itself
        own = {name: section[name] for name in ("urls", "username", "credential") if name in section}
        section = {name: value for name, value in section.items() if name not in own}
    settings = _checked(IceSettings, section, place)
    if own:
        settings = IceSettings((_checked(IceServer, own, place), *settings.servers), settings.relay_only)
    return settings


def _checked(kind: type[_T], table: object, place: str) -> _T:
    """`table` as one of the above, or what is wrong in it, as a sentence that quotes nothing."""
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
            "A TURN server needs a username and a credential, and that of {place} lacks at least one. "
            "Please add what is missing.",
            place=place,
        )
    if where[:1] == ("urls",) and len(where) > 1:
        raise SettingsError(
            "ice_address",
            "An address in {place} should look like stun:turn.example.org:3478, "
            "turn:turn.example.org:3478?transport=udp or turns:turn.example.org:5349?transport=tcp, and "
            "number {number} does not. Please correct it.",
            place=place,
            number=int(where[1]) + 1,
        )
    raise SettingsError(
        "ice_section",
        "{place} may hold urls, username, credential, relay_only and servers in the form that docs/deploy.md shows; "
        "{name} is missing, unknown or of another form. Please correct it.",
        place=place,
        name=where[0] if where else shown,
    )

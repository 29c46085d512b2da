"""STUN and TURN servers for the Live page: none unless whoever runs PoseDeck names some. docs/deploy.md shows how.

The environment leads, then the section ``[ice]`` of Streamlit's ``secrets.toml``. That file is read here with tomllib
and not through ``st.secrets``, which raises one and the same exception for a file that is absent (the usual case, and
fine) and for one that is damaged (which must be said).

A credential has to reach each viewer's browser. It stays out of logs and of the screen: it is in no ``repr`` and in no
sentence of an error, and neither are addresses, since a password may have been pasted in the wrong line.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

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
_SERVER_NAMES = ("urls", "username", "credential")
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True)
class IceServer:
    """One STUN or TURN server under one or more addresses; TURN always has a username and a credential."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = field(default=None, repr=False)

    @property
    def relays(self) -> bool:
        """Whether it is a TURN server."""
        return any(url.startswith("turn") for url in self.urls)


@dataclass(frozen=True)
class IceSettings:
    """All servers, and whether every connection has to go through a TURN server."""

    servers: tuple[IceServer, ...] = ()
    relay_only: bool = False

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
    settings = read_settings(os.environ, map(Path, st.get_option("secrets.files")))
    if settings.relay_only:
        force_relay()
    return settings.configuration()


def read_settings(environment: Mapping[str, str], files: Iterable[Path]) -> IceSettings:
    """Read and check the settings.

    Parameters
    ----------
    environment : Mapping[str, str]
        ``POSEDECK_ICE_URLS`` (separated by commas) replaces all servers of the files; ``POSEDECK_ICE_RELAY_ONLY``
        replaces their ``relay_only``. An empty value counts as not set.
    files : Iterable[Path]
        TOML files; one that does not exist is skipped, and the last one with a section ``[ice]`` decides.

    Raises
    ------
    SettingsError
        A file is damaged, a name unknown, an address or a switch not understood, TURN without a username and a
        credential, or only relays wanted without a TURN server.
    """
    settings = IceSettings()
    for path in files:
        settings = _from_file(path) or settings
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
        return (_checked_server(urls.split(","), username, credential, URLS),)
    if username or credential:
        raise SettingsError(
            "ice_alone",
            "{name} needs {urls} beside it, which is not set. Please set both.",
            name=USERNAME if username else CREDENTIAL,
            urls=URLS,
        )
    return None


def _from_file(path: Path) -> IceSettings | None:
    """Return what the section [ice] of `path` says, or None if there is no such file or section."""
    name = "/".join(
        path.parts[-2:]
    )  # a visitor may see the sentence: where the project lies is not their business
    if path.suffix != ".toml":
        return None  # a folder of mounted secrets: only Streamlit itself reads those
    try:
        section = tomllib.loads(path.read_text(encoding="utf-8")).get("ice")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # TOML and UTF-8 faults are ValueErrors
        place = re.search(r"line \d+", str(error))
        raise SettingsError(
            "ice_file",
            "{file} should be a TOML file that can be read, and is not ({reason}). Please correct it; "
            "docs/deploy.md shows an example.",
            file=name,
            reason=place.group() if place else type(error).__name__,
        ) from None
    if section is None:
        return None
    names = (*_SERVER_NAMES, "servers", "relay_only")
    table = _checked_table(section, names, f"{name} [ice]", "[ice]")
    tables = table.get("servers", [])
    relay_only = table.get("relay_only", False)
    if not isinstance(tables, list):
        raise _misfit(f"{name} [ice]", "servers")
    if not isinstance(relay_only, bool):
        raise _misfit(f"{name} [ice]", "relay_only")
    servers = []
    if any(key in table for key in _SERVER_NAMES):
        servers.append(_server_from(table, f"{name} [ice]"))
    for number, entry in enumerate(tables, start=1):
        place_name = f"{name} [[ice.servers]] {number}"
        servers.append(
            _server_from(_checked_table(entry, _SERVER_NAMES, place_name, "[[ice.servers]]"), place_name)
        )
    return IceSettings(tuple(servers), relay_only)


def _server_from(table: Mapping[str, Any], place: str) -> IceServer:
    urls = table.get("urls")
    urls = [urls] if isinstance(urls, str) else urls
    if not (isinstance(urls, list) and urls):
        raise _misfit(place, "urls")
    for name in ("username", "credential"):
        if not isinstance(table.get(name, ""), str):
            raise _misfit(place, name)
    return _checked_server(urls, table.get("username"), table.get("credential"), place)


def _checked_server(
    urls: Iterable[object], username: str | None, credential: str | None, place: str
) -> IceServer:
    checked = []
    for number, url in enumerate(urls, start=1):
        text = url.strip() if isinstance(url, str) else ""
        if not _ADDRESS.fullmatch(text) or not _port_fits(text):
            raise SettingsError(
                "ice_address",
                "An address in {place} should look like stun:turn.example.org:3478, "
                "turn:turn.example.org:3478?transport=udp or turns:turn.example.org:5349?transport=tcp, and "
                "number {number} does not. Please correct it.",
                place=place,
                number=number,
            )
        checked.append(text)
    server = IceServer(tuple(checked), username or None, credential or None)
    if server.relays and not (server.username and server.credential):
        raise SettingsError(
            "ice_credential",
            "A TURN server needs a username and a credential, and that of {place} lacks at least one. "
            "Please add what is missing.",
            place=place,
        )
    return server


def _port_fits(url: str) -> bool:
    port = re.search(r":(\d+)(\?|$)", url)
    return port is None or 1 <= int(port.group(1)) <= 65535


def _checked_table(value: object, names: tuple[str, ...], place: str, shown: str) -> dict[str, Any]:
    """Return `value` if it is a table of known names only: a misspelt relay_only would show addresses."""
    if not isinstance(value, dict):
        raise _misfit(place, shown)
    for name in value:
        if name not in names:
            raise _misfit(place, name)
    return value


def _misfit(place: str, name: str) -> SettingsError:
    return SettingsError(
        "ice_section",
        "{place} may hold urls, username, credential, relay_only and servers in the form that docs/deploy.md shows; "
        "{name} is missing, unknown or of another form. Please correct it.",
        place=place,
        name=name,
    )

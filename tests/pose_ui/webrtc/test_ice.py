"""STUN and TURN settings: where they come from, what is refused, and that no secret is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from aiortc import RTCIceTransportPolicy
from streamlit_webrtc import component

from pose_core.errors import SettingsError
from pose_ui.texts import Translator
from pose_ui.webrtc import bindings, ice
from pose_ui.webrtc.bindings import force_relay
from pose_ui.webrtc.ice import IceServer, IceSettings, ice_configuration, read_settings
from tests.support.paths import ROOT

SECRET = "correct-horse"
ADDRESS = "turn:turn.example.org:3478?transport=udp"
TURN = {ice.URLS: ADDRESS, ice.USERNAME: "viewer", ice.CREDENTIAL: SECRET}


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return tmp_path / ".streamlit" / "secrets.toml"


@pytest.fixture
def unpatched() -> Iterator[None]:
    """streamlit-webrtc as installed, before and after the test."""
    present = component.compile_rtc_configuration
    component.compile_rtc_configuration = bindings._compile_servers
    yield
    component.compile_rtc_configuration = present


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refused(environment: dict[str, str], *files: Path) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        read_settings(environment, files)
    return caught.value


def test_no_server_is_contacted_if_none_is_set(secrets: Path) -> None:
    assert read_settings({}, [secrets]).configuration() == {"iceServers": []}


def test_environment_names_servers_separated_by_commas() -> None:
    settings = read_settings(TURN | {ice.URLS: f"stun:turn.example.org, {ADDRESS}"}, [])
    assert settings.configuration() == {
        "iceServers": [
            {"urls": ["stun:turn.example.org", ADDRESS], "username": "viewer", "credential": SECRET}
        ]
    }


def test_file_names_one_server_or_several(secrets: Path) -> None:
    write(
        secrets,
        f"""
        [ice]
        urls = "stun:stun.example.org"
        relay_only = true
        [[ice.servers]]
        urls = ["{ADDRESS}", "turns:turn.example.org"]
        username = "viewer"
        credential = "{SECRET}"
        [[ice.servers]]
        urls = "stun:10.0.0.7:3478"
        """,
    )
    assert read_settings({}, [secrets]) == IceSettings(
        (
            IceServer(("stun:stun.example.org",)),
            IceServer((ADDRESS, "turns:turn.example.org"), "viewer", SECRET),
            IceServer(("stun:10.0.0.7:3478",)),
        ),
        relay_only=True,
    )
    assert read_settings({}, [secrets]).configuration()["iceTransportPolicy"] == "relay"


def test_environment_overrides_each_value(secrets: Path) -> None:
    write(secrets, '[ice]\nurls = "turn:a.example.org"\nusername = "a"\ncredential = "b"\nrelay_only = true')
    assert read_settings(TURN, [secrets]).servers == (IceServer((ADDRESS,), "viewer", SECRET),)
    assert read_settings(TURN, [secrets]).relay_only
    assert not read_settings({ice.RELAY_ONLY: "0"}, [secrets]).relay_only
    assert read_settings({ice.RELAY_ONLY: "", ice.URLS: ""}, [secrets]).relay_only


def test_last_file_with_a_section_decides(tmp_path: Path) -> None:
    first = write(tmp_path / "first.toml", '[ice]\nurls = "stun:first.example.org"')
    second = write(tmp_path / "second.toml", '[ice]\nurls = "stun:second.example.org"')
    other = write(tmp_path / "other.toml", "[database]\nhost = 1")
    assert read_settings({}, [first, second, other]).servers == (IceServer(("stun:second.example.org",)),)


@pytest.mark.parametrize("text", ["1", "true", "Yes", " on "])
def test_relay_only_may_be_spelt_in_several_ways(text: str) -> None:
    assert read_settings(TURN | {ice.RELAY_ONLY: text}, []).relay_only


@pytest.mark.parametrize(
    "url",
    [
        "turn.example.org:3478",  # no scheme
        "https://turn.example.org",
        "turn://turn.example.org",
        "turn:viewer:correct-horse@turn.example.org",
        "turn:turn.example.org:0",
        "turn:turn.example.org:70000",
        "turn:turn.example.org?transport=sctp",
        "turns:turn.example.org?transport=udp",  # no browser supports that
        "stun:stun.example.org?transport=udp",  # a browser would refuse the whole configuration
        "stuns:stun.example.org",  # aiortc would ignore it
        "turn:[2001:db8::1]:3478",  # aiortc cannot read it
        "turn:",
        "",
    ],
)
def test_address_that_one_end_cannot_use_is_refused_without_being_repeated(url: str) -> None:
    error = refused(TURN | {ice.URLS: f"{ADDRESS},{url}"})
    assert (error.code, error.values) == ("ice_address", {"place": ice.URLS, "number": 2})


@pytest.mark.parametrize("missing", [ice.USERNAME, ice.CREDENTIAL])
def test_turn_needs_username_and_credential(missing: str) -> None:
    error = refused({name: value for name, value in TURN.items() if name != missing})
    assert error.code == "ice_credential"
    assert SECRET not in str(error)


def test_stun_needs_no_credential() -> None:
    configuration = read_settings({ice.URLS: "stun:stun.example.org"}, []).configuration()
    assert configuration == {"iceServers": [{"urls": ["stun:stun.example.org"]}]}


@pytest.mark.parametrize("name", [ice.USERNAME, ice.CREDENTIAL])
def test_credential_without_an_address_is_an_error(name: str) -> None:
    error = refused({name: SECRET})
    assert (error.code, error.values["name"]) == ("ice_alone", name)


def test_relay_only_needs_a_turn_server() -> None:
    assert refused({ice.RELAY_ONLY: "1"}).code == "ice_relay"
    assert refused({ice.RELAY_ONLY: "1", ice.URLS: "stun:stun.example.org"}).code == "ice_relay"
    assert refused({ice.RELAY_ONLY: "perhaps"}).code == "ice_switch"


@pytest.mark.parametrize(
    ("text", "reason"),
    [('[ice]\nurls = "stun:a"\ncredential = correct-horse', "line 3"), ("[ice\n", "line 1")],
)
def test_damaged_file_is_named_with_its_line_but_not_its_content(
    secrets: Path, text: str, reason: str
) -> None:
    error = refused({}, write(secrets, text))
    assert (error.code, error.values) == (
        "secrets_file",
        {"file": ".streamlit/secrets.toml", "reason": reason},
    )


def test_file_that_is_no_text_is_refused(secrets: Path) -> None:
    secrets.parent.mkdir()
    secrets.write_bytes(b"\xff\xfe\x00")
    assert refused({}, secrets).values["reason"] == "UnicodeDecodeError"
    folder = secrets.with_name("folder.toml")
    folder.mkdir()
    assert refused({}, folder).values["reason"] == "IsADirectoryError"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('[ice]\nrelay-only = true\nurls = "stun:a"', "relay-only"),
        ('[ice]\nrelay_only = "true"\nurls = "stun:a"', "relay_only"),
        ('[ice]\nusername = "viewer"', "urls"),
        ("[ice]\nurls = []", "urls"),
        ('[ice]\nurls = "stun:a"\ncredential = 7', "credential"),
        ('[[ice]]\nurls = "stun:a"', "[ice]"),
        ('[ice]\nservers = "stun:a"', "servers"),
        ('[ice]\nservers = ["stun:a"]', "[[ice.servers]]"),
        ('[[ice.servers]]\nurls = "stun:a"\nrelay_only = true', "relay_only"),
    ],
)
def test_misspelt_or_misplaced_setting_is_named(secrets: Path, text: str, name: str) -> None:
    error = refused({}, write(secrets, text))
    assert (error.code, error.values["name"]) == ("ice_section", name)


def test_folder_of_mounted_secrets_is_left_to_streamlit(tmp_path: Path) -> None:
    assert read_settings({}, [tmp_path]) == IceSettings()


def test_examples_of_the_documentation_are_understood(secrets: Path) -> None:
    examples = re.findall(r"(?ms)^```toml\n(.*?)^```", (ROOT / "docs" / "deploy.md").read_text("utf-8"))
    found = [read_settings({}, [write(secrets, example)]) for example in examples if "[ice]" in example]
    assert [(len(settings.servers), settings.relay_only) for settings in found] == [(1, False), (2, True)]


def test_credential_is_in_no_representation() -> None:
    assert SECRET not in repr(read_settings(TURN, []))


def test_wrong_settings_are_reported_in_chinese_too(secrets: Path) -> None:
    error = refused({}, write(secrets, '[ice]\nusername = "viewer"'))
    assert ".streamlit/secrets.toml [ice]" in Translator("zh").error(error)


@pytest.mark.usefixtures("unpatched")
def test_configuration_is_read_from_streamlits_own_files(
    monkeypatch: pytest.MonkeyPatch, secrets: Path
) -> None:
    write(
        secrets, f'[ice]\nurls = "{ADDRESS}"\nusername = "viewer"\ncredential = "{SECRET}"\nrelay_only = true'
    )
    for name in (ice.URLS, ice.USERNAME, ice.CREDENTIAL, ice.RELAY_ONLY):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(st, "get_option", {"secrets.files": [str(secrets)]}.__getitem__)
    configuration = ice_configuration()
    compiled = component._resolve_server_rtc_configuration(configuration)
    assert compiled.iceTransportPolicy is RTCIceTransportPolicy.RELAY
    assert [(server.urls, server.credential) for server in compiled.iceServers] == [([ADDRESS], SECRET)]


@pytest.mark.usefixtures("unpatched")
def test_server_uses_only_relays_exactly_where_configured() -> None:
    force_relay()
    force_relay()
    plain = component._resolve_server_rtc_configuration({"iceServers": []})
    assert (plain.iceServers, plain.iceTransportPolicy) == ([], RTCIceTransportPolicy.ALL)
    relayed = component._resolve_server_rtc_configuration({"iceServers": [], "iceTransportPolicy": "relay"})
    assert relayed.iceTransportPolicy is RTCIceTransportPolicy.RELAY

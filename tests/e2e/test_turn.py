"""The proof that PoseDeck works where nothing but a TURN server connects the browser and the server."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiortc import RTCPeerConnection
from playwright.sync_api import Browser, Page
from streamlit_webrtc import component

from pose_ui.webrtc.bindings import force_relay
from pose_ui.webrtc.ice import read_settings
from scripts.turn_demo import HOST, Turn, main, running_turn
from tests.support.paths import ROOT
from tests.support.relay import PICTURES, figures_of_stream, needs_coturn
from tests.support.server import free_port, running_server
from tests.support.waiting import in_a_loop, until

pytestmark = pytest.mark.e2e


@pytest.fixture
def turn(tmp_path: Path) -> Iterator[Turn]:
    with running_turn(tmp_path) as running:
        yield running


def press_start(page: Page) -> None:
    """Start the stream of streamlit-webrtc's own component."""
    page.frame_locator("iframe[title^=streamlit_webrtc]").get_by_role("button", name="Start").click()


def candidates(sdp: str) -> list[str]:
    """The types of the addresses that a session description offers: host, srflx, relay."""
    return re.findall(r"(?m)^a=candidate:.* typ (\w+)", sdp)


def gathered(environment: dict[str, str]) -> str:
    """The session description of a server that starts with `environment`."""
    force_relay()
    configuration = read_settings(environment, []).configuration()
    return in_a_loop(_gather(configuration))


async def _gather(configuration: dict[str, Any]) -> str:
    connection = RTCPeerConnection(component._resolve_server_rtc_configuration(configuration))
    try:
        connection.createDataChannel("any")
        await connection.setLocalDescription(await connection.createOffer())
        return connection.localDescription.sdp
    finally:
        await connection.close()


@needs_coturn
def test_pictures_flow_both_ways_through_nothing_but_the_relay(
    turn: Turn, browser: Browser, tmp_path: Path
) -> None:
    with running_server(
        tmp_path / "server.txt", env=turn.environment(), script="tests/e2e/turn_app.py"
    ) as server:
        figures = figures_of_stream(browser, server.url, press_start)
    log = server.log.read_text()
    assert figures["returned"] >= PICTURES, f"{figures}\n{log}\n{turn.log.read_text()}"
    assert figures["sent"] > 0
    assert figures["pair"] == ["relay", "relay"]
    assert set(candidates(figures["answer"])) == {"relay"}
    assert turn.allocations() >= 2  # one for each end
    assert "TURN allocation created" in log  # everything is logged here, even what normally is not,
    assert turn.credential not in log  # and still not the password


@needs_coturn
def test_server_offers_only_relayed_addresses_and_none_with_a_wrong_password(turn: Turn) -> None:
    sdp = gathered(turn.environment())
    assert candidates(sdp) == ["relay"]
    assert turn.allocations() == 1
    assert candidates(gathered(replace(turn, credential="wrong").environment())) == []
    assert turn.allocations() == 1


@needs_coturn
def test_server_offers_its_own_addresses_beside_the_relay_unless_told_otherwise(turn: Turn) -> None:
    sdp = gathered(turn.environment() | {"POSEDECK_ICE_RELAY_ONLY": "0"})
    assert {"host", "relay"} <= set(candidates(sdp))


@needs_coturn
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_configuration_to_take_along_gives_relayed_addresses(tmp_path: Path, transport: str) -> None:
    port = free_port()
    places = {"listening-ip": HOST, "relay-ip": HOST, "listening-port": port, "allowed-peer-ip": HOST}
    places |= {"realm": "turn.example.org", "user": "posedeck:for-this-test", "log-file": "stdout"}
    places |= {"pidfile": tmp_path / "pid", "userdb": tmp_path / "db"}
    command = ["turnserver", "-c", str(ROOT / "deploy" / "turnserver.conf"), "--allow-loopback-peers"]
    command += [f"--{name}={value}" for name, value in places.items()]
    environment = {
        "POSEDECK_ICE_URLS": f"turn:{HOST}:{port}?transport={transport}",
        "POSEDECK_ICE_USERNAME": "posedeck",
        "POSEDECK_ICE_CREDENTIAL": "for-this-test",
        "POSEDECK_ICE_RELAY_ONLY": "1",
    }
    log = tmp_path / "log.txt"
    with log.open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink)
    try:
        until(lambda: candidates(gathered(environment)) == ["relay"])  # it takes a moment to start
    finally:
        process.terminate()
        process.wait(20)
    assert not [line for line in log.read_text().splitlines() if "Bad configuration" in line]


@needs_coturn
def test_relay_stops_with_its_block(tmp_path: Path) -> None:
    with running_turn(tmp_path) as turn:
        assert (tmp_path / "turnserver.conf").stat().st_mode & 0o077 == 0
        assert turn.credential not in repr(turn)
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect((HOST, turn.port))


def test_missing_coturn_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main() == 1
    assert "apt-get install -y coturn" in capsys.readouterr().err

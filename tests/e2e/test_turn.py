"""The proof that PoseDeck works where nothing but a TURN server connects the browser and the server."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiortc import RTCPeerConnection
from playwright.sync_api import Browser, Frame, Page
from streamlit_webrtc import component

from pose_ui.webrtc.bindings import force_relay
from pose_ui.webrtc.ice import read_settings
from scripts.turn_demo import HOST, Turn, main, running_turn
from tests.e2e.conftest import ROOT, free_port, running_server, visit
from tests.support.waiting import in_a_loop

pytestmark = pytest.mark.e2e
needs_coturn = pytest.mark.skipif(
    shutil.which("turnserver") is None, reason="needs coturn: sudo apt-get install -y coturn"
)

PICTURES = 30  # more than one; a broken path brings none

#: Keeps every connection that any frame of the page makes where the test finds it.
KEEP_CONNECTIONS = """
    window.connections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...given) { super(...given); window.connections.push(this); }
    };
"""

#: The path that the pictures take and how many went there and came back, once `wanted` have, or after a minute.
FIGURES = """
    async wanted => {
        const deadline = performance.now() + 60_000;
        for (;;) {
            const connection = window.connections.at(-1);
            const all = await connection.getStats();
            const found = {sent: 0, returned: 0, pair: null, answer: connection.remoteDescription?.sdp ?? ""};
            for (const one of all.values()) {
                if (one.type === "outbound-rtp") found.sent += one.framesEncoded ?? 0;
                if (one.type === "inbound-rtp") found.returned += one.framesDecoded ?? 0;
                if (one.type === "transport" && one.selectedCandidatePairId) {
                    const pair = all.get(one.selectedCandidatePairId);
                    found.pair = [all.get(pair.localCandidateId), all.get(pair.remoteCandidateId)]
                        .map(end => end.candidateType);
                }
            }
            if (found.returned >= wanted || performance.now() > deadline) return found;
            await new Promise(later => setTimeout(later, 100));
        }
    }
"""


@pytest.fixture
def turn(tmp_path: Path) -> Iterator[Turn]:
    with running_turn(tmp_path) as running:
        yield running


def press_start(page: Page) -> None:
    """Start the stream of streamlit-webrtc's own component."""
    page.frame_locator("iframe[title^=streamlit_webrtc]").get_by_role("button", name="Start").click()


def connected_frame(page: Page) -> Frame:
    """The frame of the page whose script has opened a connection, once one has."""
    for _ in range(300):
        for frame in page.frames:
            if frame.evaluate("window.connections?.length"):
                return frame
        page.wait_for_timeout(100)
    pytest.fail("the page opened no connection in 30 seconds")


def figures_of_stream(browser: Browser, url: str, start: Callable[[Page], None]) -> dict[str, Any]:
    """Start the stream on the page at `url`; return its figures once enough pictures have come back."""
    with visit(browser, "about:blank") as page:
        page.add_init_script(KEEP_CONNECTIONS)
        page.goto(url)
        start(page)
        figures: dict[str, Any] = connected_frame(page).evaluate(FIGURES, PICTURES)
        return figures


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
        found: list[str] = []
        for _ in range(30):  # it takes a moment to start, and says nothing until then
            found = candidates(gathered(environment))
            if found:
                break
        assert found == ["relay"], log.read_text()
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
